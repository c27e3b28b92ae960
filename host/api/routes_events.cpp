// SPDX-License-Identifier: Apache-2.0
// GET /events: the workspace's journal, by pages or (Accept: text/event-stream) followed live.
#include <nlohmann/json.hpp>

#include "api/api.hpp"
#include "event/json.hpp"
#include "storage/journal.hpp"

namespace gardu::host {
namespace {

using nlohmann::json;

// `next_cursor` is the seq to give as after_seq; it is there even when there was nothing new, so
// that a client can go on from it.
http::Response poll(Call& call) {
  const Query query(call);
  storage::JournalQuery q;
  q.workspace_id = call.workspace();
  q.after_seq = query.integer("after_seq").value_or(0);
  if (const auto cursor = query.integer("cursor")) q.after_seq = *cursor;
  q.contact_id = query.text("contact_id");
  q.account_id = query.text("account_id");
  q.limit = query.limit();
  std::string types = query.text("types").value_or("");
  while (!types.empty()) {
    const auto comma = std::min(types.find(','), types.size());
    if (comma > 0) q.types.push_back(types.substr(0, comma));
    types.erase(0, comma + 1);
  }
  if (q.types.size() > 40) throw ApiError::fields({{"types", "are more than 40"}});
  const auto rows =
      call.api.database.query([&](storage::Session& s) { return storage::journal::read(s, q); });
  json data = json::array();
  for (const auto& e : rows)
    if (!e.account_id || call.principal.sees_account(*e.account_id)) data.push_back(event_json(e));
  const std::int64_t last = rows.empty() ? q.after_seq : rows.back().seq;
  return json_response(200, {{"data", std::move(data)}, {"next_cursor", std::to_string(last)}});
}

}  // namespace

void add_event_routes(ApiRouter& router) {
  ApiRoute r;
  r.kind = ApiRoute::Kind::events;
  r.handle = poll;
  add_route(router, "GET", "/api/v1/events", std::move(r));
}

}  // namespace gardu::host
