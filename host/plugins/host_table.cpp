// SPDX-License-Identifier: Apache-2.0
#include "plugins/host_table.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include <gardu/abi/ext/log.h>
#include <gardu/abi/ext/metrics.h>
#include <gardu/abi/ext/secrets.h>
#include <gardu/abi/ext/timer.h>

#include "base/uuid.hpp"
#include "metrics/metrics.hpp"
#include "plugins/http_bridge.hpp"
#include "plugins/instance.hpp"

namespace gardu::host {

// Friend of PluginInstance: each function is one entry of a table.
struct HostTables {
  static PluginInstance& of(void* context) { return *static_cast<PluginInstance*>(context); }

  // The barrier of the host's side.
  template <class F>
  static std::int32_t guard(gardu_error* error, F&& body) noexcept {
    try {
      const Status status = body();
      return status.write_to(error);
    } catch (const std::exception& e) {
      return Status::internal(e.what()).write_to(error);
    } catch (...) {
      return GARDU_INTERNAL;
    }
  }

  static const gardu_event* retain(void*, const gardu_event* event) noexcept {
    EventBlock::of(*event).retain();
    return event;
  }
  static void release(void*, const gardu_event* event) noexcept {
    EventBlock::of(*event).release();
  }

  static void log(void* context, std::int32_t level, gardu_str message) noexcept {
    guard(nullptr, [&] {
      of(context).services_.log(of(context).id_, level, view(message));
      return Status{};
    });
  }
  static std::int32_t log_enabled(void* context, std::int32_t level) noexcept {
    return of(context).services_.log_enabled(level) ? 1 : 0;
  }

  static std::int32_t publish(void* context, const gardu_publication* const* items,
                              std::uint32_t count, gardu_publish_done done, void* user,
                              gardu_error* error) noexcept {
    return guard(error, [&] {
      PluginInstance& self = of(context);
      if (!self.delivering_) return Status{GARDU_STOPPED, "the plugin is not started"};
      return self.services_.publish(
          self.id_, {items, count},
          [done, user](std::int32_t status, std::span<const gardu_publish_result> results) {
            if (done != nullptr)
              done(user, status, results.data(), static_cast<std::uint32_t>(results.size()));
          });
    });
  }

