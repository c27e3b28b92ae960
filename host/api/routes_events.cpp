// SPDX-License-Identifier: Apache-2.0
// GET /events: the workspace's journal, by pages or (Accept: text/event-stream) followed live.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/api.hpp"
#include "event/json.hpp"
#include "storage/journal.hpp"

namespace gardu::host {
namespace {

using nlohmann::json;

// `next_cursor` while there is more; at the end a client goes on with the last seq as after_seq.
http::Response poll(Call& call) {
  const Query query(call);
  storage::JournalQuery q;
  q.workspace_id = call.workspace();
  q.after_seq = std::max(query.seq("after_seq").value_or(0), query.cursor_number());
  q.contact_id = query.text("contact_id");
  q.account_id = query.text("account_id");
  q.limit = query.limit() + 1;
  q.types = query.words("types");
  const auto rows =
      call.api.database.query([&](storage::Session& s) { return storage::journal::read(s, q); });
  const auto add = [&](json& data, std::size_t i) {
    const auto& e = rows[i];
    if (!e.account_id || call.principal.sees_account(*e.account_id)) data.push_back(event_json(e));
  };
  return json_response(200, page(rows.size(), query.limit(), add, [&](std::size_t i) {
                         return make_cursor({std::to_string(rows[i].seq)});
                       }));
}

}  // namespace

void add_event_routes(ApiRouter& router) {
  ApiRoute r;
  r.kind = ApiRoute::Kind::events;
  r.handle = poll;
  add_route(router, "GET", "/api/v1/events", std::move(r));
}

}  // namespace gardu::host
