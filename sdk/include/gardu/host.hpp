// SPDX-License-Identifier: Apache-2.0
//
// The host as a plugin sees it: its services as C++ calls. Everything here is [any-thread] unless
// it says otherwise. A service that this host does not offer makes the call throw Failure with
// GARDU_UNSUPPORTED; name it in GARDU_PLUGIN's `needs` and the host refuses to load without it.
#pragma once
#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "abi/ext/auth.h"
#include "abi/ext/executor.h"
#include "abi/ext/journal.h"
#include "abi/ext/log.h"
#include "abi/ext/metrics.h"
#include "abi/ext/publish.h"
#include "abi/ext/secrets.h"
#include "abi/ext/send.h"
#include "abi/ext/settings.h"
#include "abi/ext/thread_check.h"
#include "abi/ext/timer.h"
#include "db.hpp"
#include "detail/callbacks.hpp"
#include "directory.hpp"
#include "event.hpp"
#include "http.hpp"
#include "http_client.hpp"
#include "kv.hpp"
#include "media.hpp"
#include "publication.hpp"

namespace gardu {

// What became of each publication; valid during the callback.
using PublishResults = std::span<const gardu_publish_result>;
// Told once what came of a publish; no result is valid unless `status` is GARDU_OK.
using PublishDone = std::function<void(int32_t status, PublishResults results)>;

// A metric's series; a cheap value. The host's table must outlive it.
class Counter {
 public:
  // Of no series: calls do nothing.
  Counter() = default;
  // For the layer: the series `id` of that table; 0: none.
  Counter(const gardu_host_metrics* table, void* context, uint64_t id) noexcept
      : table_(table), context_(context), id_(id) {}
  // [any-thread] Moves the value by `delta`; a counter only upwards.
  void add(int64_t delta = 1) const noexcept {
    if (table_ != nullptr) table_->add(context_, id_, delta);
  }
  // [any-thread] Replaces the value: for gauges.
  void set(int64_t value) const noexcept {
    if (table_ != nullptr) table_->set(context_, id_, value);
  }

 private:
  const gardu_host_metrics* table_ = nullptr;
  void* context_ = nullptr;
  uint64_t id_ = 0;
};

// The services of one host. `Plugin::host` has one. It must outlive the routes that it mounted.
class Host {
 public:
  // Looks the services up. The table must outlive it.
  explicit Host(const gardu_host& table) noexcept
      : t_(&table),
        log_(detail::find<gardu_host_log>(table, GARDU_EXT_LOG)),
        publish_(detail::find<gardu_host_publish>(table, GARDU_EXT_PUBLISH)),
        send_(detail::find<gardu_host_send>(table, GARDU_EXT_SEND)),
        journal_(detail::find<gardu_host_journal>(table, GARDU_EXT_JOURNAL)),
        timer_(detail::find<gardu_host_timer>(table, GARDU_EXT_TIMER)),
        routes_(detail::find<gardu_host_http_routes>(table, GARDU_EXT_HTTP_ROUTES)),
        auth_(detail::find<gardu_host_auth>(table, GARDU_EXT_AUTH)),
        secrets_(detail::find<gardu_host_secrets>(table, GARDU_EXT_SECRETS)),
        metrics_(detail::find<gardu_host_metrics>(table, GARDU_EXT_METRICS)),
        executor_(detail::find<gardu_host_executor>(table, GARDU_EXT_EXECUTOR)),
        settings_(detail::find<gardu_host_settings>(table, GARDU_EXT_SETTINGS)),
        threads_(detail::find<gardu_host_thread_check>(table, GARDU_EXT_THREAD_CHECK)) {}

  // Of the host program, e.g. "0.1.0".
  std::string_view version() const noexcept { return view(t_->version); }
  // This plugin's id, as configured.
  std::string_view plugin_id() const noexcept { return view(t_->plugin_id); }
  // A folder of the plugin's own, mode 0700.
  std::string_view data_dir() const noexcept { return view(t_->data_dir); }
  const gardu_host& raw() const noexcept { return *t_; }

