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
#include "abi/ext/journal.h"
#include "abi/ext/log.h"
#include "abi/ext/metrics.h"
#include "abi/ext/publish.h"
#include "abi/ext/secrets.h"
#include "abi/ext/send.h"
#include "abi/ext/timer.h"
#include "event.hpp"
#include "http.hpp"
#include "publication.hpp"

namespace gardu {

// A status as an exception: what the services throw, and what a hook may throw to set its own
// status. It never leaves the plugin; the layer turns it back into a status.
class Failure : public std::runtime_error {
 public:
  explicit Failure(Status status)
      : std::runtime_error(status.message()), status_(std::move(status)) {}
  const Status& status() const noexcept { return status_; }

 private:
  Status status_;
};

// What became of each publication; valid during the callback.
using PublishResults = std::span<const gardu_publish_result>;
using PublishDone = std::function<void(int32_t status, PublishResults results)>;

class Counter {  // a metric's series; a cheap value
 public:
  Counter() = default;
  Counter(const gardu_host_metrics* table, void* context, uint64_t id) noexcept
      : table_(table), context_(context), id_(id) {}
  void add(int64_t delta = 1) const noexcept {
    if (table_ != nullptr) table_->add(context_, id_, delta);
  }
  void set(int64_t value) const noexcept {
    if (table_ != nullptr) table_->set(context_, id_, value);
  }

 private:
  const gardu_host_metrics* table_ = nullptr;
  void* context_ = nullptr;
  uint64_t id_ = 0;
};

class Host {
 public:
  explicit Host(const gardu_host& table) noexcept
      : t_(&table),
        log_(find<gardu_host_log>(GARDU_EXT_LOG)),
        publish_(find<gardu_host_publish>(GARDU_EXT_PUBLISH)),
        send_(find<gardu_host_send>(GARDU_EXT_SEND)),
        journal_(find<gardu_host_journal>(GARDU_EXT_JOURNAL)),
        timer_(find<gardu_host_timer>(GARDU_EXT_TIMER)),
        routes_(find<gardu_host_http_routes>(GARDU_EXT_HTTP_ROUTES)),
        auth_(find<gardu_host_auth>(GARDU_EXT_AUTH)),
        secrets_(find<gardu_host_secrets>(GARDU_EXT_SECRETS)),
        metrics_(find<gardu_host_metrics>(GARDU_EXT_METRICS)) {}

  std::string_view version() const noexcept { return view(t_->version); }
  std::string_view plugin_id() const noexcept { return view(t_->plugin_id); }
  std::string_view data_dir() const noexcept { return view(t_->data_dir); }
  const gardu_host& raw() const noexcept { return *t_; }

  // Logging. Never pass a secret.
  void log(gardu_log_level level, std::string_view message) const noexcept {
    if (log_ != nullptr) log_->log(t_->context, level, str(message));
  }
  void debug(std::string_view m) const noexcept { log(GARDU_LOG_DEBUG, m); }
  void info(std::string_view m) const noexcept { log(GARDU_LOG_INFO, m); }
  void warn(std::string_view m) const noexcept { log(GARDU_LOG_WARN, m); }
  void error(std::string_view m) const noexcept { log(GARDU_LOG_ERROR, m); }

  // Brings what happened outside into the gateway, all or nothing durable; see abi/ext/publish.h.
  // Fine: `done` will be called once, on any thread; what it throws is logged. GARDU_FULL or
  // GARDU_STOPPED: it will not.
  Status publish(const std::vector<Publication>& items, PublishDone done = {}) const {
    const auto& table = need(publish_, GARDU_EXT_PUBLISH);
    const detail::PublicationViews views(items);
    auto user = keep(std::move(done));
    gardu_error error = Status::record();
    const int32_t code = table.publish(
        t_->context, views.data(), views.size(),
        [](void* u, int32_t status, const gardu_publish_result* results, uint32_t count) noexcept {
          const std::unique_ptr<Kept<PublishDone>> f(static_cast<Kept<PublishDone>*>(u));
          f->run("the end of a publish", status, PublishResults{results, count});
        },
        user.get(), &error);
    if (code == GARDU_OK) (void)user.release();
    return Status::read_from(code, error);
  }

  // Enqueues a message and returns its id; throws Failure when it is not taken. In a durable
  // subscriber's on_events it is stored together with the cursor, or not at all.
  std::string send(const OutgoingMessage& m, std::function<void(const Status&)> done = {}) const {
    const auto& table = need(send_, GARDU_EXT_SEND);
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
        const std::unique_ptr<Kept<Done>> f(static_cast<Kept<Done>*>(u));
        f->run("the end of a send", error == nullptr ? Status::read_from(status, Status::record())
                                                     : Status::read_from(status, *error));
      };
    char id[40] = {};
    gardu_error error = Status::record();
    check(table.send(t_->context, &r, id, on_done, user.get(), &error), error);
    (void)user.release();
    return id;
  }

