// SPDX-License-Identifier: Apache-2.0
// GET /events: the workspace's journal, by pages or (Accept: text/event-stream) followed live.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/api.hpp"
#include "event/json.hpp"
#include "storage/journal.hpp"
#include "storage/retention.hpp"

namespace gardu::host {
namespace {

using nlohmann::json;

// `next_cursor` while there is more; at the end a client goes on with the last seq as after_seq.
// `resync` when retention has deleted events after that place: who wants to be complete fetches the
// state over REST and goes on after `resync.seq`.
http::Response poll(Call& call) {
  const Query query(call);
  storage::JournalQuery q;
  q.workspace_id = call.workspace();
  q.after_seq = std::max(query.seq("after_seq").value_or(0), query.cursor_number());
  q.contact_id = query.text("contact_id");
  q.account_id = query.text("account_id");
  q.limit = query.limit() + 1;
  q.types = query.words("types");
  std::vector<storage::JournalEntry> rows;
  std::int64_t newest = 0;
  bool gap = false;
  call.api.database.read([&](storage::Session& s) {
    rows = storage::journal::read(s, q);
    gap = q.after_seq < storage::retention::journal_cut(s, *q.workspace_id);
    newest = storage::journal::newest(s);
  });
  const auto element = [&](std::size_t i) {
    const auto& e = rows[i];
    return !e.account_id || call.principal.sees_account(*e.account_id) ? event_text(e)
                                                                       : std::string();
  };
  return page(
      rows.size(), query.limit(), element,
      [&](std::size_t i) { return make_cursor({std::to_string(rows[i].seq)}); },
      gap ? "\"resync\":{\"seq\":" + std::to_string(newest) + "}" : "");
}

}  // namespace

void add_event_routes(ApiRouter& router) {
  ApiRoute r;
  r.kind = ApiRoute::Kind::events;
  r.handle = poll;
  add_route(router, "GET", "/api/v1/events", std::move(r));
}

}  // namespace gardu::host
