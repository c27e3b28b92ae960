// SPDX-License-Identifier: Apache-2.0
// GET /outbox: what waits.
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

}  // namespace

void add_operation_routes(ApiRouter& router) { read_route(router, "/outbox", outbox); }

}  // namespace gardu::host
