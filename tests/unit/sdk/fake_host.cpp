// SPDX-License-Identifier: Apache-2.0
#include "fake_host.hpp"

#include <algorithm>
#include <cstring>
#include <gardu/result.hpp>
#include <utility>

namespace gardu::sdk_test {

struct FakeTables {
  static FakeHost& of(void* context) { return *static_cast<FakeHost*>(context); }

  static const gardu_event* retain(void* context, const gardu_event* event) {
    ++of(context).retained;
    return event;
  }
  static void release(void* context, const gardu_event*) { --of(context).retained; }

  static void log(void* context, std::int32_t level, gardu_str message) {
    of(context).log_lines.push_back(std::to_string(level) + " " + std::string(view(message)));
  }
  static std::int32_t enabled(void*, std::int32_t) { return 1; }

  static std::int32_t refuse(FakeHost& host, gardu_error* error) {
    return Status{static_cast<gardu_status>(host.answer), "the fake host says no"}.write_to(error);
  }
  static FakeHost::Publication owned(const gardu_publication& p) {
    FakeHost::Publication out{};
    out.type = p.type;
    out.account_id = view(p.account_id);
    out.text = view(p.text);
    out.data = view(p.data);
    out.target = view(p.target);
    out.occurred_at = p.occurred_at;
    if (p.peer != nullptr) {
      out.address = view(p.peer->address);
      out.name = view(p.peer->name);
      out.identity = view(p.peer->identities[0].value);
    }
    if (p.message != nullptr) {
      out.message_type = p.message->type;
      out.text = view(p.message->text);
      out.data = view(p.message->content);
      out.provider_id = view(p.message->provider_message_id);
      out.reply_to = view(p.message->reply_to_provider_id);
    }
    if (p.status != nullptr) {
      out.status = p.status->status;
      out.provider_id = view(p.status->provider_message_id);
      out.message_id = view(p.status->message_id);
    }
    return out;
  }
  static std::int32_t publish(void* context, const gardu_publication* const* items,
                              std::uint32_t count, gardu_publish_done done, void* user,
                              gardu_error* error) {
    if (of(context).answer != GARDU_OK) return refuse(of(context), error);
    for (std::uint32_t i = 0; i < count; ++i) of(context).publications.push_back(owned(*items[i]));
    of(context).publishes.push_back({done, user});
    return GARDU_OK;
  }
  static std::int32_t send(void* context, const gardu_send_request* r, char message_id[40],
                           gardu_send_done done, void* user, gardu_error* error) {
    if (of(context).answer != GARDU_OK) return refuse(of(context), error);
    of(context).sends.push_back({std::string(view(r->text)), std::string(view(r->contact_id)),
                                 std::string(view(r->reply_to_message_id)), done, user});
    std::strcpy(message_id, "00000000-0000-7000-8000-000000000001");
    return GARDU_OK;
  }

  static std::uint64_t schedule(void* context, std::int64_t delay, void (*fire)(void*),
                                void (*drop)(void*), void* user) {
    FakeHost& host = of(context);
    if (host.stopping) return 0;
    host.timers[host.next_timer_] = {host.now_ + delay, fire, drop, user};
    return host.next_timer_++;
  }
  static std::int32_t cancel(void* context, std::uint64_t id) {
    auto taken = of(context).timers.extract(id);
    if (taken.empty()) return 0;
    if (taken.mapped().drop != nullptr) taken.mapped().drop(taken.mapped().user);
    return 1;
  }

  static std::int32_t add_route(void* context, const gardu_route* route, gardu_error* error) {
    if (of(context).answer != GARDU_OK) return refuse(of(context), error);
    of(context).routes.push_back(*route);
    return GARDU_OK;
  }

  static std::uint64_t define(void* context, std::uint32_t, gardu_str name, gardu_str, gardu_str) {
    of(context).metric_names_.emplace_back(view(name));
    return of(context).metric_names_.size();
  }
  static void add(void* context, std::uint64_t id, std::int64_t delta) {
    of(context).metrics[of(context).metric_names_[id - 1]] += delta;
  }
  static void set(void* context, std::uint64_t id, std::int64_t value) {
    of(context).metrics[of(context).metric_names_[id - 1]] = value;
  }

  static const void* extension(void* context, const char* id) {
    static const gardu_host_log kLog{sizeof kLog, 0, &log, &enabled};
    static const gardu_host_publish kPublish{sizeof kPublish, 0, &publish};
    static const gardu_host_send kSend{sizeof kSend, 0, &send};
    static const gardu_host_timer kTimer{sizeof kTimer, 0, &schedule, &cancel};
    static const gardu_host_http_routes kRoutes{sizeof kRoutes, 0, &add_route};
    static const gardu_host_metrics kMetrics{sizeof kMetrics, 0, &define, &add, &set};
    static const std::map<std::string, const void*> kAll{{GARDU_EXT_LOG, &kLog},
                                                         {GARDU_EXT_PUBLISH, &kPublish},
                                                         {GARDU_EXT_SEND, &kSend},
                                                         {GARDU_EXT_TIMER, &kTimer},
                                                         {GARDU_EXT_HTTP_ROUTES, &kRoutes},
                                                         {GARDU_EXT_METRICS, &kMetrics}};
    if (of(context).missing.contains(id)) return nullptr;
    const auto found = kAll.find(id);
    return found == kAll.end() ? nullptr : found->second;
  }
};

FakeHost::FakeHost() {
  table.size = sizeof table;
  table.abi_major = GARDU_ABI_MAJOR;
  table.abi_minor = GARDU_ABI_MINOR;
  table.context = this;
  table.version = str("0.0.0");
  table.plugin_id = str("tested");
  table.data_dir = str("/nowhere");
  table.extension = &FakeTables::extension;
  table.retain = &FakeTables::retain;
  table.release = &FakeTables::release;
}

// As a host that stops: what was never fired is dropped, and every end is told.
FakeHost::~FakeHost() {
  for (auto& [id, timer] : std::exchange(timers, {}))
    if (timer.drop != nullptr) timer.drop(timer.user);
  while (!publishes.empty()) finish_publish(GARDU_STOPPED);
  while (!sends.empty()) finish_send(GARDU_STOPPED);
}

void FakeHost::finish_publish(std::int32_t status, const gardu_publish_result* results,
                              std::uint32_t count) {
  const Publish publish = publishes.front();
  publishes.pop_front();
  publish.done(publish.user, status, results, count);
}

void FakeHost::finish_send(std::int32_t status) {
  const Send send = sends.front();
  sends.pop_front();
  if (send.done != nullptr) send.done(send.user, status, nullptr);
}

void FakeHost::pass(std::int64_t microseconds) {
  const std::int64_t until = now_ + microseconds;
  for (;;) {
    const auto next =
        std::min_element(timers.begin(), timers.end(),
                         [](const auto& a, const auto& b) { return a.second.due < b.second.due; });
    if (next == timers.end() || next->second.due > until) break;
    now_ = std::max(now_, next->second.due);
    const Timer timer = timers.extract(next).mapped();
    timer.fire(timer.user);
  }
  now_ = until;
}

}  // namespace gardu::sdk_test
