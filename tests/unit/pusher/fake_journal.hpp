// SPDX-License-Identifier: Apache-2.0
//
// A journal for the broadcaster's tests: can be held up, and can fail. Thread-safe.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <gardu/event.hpp>
#include <gardu/host.hpp>
#include <map>
#include <mutex>
#include <string>

namespace gardu::pusher::testing {

struct Journaled {
  gardu_event_type type = GARDU_EVENT_MESSAGE_RECEIVED;
  std::string name = "message.received", data = "{}";
  std::string workspace = "w1", contact = "c1", account = "a1", origin = {};
  int64_t seq = 0;
  int64_t recorded_at = INT64_C(1) << 62;  // microseconds; of the far future, so never too old

  gardu_event event() const {
    gardu_event e{};
    e.size = sizeof e;
    e.type = static_cast<uint32_t>(type);
    e.seq = seq;
    e.occurred_at = 1'763'697'040'123'456;
    e.recorded_at = recorded_at;
    e.id = str("0199-id");
    e.type_name = str(name);
    e.workspace_id = str(workspace);
    e.account_id = str(account);
    e.contact_id = str(contact);
    e.data = str(data);
    e.origin_socket = str(origin);
    return e;
  }
};

class FakeJournal {
 public:
  // Commits, and returns what was: it stays where it is.
  const Journaled& add(Journaled entry = {}) {
    const std::lock_guard lock(mutex_);
    entry.seq = ++newest_;
    entries_.push_back(std::move(entry));
    return entries_.back();
  }
  void cut(const std::string& workspace, int64_t seq) {
    const std::lock_guard lock(mutex_);
    cuts_[workspace] = seq;
  }
  // Readings that begin from now on wait for `go_on`.
  void hold_up() {
    const std::lock_guard lock(mutex_);
    held_ = true;
  }
  void go_on() {
    const std::lock_guard lock(mutex_);
    held_ = false;
    changed_.notify_all();
  }
  void fail(int times) {
    const std::lock_guard lock(mutex_);
    failures_ = times;
  }
  // Readings that came to their end.
  int readings() const {
    const std::lock_guard lock(mutex_);
    return readings_;
  }
  // Waits until that many readings are held up.
  void await_held(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ >= count; });
  }

  int32_t read(const gardu_journal_query& q,
               const std::function<int32_t(const gardu_event*)>& on_event) {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return !held_; });
    --waiting_;
    if (failures_ > 0) {
      --failures_;
      return GARDU_RETRY;
    }
    ++readings_;
    const auto fits = [](gardu_str wanted, const std::string& has) {
      return wanted.size == 0 || view(wanted) == has;
    };
    uint32_t left = q.limit == 0 ? 1000 : q.limit;
    const std::string_view cut_of = view(q.workspace_id);
    const auto cut = cuts_.find(std::string(cut_of));
    std::deque<const Journaled*> found;
    for (const Journaled& e : entries_) {
      if (e.seq <= q.after_seq || !fits(q.workspace_id, e.workspace) ||
          !fits(q.contact_id, e.contact) || !fits(q.account_id, e.account) ||
          (q.types != 0 && ((q.types >> static_cast<uint32_t>(e.type)) & 1U) == 0) ||
          (cut != cuts_.end() && e.seq <= cut->second))
        continue;
      if (left-- == 0) break;
      found.push_back(&e);
    }
    lock.unlock();
    for (const Journaled* e : found) {
      const gardu_event shown = e->event();
      if (on_event(&shown) == 0) break;
    }
    return GARDU_OK;
  }
  int64_t newest() const {
    const std::lock_guard lock(mutex_);
    return newest_;
  }
  int64_t cut_of(const std::string& workspace) const {
    const std::lock_guard lock(mutex_);
    const auto it = cuts_.find(workspace);
    return it == cuts_.end() ? 0 : it->second;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Journaled> entries_;
  std::map<std::string, int64_t> cuts_;
  int64_t newest_ = 0;
  bool held_ = false;
  int failures_ = 0, readings_ = 0, waiting_ = 0;
};

}  // namespace gardu::pusher::testing
