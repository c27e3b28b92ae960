// SPDX-License-Identifier: Apache-2.0
// GET /outbox, GET /plugins, GET /plugins/{id}: what waits, and what runs.
#include <charconv>
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
  const auto place = query.cursor(1);
  std::int64_t after = 0;
  if (place) std::from_chars((*place)[0].data(), (*place)[0].data() + (*place)[0].size(), after);
  const auto rows = call.api.database.query([&](storage::Session& s) {
    return storage::outbox::list(s, call.workspace(), query.text("state").value_or(""), after,
                                 query.limit() + 1);
  });
  json data = json::array();
  for (const auto& e : rows)
    if (call.principal.sees_account(e.account_id)) data.push_back(entry_json(e));
  return json_response(200, page(std::move(data), query.limit(), [](const json& last) {
                         return make_cursor({last["id"].dump()});
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

http::Response plugins(Call& call) {
  json data = json::array();
  for (const PluginView& p : call.api.plugins()) data.push_back(plugin_json(p));
  return json_response(200, {{"data", std::move(data)}, {"next_cursor", nullptr}});
}

http::Response plugin(Call& call) {
  for (const PluginView& p : call.api.plugins())
    if (p.id == call.param("id")) return json_response(200, plugin_json(p));
  throw ApiError::not_found();
}

}  // namespace

void add_operation_routes(ApiRouter& router) {
  read_route(router, "/outbox", outbox);
  read_route(router, "/plugins", plugins, Role::admin);
  read_route(router, "/plugins/{id}", plugin, Role::admin);
}

}  // namespace gardu::host