  // Logging. Never pass a secret.
  void log(gardu_log_level level, std::string_view message) const noexcept {
    if (log_ != nullptr) log_->log(t_->context, level, str(message));
  }
  // `log` at that level.
  void debug(std::string_view m) const noexcept { log(GARDU_LOG_DEBUG, m); }
  // `log` at that level.
  void info(std::string_view m) const noexcept { log(GARDU_LOG_INFO, m); }
  // `log` at that level.
  void warn(std::string_view m) const noexcept { log(GARDU_LOG_WARN, m); }
  // `log` at that level.
  void error(std::string_view m) const noexcept { log(GARDU_LOG_ERROR, m); }

  // Brings what happened outside into the gateway, all or nothing durable; see abi/ext/publish.h.
  // Fine: `done` will be called once, on any thread; what it throws is logged. GARDU_FULL or
  // GARDU_STOPPED: it will not.
  Status publish(const std::vector<Publication>& items, PublishDone done = {}) const {
    const auto& table = detail::need(publish_, GARDU_EXT_PUBLISH);
    const detail::PublicationViews views(items);
    auto user = keep(std::move(done));
    gardu_error error = Status::record();
    const int32_t code = table.publish(
        t_->context, views.data(), views.size(),
        [](void* u, int32_t status, const gardu_publish_result* results, uint32_t count) noexcept {
          const std::unique_ptr<detail::Kept<PublishDone>> f(
              static_cast<detail::Kept<PublishDone>*>(u));
          f->run("the end of a publish", status, PublishResults{results, count});
        },
        user.get(), &error);
    if (code == GARDU_OK) (void)user.release();
    return Status::read_from(code, error);
  }

  // Enqueues a message and returns its id; throws Failure when it is not taken. In a durable
  // subscriber's on_events it is stored together with the cursor, or not at all.
  std::string send(const OutgoingMessage& m, std::function<void(const Status&)> done = {}) const {
    const auto& table = detail::need(send_, GARDU_EXT_SEND);
    gardu_send_request r{};
    r.size = sizeof r;
    r.type = m.type;
    r.priority = m.priority;
    r.workspace_id = str(m.workspace_id);
    r.account_id = str(m.account_id);
    r.contact_id = str(m.contact_id);
    r.to = str(m.to);
    r.text = str(m.text);
    r.content = str(m.content);
    r.reply_to_message_id = str(m.reply_to);
    r.client_ref = str(m.client_ref);
    r.metadata = str(m.metadata);
    r.scheduled_at = m.scheduled_at;
    using Done = std::function<void(const Status&)>;
    auto user = done ? keep(std::move(done)) : nullptr;
    gardu_send_done on_done = nullptr;
    if (user != nullptr)
      on_done = [](void* u, int32_t status, const gardu_error* error) noexcept {
        const std::unique_ptr<detail::Kept<Done>> f(static_cast<detail::Kept<Done>*>(u));
        f->run("the end of a send", error == nullptr ? Status::read_from(status, Status::record())
                                                     : Status::read_from(status, *error));
      };
    char id[40] = {};
    gardu_error error = Status::record();
    detail::check(table.send(t_->context, &r, id, on_done, user.get(), &error), error);
    (void)user.release();
    return id;
  }

