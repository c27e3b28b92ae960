// SPDX-License-Identifier: Apache-2.0
// GET /outbox: what waits. POST /outbox/{id}/retry, /cancel: what a person makes of it.
#include <charconv>
#include <nlohmann/json.hpp>

#include "api/actions.hpp"
#include "api/api.hpp"
#include "base/time.hpp"
#include "event/types.hpp"
#include "outbox/person.hpp"
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
  const auto element = [&](std::size_t i) {
    return call.principal.sees_account(rows[i].account_id) ? json_text(entry_json(rows[i]))
                                                           : std::string();
  };
  return page(rows.size(), query.limit(), element,
              [&](std::size_t i) { return make_cursor({std::to_string(rows[i].id)}); });
}

storage::OutboxEntry entry_of(storage::Session& s, const Call& call) {
  const std::string text = call.param("id");
  std::int64_t id = 0;
  const char* const end = text.data() + text.size();
  if (const auto read = std::from_chars(text.data(), end, id);
      read.ec != std::errc() || read.ptr != end)
    throw ApiError::not_found();
  auto e = storage::outbox::get(s, call.workspace(), id);
  if (!e || !call.principal.sees_account(e->account_id)) throw ApiError::not_found();
  return *e;
}

using Decide = bool (*)(storage::Transaction&, const Origin&, const storage::OutboxEntry&);

// 200 with the entry, 409 where its state does not allow it.
template <Decide kDecide>
http::Response decide(Call& call) {
  const json body = call.optional_body();
  Fields f(body);
  f.only({});
  f.done();
  storage::OutboxEntry entry;
  call.api.database.writer().run([&](storage::Transaction& tx) {
    entry = entry_of(tx, call);
    if (!kDecide(tx, origin_of(call), entry))
      throw ApiError(409, "The entry's state does not allow it: " + entry.state + ".");
    entry = entry_of(tx, call);
  });
  call.api.transports.outbox_changed();
  return json_response(200, entry_json(entry));
}

}  // namespace

void add_operation_routes(ApiRouter& router) {
  read_route(router, "/outbox", outbox);
  write_route(router, "POST", "/outbox/{id}/retry", Role::agent, "send", decide<retry_entry>);
  write_route(router, "POST", "/outbox/{id}/cancel", Role::agent, "send", decide<cancel_entry>);
}

}  // namespace gardu::host