  // Past events, oldest first, one call of `on_event` each; false from it stops. Blocks.
  template <class F>
  void read_journal(const gardu_journal_query& query, F&& on_event) const {
    struct Call {
      F& f;
      std::exception_ptr thrown;
    } call{on_event, nullptr};
    gardu_error error = Status::record();
    const int32_t code = need(journal_, GARDU_EXT_JOURNAL)
                             .read(
                                 t_->context, &query,
                                 [](void* user, const gardu_event* event) noexcept -> int32_t {
                                   auto& c = *static_cast<Call*>(user);
                                   try {
                                     return c.f(EventView{*event}) ? 1 : 0;
                                   } catch (...) {
                                     c.thrown = std::current_exception();
                                     return 0;
                                   }
                                 },
                                 &call, &error);
    if (call.thrown) std::rethrow_exception(call.thrown);
    check(code, error);
  }
  // {oldest kept, newest committed}
  std::pair<int64_t, int64_t> journal_range() const {
    std::pair<int64_t, int64_t> range{0, 0};
    check(need(journal_, GARDU_EXT_JOURNAL).range(t_->context, &range.first, &range.second),
          Status::record());
    return range;
  }

  // Runs `f` once on the plugin's thread after `delay`; never after stop. 0 when stopping. What it
  // throws is logged.
  uint64_t after(Micros delay, std::function<void()> f) const {
    const auto& table = need(timer_, GARDU_EXT_TIMER);
    using F = std::function<void()>;
    auto user = keep(std::move(f));
    const uint64_t id = table.schedule(
        t_->context, delay.count(),
        [](void* u) noexcept {
          const std::unique_ptr<Kept<F>> call(static_cast<Kept<F>*>(u));
          call->run("a timer");
        },
        [](void* u) noexcept { delete static_cast<Kept<F>*>(u); }, user.get());
    if (id != 0) (void)user.release();  // 0: the host took nothing
    return id;
  }
  bool cancel(uint64_t timer) const {
    return need(timer_, GARDU_EXT_TIMER).cancel(t_->context, timer) != 0;
  }

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
      contain(self.log, self.context, "a route", [&] {
        HttpReply owned(*reply);
        self.route.handler(HttpRequest{*request}, std::move(owned));
      });
    };
    gardu_error error = Status::record();
    check(need(routes_, GARDU_EXT_HTTP_ROUTES).add(t_->context, &r, &error), error);
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
    return need(auth_, GARDU_EXT_AUTH)
               .may_follow(t_->context, &raw, str(workspace_id), str(contact_id),
                           str(account_id)) == GARDU_OK;
  }

  // A secret that the gateway makes up once, as lower-case hex of `bytes` (16 to 64) random bytes.
  std::string secret(std::string_view name, uint32_t bytes = 32) const {
    char out[129] = {};
    gardu_error error = Status::record();
    check(need(secrets_, GARDU_EXT_SECRETS)
              .get_or_create(t_->context, str(name), bytes, out, sizeof out, &error),
          error);
    return out;
  }

  // [plugin-thread] A series for /metrics. `labels` as Prometheus writes them, or empty.
  Counter counter(std::string_view name, std::string_view help,
                  std::string_view labels = {}) const {
    return series(GARDU_METRIC_COUNTER, name, help, labels);
  }
  Counter gauge(std::string_view name, std::string_view help, std::string_view labels = {}) const {
    return series(GARDU_METRIC_GAUGE, name, help, labels);
  }

 private:
  // The barrier of what the host calls back: an exception ends as a line in the log.
  template <class F>
  static void contain(const gardu_host_log* log, void* context, std::string_view where,
                      F&& body) noexcept {
    try {
      try {
        body();
      } catch (const std::exception& e) {
        tell(log, context, where, e.what());
      } catch (...) {
        tell(log, context, where, "an exception that is no std::exception");
      }
    } catch (...) {
      // Not even the line could be made: out of memory.
    }
  }
  static void tell(const gardu_host_log* log, void* context, std::string_view where,
                   std::string_view what) {
    if (log == nullptr) return;
    std::string line(where);
    line.append(" threw: ").append(what);
    log->log(context, GARDU_LOG_ERROR, str(line));
  }
  // A function that the host holds as `user`, with what its barrier needs.
  template <class F>
  struct Kept {
    F function;
    const gardu_host_log* log;
    void* context;
    template <class... Args>
    void run(std::string_view where, Args&&... args) const noexcept {
      contain(log, context, where, [&] {
        if (function) function(std::forward<Args>(args)...);
      });
    }
  };
  template <class F>
  std::unique_ptr<Kept<F>> keep(F function) const {
    return std::make_unique<Kept<F>>(Kept<F>{std::move(function), log_, t_->context});
  }
  struct KeptRoute {
    Route route;
    const gardu_host_log* log;
    void* context;
  };

  template <class Table>
  const Table* find(const char* id) const noexcept {
    return static_cast<const Table*>(t_->extension(t_->context, id));
  }
  template <class Table>
  static const Table& need(const Table* table, const char* id) {
    if (table == nullptr) throw Failure(Status::unsupported(std::string("the host lacks ") + id));
    return *table;
  }
  static void check(int32_t code, const gardu_error& error) {
    if (code != GARDU_OK) throw Failure(Status::read_from(code, error));
  }
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
  mutable std::vector<std::unique_ptr<KeptRoute>> routes_kept_;  // [plugin-thread]
};

}  // namespace gardu
