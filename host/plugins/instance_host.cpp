// SPDX-License-Identifier: Apache-2.0
// What a plugin asks of the host.
#include <gardu/abi/ext/metrics.h>

#include <algorithm>
#include <set>

#include "metrics/metrics.hpp"
#include "plugins/http_bridge.hpp"
#include "plugins/instance.hpp"

namespace gardu::host {
namespace {

Status stopped() { return {GARDU_STOPPED, "the plugin is not started"}; }

Metrics::Series* series(std::uint64_t id) {
  // The id that define gave is the address: counting is then one atomic operation, no look-up.
  // NOLINTNEXTLINE(performance-no-int-to-ptr)
  return reinterpret_cast<Metrics::Series*>(static_cast<std::uintptr_t>(id));
}

}  // namespace

bool PluginInstance::offers(std::string_view) const { return true; }

void PluginInstance::log(std::int32_t level, std::string_view message) {
  services_.log(id_, level, message);
}
bool PluginInstance::log_enabled(std::int32_t level) const { return services_.log_enabled(level); }

Status PluginInstance::publish(std::vector<Incoming> items, PublishDone done) {
  if (!started()) return stopped();
  if (Unit* const unit = current_unit()) {
    unit->effects.publishes.push_back({std::move(items), std::move(done)});
    return {};
  }
  const Status status =
      services_.publish(id_, std::move(items), outstanding_->counted(std::move(done)));
  if (!status.ok()) outstanding_->forget_one();
  return status;
}

Status PluginInstance::send(PluginSend send) {
  if (!started()) return stopped();
  if (Unit* const unit = current_unit()) {
    unit->effects.sends.push_back(std::move(send));
    return {};
  }
  if (!send.done) return services_.send(id_, std::move(send));
  send.done = outstanding_->counted(std::move(send.done));
  const Status status = services_.send(id_, std::move(send));
  if (!status.ok()) outstanding_->forget_one();
  return status;
}

Status PluginInstance::read_journal(const gardu_journal_query& query,
                                    const std::function<bool(const gardu_event&)>& on_event) {
  return services_.read_journal(query, on_event);
}
std::pair<std::int64_t, std::int64_t> PluginInstance::journal_range() {
  return services_.journal_range();
}
Result<std::int64_t> PluginInstance::journal_cut(std::string_view workspace_id) {
  return services_.journal_cut(workspace_id);
}

Status PluginInstance::add_route(const RouteRequest& in) {
  PluginRoute out;
  out.method = in.method;
  out.pattern = in.pattern;
  out.auth = in.auth;
  out.body_limit = in.body_limit;
  out.deadline = in.deadline;
  out.handle = [this, handle = in.handle, user = in.user](RoutedRequest request,
                                                          http::Responder responder) {
    hand_to_plugin(*mailbox_, handle, user, std::move(request), std::move(responder));
  };
  return mount(std::move(out));
}

bool PluginInstance::may_follow(const gardu_principal& principal, std::string_view workspace_id,
                                std::string_view contact_id, std::string_view account_id) {
  return services_.may_follow(principal, workspace_id, contact_id, account_id);
}
Result<std::string> PluginInstance::secret(std::string_view name, std::uint32_t bytes) {
  return services_.secret(id_, name, bytes);
}

std::uint64_t PluginInstance::define_metric(std::uint32_t kind, std::string_view name,
                                            std::string_view labels, std::string_view help) {
  static_assert(sizeof(std::uintptr_t) <= sizeof(std::uint64_t));
  return reinterpret_cast<std::uintptr_t>(services_.metrics().define(
      kind == GARDU_METRIC_GAUGE ? Metrics::Kind::gauge : Metrics::Kind::counter,
      "gardu_" + id_ + "_" + std::string(name), help, labels));
}
void PluginInstance::add_metric(std::uint64_t id, std::int64_t delta) noexcept {
  if (id != 0) series(id)->add(delta);
}
void PluginInstance::set_metric(std::uint64_t id, std::int64_t value) noexcept {
  if (id != 0) series(id)->set(value);
}

Status PluginInstance::migrate(std::vector<storage::PluginMigration> migrations) {
  services_.data().migrate(id_, migrations);
  return {};
}

Result<std::int64_t> PluginInstance::execute(std::string_view sql,
                                             const std::vector<storage::SqlValue>& parameters,
                                             const storage::plugin_sql::OnRow& on_row) {
  if (!started()) return stopped();
  return services_.data().execute(current_unit(), id_, sql, parameters, on_row);
}

Status PluginInstance::transaction(const std::function<Status()>& body) {
  if (!started()) return stopped();
  if (Unit* const outer = current_unit()) {
    outer->begin_part();
    const Status status = body();
    outer->end_part(status.ok());
    return status;
  }
  Unit unit([this] { return services_.data().begin(); });
  Status status;
  within(unit, [&] { status = body(); });
  if (!status.ok()) {
    unit.effects.undone({GARDU_REJECTED, "its transaction was undone"});
    return status;
  }
  services_.data().commit(id_, std::move(unit.effects), unit.transaction());
  return status;
}

Result<std::optional<std::string>> PluginInstance::kv_get(std::string_view key) {
  if (!started()) return stopped();
  return services_.data().kv_get(current_unit(), id_, key);
}
Status PluginInstance::kv_put(std::string_view key, std::string_view value,
                              std::chrono::microseconds ttl) {
  if (!started()) return stopped();
  services_.data().kv_put(current_unit(), id_, key, value, ttl);
  return {};
}
Result<bool> PluginInstance::kv_compare_and_put(std::string_view key,
                                                std::optional<std::string_view> expected,
                                                std::string_view value,
                                                std::chrono::microseconds ttl) {
  if (!started()) return stopped();
  return services_.data().kv_compare_and_put(current_unit(), id_, key, expected, value, ttl);
}
Status PluginInstance::kv_erase(std::string_view key) {
  if (!started()) return stopped();
  services_.data().kv_erase(current_unit(), id_, key);
  return {};
}
Status PluginInstance::kv_scan(std::string_view prefix, std::string_view after, std::uint32_t limit,
                               const OnText& on_value) {
  if (!started()) return stopped();
  // Read whole first: the callback is the plugin's, and must not hold a session.
  for (const auto& [key, value] :
       services_.data().kv_scan(current_unit(), id_, prefix, after, limit))
    if (!on_value(key, value)) break;
  return {};
}

Status PluginInstance::http(HttpExchange call, std::function<void(const HttpOutcome&)> done) {
  if (!started()) return stopped();
  const std::uint64_t id = outstanding_->keep(std::move(done));
  const auto told = [pending = outstanding_, id](const HttpOutcome& outcome) {
    if (const auto waiting = pending->take(id)) waiting(outcome);
  };
  const Status status = services_.http(
      std::move(call), options_.outside, [mailbox = mailbox_, told](HttpOutcome outcome) {
        const auto shared = std::make_shared<HttpOutcome>(std::move(outcome));
        // Like a timer that is due: never refused for being one too many. A mailbox
        // that closes has given the call up.
        (void)mailbox->after({}, {[told, shared] { told(*shared); }, {}});
      });
  if (!status.ok()) (void)outstanding_->take(id);
  return status;
}

Result<std::uint64_t> PluginInstance::media_open(const MediaInfo& info) {
  if (!started()) return stopped();
  return services_.media_open(id_, info);
}
Status PluginInstance::media_append(std::uint64_t writer, std::string_view bytes) {
  return services_.media_append(id_, writer, bytes);
}
Result<std::string> PluginInstance::media_finish(std::uint64_t writer, bool keep) {
  return services_.media_finish(current_unit(), id_, writer, keep);
}
Result<MediaInfo> PluginInstance::media_stat(std::string_view workspace_id, std::string_view id) {
  return services_.media_stat(workspace_id, id);
}
Result<std::string> PluginInstance::media_read(std::string_view workspace_id, std::string_view id,
                                               std::uint64_t offset, std::uint64_t most) {
  return services_.media_read(workspace_id, id, offset, most);
}

Result<std::string> PluginInstance::find_records(const DirectoryQuery& query,
                                                 const OnText& on_record) {
  if (!started()) return stopped();
  return services_.find_records(query, on_record);
}
Status PluginInstance::update_contact(std::string_view workspace_id, std::string_view contact_id,
                                      std::string_view patch) {
  if (!started()) return stopped();
  return services_.update_contact(current_unit(), id_, workspace_id, contact_id, patch);
}
Result<std::string> PluginInstance::workspace_settings(std::string_view workspace_id) {
  return services_.data().workspace_settings(id_, options_.settings, workspace_id);
}

}  // namespace gardu::host
