// SPDX-License-Identifier: Apache-2.0
#include "plugins/host_table.hpp"

#include <algorithm>
#include <cstring>
#include <tuple>

#include <gardu/abi/ext/auth.h>
#include <gardu/abi/ext/db.h>
#include <gardu/abi/ext/directory.h>
#include <gardu/abi/ext/executor.h>
#include <gardu/abi/ext/kv.h>
#include <gardu/abi/ext/log.h>
#include <gardu/abi/ext/media.h>
#include <gardu/abi/ext/metrics.h>
#include <gardu/abi/ext/secrets.h>
#include <gardu/abi/ext/send.h>
#include <gardu/abi/ext/settings.h>
#include <gardu/abi/ext/thread_check.h>
#include <gardu/abi/ext/timer.h>

#include "base/uuid.hpp"
#include "event/event.hpp"

namespace gardu::host {
namespace tables {

Status status_of(const storage::Error& e) {
  switch (e.kind()) {
    case storage::ErrorKind::invalid:
      return Status::invalid(e.what());
    case storage::ErrorKind::constraint:
      return Status::invalid(e.what()).with_code(e.duplicate() ? "duplicate" : "constraint",
                                                 "Constraint");
    case storage::ErrorKind::timeout:
      return Status::timeout(e.what());
    default:
      return Status::retry(e.what());
  }
}

}  // namespace tables

namespace {

using tables::guard;
using tables::of;

const gardu_event* retain(void*, const gardu_event* event) noexcept {
  EventBlock::of(*event).retain();
  return event;
}
void release(void*, const gardu_event* event) noexcept { EventBlock::of(*event).release(); }

void log_line(void* context, std::int32_t level, gardu_str message) noexcept {
  guard(nullptr, [&] {
    of(context).log(level, view(message));
    return Status{};
  });
}
std::int32_t log_enabled(void* context, std::int32_t level) noexcept {
  return of(context).log_enabled(level) ? 1 : 0;
}

std::int32_t publish(void* context, const gardu_publication* const* items, std::uint32_t count,
                     gardu_publish_done done, void* user, gardu_error* error) noexcept {
  return guard(error, [&] {
    return of(context).publish(
        take_over({items, count}),
        [done, user](std::int32_t status, std::span<const gardu_publish_result> results) {
          if (done != nullptr)
            done(user, status, results.data(), static_cast<std::uint32_t>(results.size()));
        });
  });
}

OutgoingMessage owned(const gardu_send_request& r) {
  OutgoingMessage m;
  m.type = static_cast<gardu_message_type>(r.type);
  m.priority = static_cast<gardu_priority>(r.priority);
  m.workspace_id = view(r.workspace_id);
  m.account_id = view(r.account_id);
  m.contact_id = view(r.contact_id);
  m.to = view(r.to);
  m.text = view(r.text);
  m.content = view(r.content);
  m.reply_to = view(r.reply_to_message_id);
  m.client_ref = view(r.client_ref);
  m.metadata = view(r.metadata);
  m.scheduled_at = r.scheduled_at;
  return m;
}
std::int32_t send(void* context, const gardu_send_request* request, char message_id[40],
                  gardu_send_done done, void* user, gardu_error* error) noexcept {
  return guard(error, [&]() -> Status {
    if (!GARDU_HAS(request, gardu_send_request, scheduled_at))
      return Status::invalid("the send request is shorter than version 1");
    PluginSend out{uuid_v7(), owned(*request), {}};
    if (done != nullptr)
      out.done = [done, user](const Status& status) {
        gardu_error record = Status::record();
        done(user, status.write_to(&record), &record);
      };
    const std::string id = out.message_id;
    if (Status status = of(context).send(std::move(out)); !status.ok()) return status;
    std::memcpy(message_id, id.c_str(), id.size() + 1);
    return {};
  });
}

std::int32_t read_journal(void* context, const gardu_journal_query* query,
                          std::int32_t (*on_event)(void*, const gardu_event*), void* user,
                          gardu_error* error) noexcept {
  return guard(error, [&] {
    return of(context).read_journal(*query,
                                    [&](const gardu_event& e) { return on_event(user, &e) != 0; });
  });
}
std::int32_t journal_range(void* context, std::int64_t* oldest, std::int64_t* newest) noexcept {
  return guard(nullptr, [&] {
    std::tie(*oldest, *newest) = of(context).journal_range();
    return Status{};
  });
}
std::int32_t journal_cut(void* context, gardu_str workspace_id, std::int64_t* seq,
                         gardu_error* error) noexcept {
  return guard(error, [&] {
    const auto cut = of(context).journal_cut(view(workspace_id));
    if (cut) *seq = *cut;
    return cut ? Status{} : cut.status();
  });
}

Mailbox::Task task_of(void (*run)(void*), void (*drop)(void*), void* user) {
  Mailbox::Task task{[run, user] { run(user); }, {}};
  if (drop != nullptr) task.drop = [drop, user] { drop(user); };
  return task;
}
std::uint64_t schedule(void* context, std::int64_t delay, void (*fire)(void*), void (*drop)(void*),
                       void* user) noexcept {
  std::uint64_t id = 0;
  guard(nullptr, [&] {
    if (of(context).started())
      id = of(context).mailbox().after(std::chrono::microseconds(std::max<std::int64_t>(0, delay)),
                                       task_of(fire, drop, user));
    return Status{};
  });
  return id;
}
std::int32_t cancel(void* context, std::uint64_t id) noexcept {
  bool done = false;
  guard(nullptr, [&] {
    done = of(context).mailbox().cancel(id);
    return Status{};
  });
  return done ? 1 : 0;
}
std::int32_t post(void* context, void (*run)(void*), void (*drop)(void*), void* user,
                  gardu_error* error) noexcept {
  return guard(error, [&]() -> Status {
    if (!of(context).started()) return {GARDU_STOPPED, "the plugin is not started"};
    if (of(context).mailbox().post(task_of(run, drop, user))) return {};
    return {GARDU_FULL, "too much is waiting for the plugin's thread"};
  });
}
std::int32_t on_plugin_thread(void* context) noexcept {
  return of(context).mailbox().on_thread() ? 1 : 0;
}

std::int32_t add_route(void* context, const gardu_route* route, gardu_error* error) noexcept {
  return guard(error, [&]() -> Status {
    if (!GARDU_HAS(route, gardu_route, user) || route->handle == nullptr)
      return Status::invalid("the route is shorter than version 1, or has no handler");
    return of(context).add_route({std::string(view(route->method)),
                                  std::string(view(route->pattern)), route->auth, route->body_limit,
                                  route->deadline, route->handle, route->user});
  });
}

std::int32_t may_follow(void* context, const gardu_principal* principal, gardu_str workspace_id,
                        gardu_str contact_id, gardu_str account_id) noexcept {
  return guard(nullptr, [&]() -> Status {
    if (of(context).may_follow(*principal, view(workspace_id), view(contact_id), view(account_id)))
      return {};
    return {GARDU_FORBIDDEN, "no such conversation for this token"};
  });
}

std::int32_t secret(void* context, gardu_str name, std::uint32_t bytes, char* out,
                    std::uint64_t capacity, gardu_error* error) noexcept {
  return guard(error, [&]() -> Status {
    if (bytes < 16 || bytes > 64 || capacity < 2 * std::uint64_t{bytes} + 1)
      return Status::invalid("a secret has 16 to 64 bytes, and its hex form must fit");
    auto made = of(context).secret(view(name), bytes);
    if (!made) return made.status();
    if (made->size() + 1 > capacity) return Status::invalid("the kept secret is longer");
    std::memcpy(out, made->c_str(), made->size() + 1);
    return {};
  });
}

std::uint64_t define_metric(void* context, std::uint32_t kind, gardu_str name, gardu_str labels,
                            gardu_str help) noexcept {
  std::uint64_t id = 0;
  guard(nullptr, [&] {
    id = of(context).define_metric(kind, view(name), view(labels), view(help));
    return Status{};
  });
  return id;
}
void add_metric(void* context, std::uint64_t id, std::int64_t delta) noexcept {
  of(context).add_metric(id, delta);
}
void set_metric(void* context, std::uint64_t id, std::int64_t value) noexcept {
  of(context).set_metric(id, value);
}

const void* core_service(std::string_view id) {
  static constexpr gardu_host_log kLog{sizeof kLog, 0, &log_line, &log_enabled};
  static constexpr gardu_host_publish kPublish{sizeof kPublish, 0, &publish};
  static constexpr gardu_host_send kSend{sizeof kSend, 0, &send};
  static constexpr gardu_host_journal kJournal{sizeof kJournal, 0, &read_journal, &journal_range,
                                               &journal_cut};
  static constexpr gardu_host_timer kTimer{sizeof kTimer, 0, &schedule, &cancel};
  static constexpr gardu_host_executor kExecutor{sizeof kExecutor, 0, &post};
  static constexpr gardu_host_thread_check kThreads{sizeof kThreads, 0, &on_plugin_thread};
  static constexpr gardu_host_http_routes kRoutes{sizeof kRoutes, 0, &add_route};
  static constexpr gardu_host_auth kAuth{sizeof kAuth, 0, &may_follow};
  static constexpr gardu_host_secrets kSecrets{sizeof kSecrets, 0, &secret};
  static constexpr gardu_host_metrics kMetrics{sizeof kMetrics, 0, &define_metric, &add_metric,
                                               &set_metric};
  static constexpr std::pair<std::string_view, const void*> kAll[] = {
      {GARDU_EXT_LOG, &kLog},         {GARDU_EXT_PUBLISH, &kPublish},
      {GARDU_EXT_SEND, &kSend},       {GARDU_EXT_JOURNAL, &kJournal},
      {GARDU_EXT_TIMER, &kTimer},     {GARDU_EXT_EXECUTOR, &kExecutor},
      {GARDU_EXT_AUTH, &kAuth},       {GARDU_EXT_THREAD_CHECK, &kThreads},
      {GARDU_EXT_SECRETS, &kSecrets}, {GARDU_EXT_HTTP_ROUTES, &kRoutes},
      {GARDU_EXT_METRICS, &kMetrics}};
  for (const auto& [name, table] : kAll)
    if (name == id) return table;
  return nullptr;
}

const void* extension(void* context, const char* id) noexcept {
  if (!of(context).offers(id)) return nullptr;
  const void* const core = core_service(id);
  return core != nullptr ? core : tables::data_service(id);
}

}  // namespace

const std::vector<std::string_view>& offered_services() {
  static const std::vector<std::string_view> kIds{
      GARDU_EXT_LOG,     GARDU_EXT_PUBLISH,     GARDU_EXT_SEND,    GARDU_EXT_JOURNAL,
      GARDU_EXT_TIMER,   GARDU_EXT_EXECUTOR,    GARDU_EXT_AUTH,    GARDU_EXT_THREAD_CHECK,
      GARDU_EXT_SECRETS, GARDU_EXT_HTTP_ROUTES, GARDU_EXT_METRICS, GARDU_EXT_DB,
      GARDU_EXT_KV,      GARDU_EXT_HTTP_CLIENT, GARDU_EXT_MEDIA,   GARDU_EXT_DIRECTORY,
      GARDU_EXT_SETTINGS};
  return kIds;
}

gardu_host make_host_table(PluginHost& host, std::string_view version, std::string_view id,
                           std::string_view data_dir) {
  gardu_host t{};
  t.size = sizeof t;
  t.abi_major = GARDU_ABI_MAJOR;
  t.abi_minor = GARDU_ABI_MINOR;
  t.context = &host;
  t.version = str(version);
  t.plugin_id = str(id);
  t.data_dir = str(data_dir);
  t.extension = &extension;
  t.retain = &retain;
  t.release = &release;
  return t;
}

}  // namespace gardu::host
