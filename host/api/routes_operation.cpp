// SPDX-License-Identifier: Apache-2.0
// GET /outbox, GET /plugins, GET /plugins/{id}: what waits, and what runs.
#include <nlohmann/json.hpp>

#include "api/api.hpp"
#include "base/time.hpp"
#include "event/types.hpp"
#include "storage/outbox.hpp"

namespace gardu::host {
namespace {

using nlohmann::json;

json entry_json(const storage::OutboxEntry& e) {
  return {{"id", e.id},
          {"message_id", e.message_id},
          {"account_id", e.account_id},
          {"contact_id", e.contact_id},
          {"priority", priority_name(static_cast<std::uint32_t>(e.priority))},
          {"state", e.state},
          {"attempts", e.attempts},
          {"not_before", rfc3339_ms(e.not_before)},
          {"last_error", e.last_error ? json(*e.last_error) : json()},
          {"created_at", rfc3339_ms(e.created_at)}};
}

http::Response outbox(Call& call) {
  const Query query(call);
  const std::int64_t after = query.cursor_number();
  const std::string state =
      query.one_of("state", {"queued", "leased", "in_doubt", "held", "done", "dead"}).value_or("");
  const auto rows = call.api.database.query([&](storage::Session& s) {
    return storage::outbox::list(s, call.workspace(), state, after, query.limit() + 1,
                                 query.text("account_id").value_or(""));
  });
  const auto add = [&](json& data, std::size_t i) {
    if (call.principal.sees_account(rows[i].account_id)) data.push_back(entry_json(rows[i]));
  };
  return json_response(200, page(rows.size(), query.limit(), add, [&](std::size_t i) {
                         return make_cursor({std::to_string(rows[i].id)});
                       }));
}

json plugin_json(const PluginView& p) {
  return {{"id", p.id},
          {"name", p.name},
          {"version", p.version},
          {"state", p.state},
          {"reason", p.reason.empty() ? json() : json(p.reason)},
          {"abi", p.abi},
          {"roles", p.roles},
          {"mailbox", p.mailbox},
          {"lag", p.lag},
          {"events", p.events},
          {"errors", p.errors},
          {"last_error", p.last_error.empty() ? json() : json(p.last_error)}};
}

// Plugins serve all workspaces, and their last errors may show any: for admins and the platform.
void check_role(const Call& call) {
  if (!call.principal.at_least(Role::admin) && !call.principal.at_least(Role::platform))
    throw ApiError(403, "The token's role does not allow this.");
}

http::Response plugins(Call& call) {
  check_role(call);
  json data = json::array();
  for (const PluginView& p : call.api.plugins()) data.push_back(plugin_json(p));
  return json_response(200, {{"data", std::move(data)}, {"next_cursor", nullptr}});
}

http::Response plugin(Call& call) {
  check_role(call);
  for (const PluginView& p : call.api.plugins())
    if (p.id == call.param("id")) return json_response(200, plugin_json(p));
  throw ApiError::not_found();
}

}  // namespace

void add_operation_routes(ApiRouter& router) {
  read_route(router, "/outbox", outbox);
  any_role_route(router, "/plugins", plugins);
  any_role_route(router, "/plugins/{id}", plugin);
}

}  // namespace gardu::host
