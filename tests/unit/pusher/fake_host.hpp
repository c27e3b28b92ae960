// SPDX-License-Identifier: Apache-2.0
//
// The least host that the broadcaster can live in: keeps what is logged and mounted, makes up
// secrets, counts, and lets in those that the test names.
#pragma once
#include <atomic>
#include <deque>
#include <gardu/host.hpp>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "fake_journal.hpp"

namespace gardu::pusher::testing {

class FakeHost {
 public:
  FakeHost() {
    log_.size = sizeof log_;
    log_.log = [](void* self, int32_t, gardu_str line) {
      auto& host = *static_cast<FakeHost*>(self);
      const std::lock_guard lock(host.mutex_);
      host.lines_.emplace_back(view(line));
    };
    log_.enabled = [](void*, int32_t) -> int32_t { return 1; };
    secrets_.size = sizeof secrets_;
    secrets_.get_or_create = [](void*, gardu_str name, uint32_t bytes, char* out, uint64_t,
                                gardu_error*) -> int32_t {
      const std::string hex = secret_of(view(name), bytes);
      hex.copy(out, hex.size());
      out[hex.size()] = '\0';
      return GARDU_OK;
    };
    routes_.size = sizeof routes_;
    routes_.add = [](void* self, const gardu_route* route, gardu_error*) -> int32_t {
      static_cast<FakeHost*>(self)->mounted.push_back(*route);
      return GARDU_OK;
    };
    auth_.size = sizeof auth_;
    auth_.may_follow = [](void* self, const gardu_principal*, gardu_str workspace,
                          gardu_str contact, gardu_str account) -> int32_t {
      const std::string asked = std::string(view(workspace)) + '/' + std::string(view(contact)) +
                                '/' + std::string(view(account));
      return static_cast<FakeHost*>(self)->may_follow.contains(asked) ? GARDU_OK : GARDU_FORBIDDEN;
    };
    journal_.size = sizeof journal_;
    journal_.read = [](void* self, const gardu_journal_query* query,
                       int32_t (*on_event)(void*, const gardu_event*), void* user,
                       gardu_error*) -> int32_t {
      return static_cast<FakeHost*>(self)->journal.read(
          *query, [&](const gardu_event* event) { return on_event(user, event); });
    };
    journal_.range = [](void* self, int64_t* oldest, int64_t* newest) -> int32_t {
      *oldest = 1;
      *newest = static_cast<FakeHost*>(self)->journal.newest();
      return GARDU_OK;
    };
    journal_.cut = [](void* self, gardu_str workspace, int64_t* seq, gardu_error*) -> int32_t {
      *seq = static_cast<FakeHost*>(self)->journal.cut_of(std::string(view(workspace)));
      return GARDU_OK;
    };
    metrics_.size = sizeof metrics_;
    metrics_.define = [](void* self, uint32_t, gardu_str name, gardu_str labels, gardu_str) {
      return static_cast<FakeHost*>(self)->define(view(name), view(labels));
    };
    metrics_.add = [](void* self, uint64_t id, int64_t delta) {
      static_cast<FakeHost*>(self)->series_[id - 1].value += delta;
    };
    metrics_.set = [](void* self, uint64_t id, int64_t value) {
      static_cast<FakeHost*>(self)->series_[id - 1].value = value;
    };
    table_.size = sizeof table_;
    table_.context = this;
    table_.plugin_id = str("pusher");
    table_.extension = [](void* self, const char* id) -> const void* {
      return static_cast<FakeHost*>(self)->find(id);
    };
    table_.retain = [](void*, const gardu_event* event) { return event; };
    table_.release = [](void*, const gardu_event*) {};
  }
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;

  const gardu_host& table() const { return table_; }
  static std::string secret_of(std::string_view name, uint32_t bytes = 32) {
    return std::string(2 * bytes, name.size() % 2 == 0 ? 'a' : 'b');
  }
  bool logged(std::string_view part) { return times_logged(part) != 0; }
  size_t times_logged(std::string_view part) {
    const std::lock_guard lock(mutex_);
    size_t times = 0;
    for (const std::string& line : lines_)
      if (line.find(part) != std::string::npos) ++times;
    return times;
  }

  // Of a series as it was defined; -1: there is none.
  int64_t metric(std::string_view name, std::string_view labels = {}) const {
    for (const Series& one : series_)
      if (one.name == name && one.labels == labels) return one.value;
    return -1;
  }

  std::vector<gardu_route> mounted;
  std::set<std::string> may_follow;  // "workspace/contact/account"
  FakeJournal journal;

 private:
  struct Series {
    std::string name, labels;
    std::atomic<int64_t> value{0};
  };
  uint64_t define(std::string_view name, std::string_view labels) {
    for (size_t i = 0; i < series_.size(); ++i)
      if (series_[i].name == name && series_[i].labels == labels) return i + 1;
    Series& one = series_.emplace_back();
    one.name = name;
    one.labels = labels;
    return series_.size();
  }
  const void* find(std::string_view id) const {
    if (id == GARDU_EXT_LOG) return &log_;
    if (id == GARDU_EXT_SECRETS) return &secrets_;
    if (id == GARDU_EXT_HTTP_ROUTES) return &routes_;
    if (id == GARDU_EXT_AUTH) return &auth_;
    if (id == GARDU_EXT_JOURNAL) return &journal_;
    if (id == GARDU_EXT_METRICS) return &metrics_;
    return nullptr;
  }

  gardu_host table_{};
  gardu_host_log log_{};
  gardu_host_secrets secrets_{};
  gardu_host_http_routes routes_{};
  gardu_host_auth auth_{};
  gardu_host_journal journal_{};
  gardu_host_metrics metrics_{};
  std::deque<Series> series_;  // before the first thread starts it grows, and no more
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace gardu::pusher::testing