  static OutgoingMessage owned(const gardu_send_request& r) {
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
  static std::int32_t send(void* context, const gardu_send_request* request, char message_id[40],
                           gardu_send_done done, void* user, gardu_error* error) noexcept {
    return guard(error, [&]() -> Status {
      PluginInstance& self = of(context);
      if (!self.delivering_) return Status{GARDU_STOPPED, "the plugin is not started"};
      if (!GARDU_HAS(request, gardu_send_request, scheduled_at))
        return Status::invalid("the send request is shorter than version 1");
      PluginSend out{uuid_v7(), owned(*request), {}};
      if (done != nullptr)
        out.done = [done, user](const Status& status) {
          gardu_error record = Status::record();
          done(user, status.write_to(&record), &record);
        };
      const std::string id = out.message_id;
      if (self.in_durable_batch_ && self.mailbox_->on_thread()) {
        self.batch_sends_.push_back(std::move(out));
      } else if (Status status = self.services_.send(self.id_, std::move(out)); !status.ok()) {
        return status;
      }
      std::memcpy(message_id, id.c_str(), id.size() + 1);
      return {};
    });
  }

  static std::int32_t read_journal(void* context, const gardu_journal_query* query,
                                   std::int32_t (*on_event)(void*, const gardu_event*), void* user,
                                   gardu_error* error) noexcept {
    return guard(error, [&] {
      return of(context).services_.read_journal(
          *query, [&](const gardu_event& e) { return on_event(user, &e) != 0; });
    });
  }
  static std::int32_t journal_range(void* context, std::int64_t* oldest,
                                    std::int64_t* newest) noexcept {
    return guard(nullptr, [&] {
      std::tie(*oldest, *newest) = of(context).services_.journal_range();
      return Status{};
    });
  }

  static std::uint64_t schedule(void* context, std::int64_t delay, void (*fire)(void*),
                                void (*drop)(void*), void* user) noexcept {
    std::uint64_t id = 0;
    guard(nullptr, [&] {
      PluginInstance& self = of(context);
      if (!self.delivering_) return Status{};
      Mailbox::Task task{[fire, user] { fire(user); }, {}};
      if (drop != nullptr) task.drop = [drop, user] { drop(user); };
      id = self.mailbox_->after(std::chrono::microseconds(std::max<std::int64_t>(0, delay)),
                                std::move(task));
      return Status{};
    });
    return id;
  }
  static std::int32_t cancel(void* context, std::uint64_t id) noexcept {
    bool done = false;
    guard(nullptr, [&] {
      done = of(context).mailbox_->cancel(id);
      return Status{};
    });
    return done ? 1 : 0;
  }

  static std::int32_t add_route(void* context, const gardu_route* route,
                                gardu_error* error) noexcept {
    return guard(error, [&]() -> Status {
      PluginInstance& self = of(context);
      if (!GARDU_HAS(route, gardu_route, user) || route->handle == nullptr)
        return Status::invalid("the route is shorter than version 1, or has no handler");
      PluginRoute out;
      out.method = view(route->method);
      out.pattern = view(route->pattern);
      out.auth = route->auth;
      out.body_limit = route->body_limit;
      out.deadline = route->deadline;
      out.handle = [mailbox = self.mailbox_.get(), handle = route->handle, user = route->user](
                       RoutedRequest request, http::Responder responder) {
        hand_to_plugin(*mailbox, handle, user, std::move(request), std::move(responder));
      };
      return self.services_.add_route(self.id_, std::move(out));
    });
  }

  static std::int32_t may_follow(void* context, const gardu_principal* principal,
                                 gardu_str workspace_id, gardu_str contact_id,
                                 gardu_str account_id) noexcept {
    return guard(nullptr, [&]() -> Status {
      if (of(context).services_.may_follow(*principal, view(workspace_id), view(contact_id),
                                           view(account_id)))
        return {};
      return {GARDU_FORBIDDEN, "no such conversation for this token"};
    });
  }

  static std::int32_t secret(void* context, gardu_str name, std::uint32_t bytes, char* out,
                             std::uint64_t capacity, gardu_error* error) noexcept {
    return guard(error, [&]() -> Status {
      if (bytes < 16 || bytes > 64 || capacity < 2 * std::uint64_t{bytes} + 1)
        return Status::invalid("a secret has 16 to 64 bytes, and its hex form must fit");
      auto made = of(context).services_.secret(of(context).id_, view(name), bytes);
      if (!made) return made.status();
      if (made->size() + 1 > capacity) return Status::invalid("the kept secret is longer");
      std::memcpy(out, made->c_str(), made->size() + 1);
      return {};
    });
  }

  static std::uint64_t define_metric(void* context, std::uint32_t kind, gardu_str name,
                                     gardu_str labels, gardu_str help) noexcept {
    Metrics::Series* series = nullptr;
    guard(nullptr, [&] {
      const std::string full = "gardu_" + of(context).id_ + "_" + std::string(view(name));
      series = of(context).services_.metrics().define(
          kind == GARDU_METRIC_GAUGE ? Metrics::Kind::gauge : Metrics::Kind::counter, full,
          view(help), view(labels));
      return Status{};
    });
    static_assert(sizeof(std::uintptr_t) <= sizeof(std::uint64_t));
    return reinterpret_cast<std::uintptr_t>(series);  // 0 for none
  }
  static Metrics::Series* series(std::uint64_t id) {
    // The id that define gave is the address: counting is then one atomic operation, no look-up.
    // NOLINTNEXTLINE(performance-no-int-to-ptr)
    return reinterpret_cast<Metrics::Series*>(static_cast<std::uintptr_t>(id));
  }
  static void add(void*, std::uint64_t id, std::int64_t delta) noexcept {
    if (id != 0) series(id)->add(delta);
  }
  static void set(void*, std::uint64_t id, std::int64_t value) noexcept {
    if (id != 0) series(id)->set(value);
  }

  static const void* extension(void*, const char* id) noexcept;
};

namespace {

struct Service {
  std::string_view id;
  const void* table;
};

const std::array<Service, 9>& services() {
  using T = HostTables;
  static constexpr gardu_host_log kLog{sizeof(gardu_host_log), 0, &T::log, &T::log_enabled};
  static constexpr gardu_host_publish kPublish{sizeof(gardu_host_publish), 0, &T::publish};
  static constexpr gardu_host_send kSend{sizeof(gardu_host_send), 0, &T::send};
  static constexpr gardu_host_journal kJournal{sizeof(gardu_host_journal), 0, &T::read_journal,
                                               &T::journal_range};
  static constexpr gardu_host_timer kTimer{sizeof(gardu_host_timer), 0, &T::schedule, &T::cancel};
  static constexpr gardu_host_http_routes kRoutes{sizeof(gardu_host_http_routes), 0, &T::add_route};
  static constexpr gardu_host_auth kAuth{sizeof(gardu_host_auth), 0, &T::may_follow};
  static constexpr gardu_host_secrets kSecrets{sizeof(gardu_host_secrets), 0, &T::secret};
  static constexpr gardu_host_metrics kMetrics{sizeof(gardu_host_metrics), 0, &T::define_metric,
                                               &T::add, &T::set};
  static constexpr std::array<Service, 9> kAll{{{GARDU_EXT_LOG, &kLog},
                                                {GARDU_EXT_PUBLISH, &kPublish},
                                                {GARDU_EXT_SEND, &kSend},
                                                {GARDU_EXT_JOURNAL, &kJournal},
                                                {GARDU_EXT_TIMER, &kTimer},
                                                {GARDU_EXT_HTTP_ROUTES, &kRoutes},
                                                {GARDU_EXT_AUTH, &kAuth},
                                                {GARDU_EXT_SECRETS, &kSecrets},
                                                {GARDU_EXT_METRICS, &kMetrics}}};
  return kAll;
}

}  // namespace

const void* HostTables::extension(void*, const char* id) noexcept {
  for (const Service& s : services())
    if (s.id == id) return s.table;
  return nullptr;
}

const std::vector<std::string_view>& offered_services() {
  static const std::vector<std::string_view> kIds = [] {
    std::vector<std::string_view> ids;
    for (const Service& s : services()) ids.push_back(s.id);
    return ids;
  }();
  return kIds;
}

gardu_host make_host_table(PluginInstance& context) {
  gardu_host t{};
  t.size = sizeof t;
  t.abi_major = GARDU_ABI_MAJOR;
  t.abi_minor = GARDU_ABI_MINOR;
  t.context = &context;
  t.extension = &HostTables::extension;
  t.retain = &HostTables::retain;
  t.release = &HostTables::release;
  return t;
}

}  // namespace gardu::host