  // Past events, oldest first, one call of `on_event` each; false from it stops. Blocks.
  template <class F>
  void read_journal(const gardu_journal_query& query, F&& on_event) const {
    using Each = detail::Visitor<F>;
    Each each(on_event);
    gardu_error error = Status::record();
    const int32_t code = detail::need(journal_, GARDU_EXT_JOURNAL)
                             .read(
                                 t_->context, &query,
                                 [](void* user, const gardu_event* event) noexcept {
                                   return (*static_cast<Each*>(user))(EventView{*event});
                                 },
                                 &each, &error);
    each.rethrow();
    detail::check(code, error);
  }
  // {oldest kept, newest committed}
  std::pair<int64_t, int64_t> journal_range() const {
    std::pair<int64_t, int64_t> range{0, 0};
    detail::check(
        detail::need(journal_, GARDU_EXT_JOURNAL).range(t_->context, &range.first, &range.second),
        Status::record());
    return range;
  }
  // The seq up to which the workspace's events were deleted; 0: none. From an older host, which
  // does not know: what came before the oldest event of all.
  int64_t journal_cut(std::string_view workspace_id) const {
    const auto& table = detail::need(journal_, GARDU_EXT_JOURNAL);
    if (!GARDU_HAS(&table, gardu_host_journal, cut) || table.cut == nullptr)
      return std::max<int64_t>(0, journal_range().first - 1);
    int64_t seq = 0;
    gardu_error error = Status::record();
    detail::check(table.cut(t_->context, str(workspace_id), &seq, &error), error);
    return seq;
  }

  // Runs `f` once on the plugin's thread after `delay`; never after stop. 0 when stopping. What it
  // throws is logged.
  uint64_t after(Micros delay, std::function<void()> f) const {
    const auto& table = detail::need(timer_, GARDU_EXT_TIMER);
    using F = std::function<void()>;
    auto user = keep(std::move(f));
    const uint64_t id = table.schedule(
        t_->context, delay.count(),
        [](void* u) noexcept {
          const std::unique_ptr<detail::Kept<F>> call(static_cast<detail::Kept<F>*>(u));
          call->run("a timer");
        },
        [](void* u) noexcept { delete static_cast<detail::Kept<F>*>(u); }, user.get());
    if (id != 0) (void)user.release();  // 0: the host took nothing
    return id;
  }
  // True: the timer will not fire any more. False: it fired, fires just now, or never was.
  bool cancel(uint64_t timer) const {
    return detail::need(timer_, GARDU_EXT_TIMER).cancel(t_->context, timer) != 0;
  }

  // Runs `f` on the plugin's thread, later; never after stop. What it throws is logged. GARDU_FULL,
  // GARDU_STOPPED: it will not run.
  Status post(std::function<void()> f) const {
    const auto& table = detail::need(executor_, GARDU_EXT_EXECUTOR);
    using F = std::function<void()>;
    auto user = keep(std::move(f));
    gardu_error error = Status::record();
    const int32_t code = table.post(
        t_->context,
        [](void* u) noexcept {
          const std::unique_ptr<detail::Kept<F>> call(static_cast<detail::Kept<F>*>(u));
          call->run("posted work");
        },
        [](void* u) noexcept { delete static_cast<detail::Kept<F>*>(u); }, user.get(), &error);
    if (code == GARDU_OK) (void)user.release();
    return Status::read_from(code, error);
  }
  // Whether the caller is on the plugin's thread; true where the host cannot say.
  bool on_plugin_thread() const noexcept {
    return threads_ == nullptr || threads_->on_plugin_thread(t_->context) != 0;
  }

  // The plugin's settings as that workspace has them: a JSON object. Ask anew whenever needed.
  std::string settings(std::string_view workspace_id) const {
    std::string out;
    gardu_error error = Status::record();
    detail::check(detail::need(settings_, GARDU_EXT_SETTINGS)
                      .of_workspace(
                          t_->context, str(workspace_id),
                          [](void* user, gardu_str text) noexcept {
                            *static_cast<std::string*>(user) = view(text);
                          },
                          &out, &error),
                  error);
    return out;
  }

  // Tables of the plugin's own, small values by key, files, records, requests to the outside: each
  // throws Failure with GARDU_UNSUPPORTED where this host does not offer it.
  Db db() const { return Db(*t_); }
  // Small values by key.
  Kv kv() const { return Kv(*t_); }
  // Files of the media store.
  Media media() const { return Media(*t_); }
  // Accounts, contacts and labels.
  Directory directory() const { return Directory(*t_); }
  // Requests to the outside.
  HttpClient http() const { return HttpClient(*t_, log_); }

  // [plugin-thread] Mounts a route; throws Failure when the path is not this plugin's, or taken.
  void route(Route route) const {
    auto owner = std::make_unique<KeptRoute>(KeptRoute{std::move(route), log_, t_->context});
    const Route& kept = owner->route;
    gardu_route r{};
    r.size = sizeof r;
    r.auth = kept.auth;
    r.method = str(kept.method);
    r.pattern = str(kept.pattern);
    r.body_limit = kept.body_limit;
    r.deadline = kept.deadline.count();
    r.user = owner.get();
    r.handle = [](void* user, const gardu_http_request* request,
                  const gardu_http_reply* reply) noexcept {
      const auto& self = *static_cast<KeptRoute*>(user);
      // What is thrown drops the reply on its way out: the caller gets 500.
      detail::contain(self.log, self.context, "a route", [&] {
        HttpReply owned(*reply);
        self.route.handler(HttpRequest{*request}, std::move(owned));
      });
    };
    gardu_error error = Status::record();
    detail::check(detail::need(routes_, GARDU_EXT_HTTP_ROUTES).add(t_->context, &r, &error), error);
    routes_kept_.push_back(std::move(owner));
  }

  // May the principal follow this contact or account (both empty: the workspace)? Blocks.
  bool may_follow(const Principal& p, std::string_view workspace_id, std::string_view contact_id,
                  std::string_view account_id) const {
    gardu_principal raw{};
    raw.size = sizeof raw;
    raw.auth = p.auth;
    raw.workspace_id = str(p.workspace_id);
    raw.user_id = str(p.user_id);
    raw.token_id = str(p.token_id);
    raw.name = str(p.name);
    return detail::need(auth_, GARDU_EXT_AUTH)
               .may_follow(t_->context, &raw, str(workspace_id), str(contact_id),
                           str(account_id)) == GARDU_OK;
  }

  // A secret that the gateway makes up once, as lower-case hex of `bytes` (16 to 64) random bytes.
  std::string secret(std::string_view name, uint32_t bytes = 32) const {
    char out[129] = {};
    gardu_error error = Status::record();
    detail::check(detail::need(secrets_, GARDU_EXT_SECRETS)
                      .get_or_create(t_->context, str(name), bytes, out, sizeof out, &error),
                  error);
    return out;
  }

  // [plugin-thread] A series for /metrics. `labels` as Prometheus writes them, or empty.
  Counter counter(std::string_view name, std::string_view help,
                  std::string_view labels = {}) const {
    return series(GARDU_METRIC_COUNTER, name, help, labels);
  }
  // [plugin-thread] Likewise, of a value that moves both ways.
  Counter gauge(std::string_view name, std::string_view help, std::string_view labels = {}) const {
    return series(GARDU_METRIC_GAUGE, name, help, labels);
  }

 private:
  template <class F>
  std::unique_ptr<detail::Kept<F>> keep(F function) const {
    return std::make_unique<detail::Kept<F>>(
        detail::Kept<F>{std::move(function), log_, t_->context});
  }
  struct KeptRoute {
    Route route;
    const gardu_host_log* log;
    void* context;
  };

  Counter series(uint32_t kind, std::string_view name, std::string_view help,
                 std::string_view labels) const {
    if (metrics_ == nullptr) return {};  // numbers are never worth failing for
    return {metrics_, t_->context,
            metrics_->define(t_->context, kind, str(name), str(labels), str(help))};
  }

  const gardu_host* t_;
  const gardu_host_log* log_;
  const gardu_host_publish* publish_;
  const gardu_host_send* send_;
  const gardu_host_journal* journal_;
  const gardu_host_timer* timer_;
  const gardu_host_http_routes* routes_;
  const gardu_host_auth* auth_;
  const gardu_host_secrets* secrets_;
  const gardu_host_metrics* metrics_;
  const gardu_host_executor* executor_;
  const gardu_host_settings* settings_;
  const gardu_host_thread_check* threads_;
  mutable std::vector<std::unique_ptr<KeptRoute>> routes_kept_;  // [plugin-thread]
};

}  // namespace gardu
