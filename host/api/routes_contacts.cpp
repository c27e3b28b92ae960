// SPDX-License-Identifier: Apache-2.0
// GET POST /contacts, GET PATCH /contacts/{id}, GET /contacts/{id}/messages,
// POST /contacts/{id}/read, PATCH /contacts/{id}/conversation.
#include <charconv>
#include <nlohmann/json.hpp>

#include "api/api.hpp"
#include "event/json.hpp"
#include "journal/events.hpp"
#include "journal/identity.hpp"
#include "journal/people.hpp"
#include "storage/contacts.hpp"
#include "storage/messages.hpp"

namespace gardu::host {
namespace {

using nlohmann::json;

Origin origin_of(const Call& call) {
  return {"api", 0, std::string(call.request.headers.get("X-Socket-ID"))};
}

storage::Contact found(storage::Session& s, const Call& call) {
  auto c = storage::contacts::get(s, call.workspace(), call.param("id"));
  if (!c || !call.principal.sees_account(c->account_id)) throw ApiError::not_found();
  return *c;
}

std::int64_t number_of(const std::string& text) {
  std::int64_t n = 0;
  std::from_chars(text.data(), text.data() + text.size(), n);
  return n;
}

http::Response list(Call& call) {
  const Query query(call);
  storage::ContactQuery q;
  q.workspace_id = call.workspace();
  q.account_id = query.text("account_id");
  q.q = query.text("q");
  q.label = query.text("label");
  q.unread = query.flag("unread");
  q.archived = query.flag("archived");
  q.limit = query.limit() + 1;
  if (const auto place = query.cursor(2)) q.after = {number_of((*place)[0]), (*place)[1]};
  const auto rows =
      call.api.database.query([&](storage::Session& s) { return storage::contacts::list(s, q); });
  json data = json::array();
  std::vector<std::int64_t> at;
  for (const auto& c : rows) {
    if (!call.principal.sees_account(c.account_id)) continue;
    data.push_back(contact_json(c));
    at.push_back(c.last_message_at.value_or(0));
  }
  const auto cursor = [&](const json& last) {
    return make_cursor({std::to_string(at[static_cast<std::size_t>(query.limit()) - 1]),
                        last["id"].get<std::string>()});
  };
  return json_response(200, page(std::move(data), query.limit(), cursor));
}

http::Response create(Call& call) {
  const json body = call.body();
  Fields f(body);
  const auto account_id = f.text("account_id", 36, true);
  const auto address = f.text("address", 160, true);
  const auto name = f.text("name", 255);
  const auto peer = address ? parse_peer(*address) : std::nullopt;
  if (address && !peer) f.wrong("address", "neither a phone number nor an address of the provider");
  f.done();
  return create_once(call, [&](storage::Transaction& tx) {
    const auto account = storage::accounts::get(tx, call.workspace(), *account_id);
    if (!account || !call.principal.sees_account(account->id))
      throw ApiError::fields({{"account_id", "no such account"}});
    const std::vector<storage::ContactIdentity> identities{{peer->kind, peer->value}};
    if (!storage::contacts::find(tx, account->id, identities).empty())
      throw ApiError(409, "The account has a contact with this address.");
    Person p;
    p.identities = identities;
    p.address = peer->address;
    p.name = name.value_or("");
    p.is_group = peer->kind == "group";
    return json_response(201, contact_json(resolve_contact(tx, origin_of(call), *account, p)));
  });
}

http::Response get(Call& call) {
  return json_response(
      200,
      contact_json(call.api.database.query([&](storage::Session& s) { return found(s, call); })));
}

http::Response update(Call& call) {
  const json body = call.body();
  storage::Contact c;
  call.api.database.writer().run([&](storage::Transaction& tx) {
    c = found(tx, call);
    Fields f(body);
    if (auto v = f.text("name", 255)) c.name = v->empty() ? std::nullopt : v;
    if (f.is_null("name")) c.name.reset();
    if (auto v = f.object("custom_fields")) c.custom_fields = *v;
    if (auto v = f.strings("labels")) c.labels = *v;
    if (auto v = f.flag("archived")) c.archived = *v;
    if (auto v = f.flag("blocked")) c.blocked = *v;
    f.done();
    storage::contacts::update(tx, c);
    append_contact(tx, "contact.updated", origin_of(call), c);
  });
  return json_response(200, contact_json(c));
}

// Newest first; ?before= and ?after= take a message's id.
http::Response messages(Call& call) {
  const Query query(call);
  const auto rows = call.api.database.query([&](storage::Session& s) {
    const auto contact = found(s, call);
    storage::MessageQuery q;
    q.workspace_id = call.workspace();
    q.contact_id = contact.id;
    q.limit = query.limit() + 1;
    const auto place = [&](const char* name) -> decltype(q.before) {
      const auto id = query.text(name);
      if (!id) return std::nullopt;
      const auto m = storage::messages::get(s, call.workspace(), *id);
      if (!m || m->contact_id != contact.id)
        throw ApiError::fields({{name, "no such message in this conversation"}});
      return std::pair{m->created_at, m->id};
    };
    q.before = place("before");
    q.after = place("after");
    if (const auto c = query.cursor(2)) q.before = {number_of((*c)[0]), (*c)[1]};
    if (q.after && !q.before) q.limit = query.limit();
    return storage::messages::list(s, q);
  });
  json data = json::array();
  for (const auto& m : rows) data.push_back(message_json(m));
  const auto cursor = [&](const json& last) {
    return make_cursor(
        {std::to_string(rows[static_cast<std::size_t>(query.limit()) - 1].created_at),
         last["id"].get<std::string>()});
  };
  return json_response(200, page(std::move(data), query.limit(), cursor));
}

http::Response mark_read(Call& call) {
  storage::Contact c;
  call.api.database.writer().run([&](storage::Transaction& tx) {
    c = found(tx, call);
    if (!storage::contacts::mark_read(tx, call.workspace(), c.id)) return;
    c.unread = 0;
    append_conversation(tx, origin_of(call), c);
  });
  return json_response(200, contact_json(c));
}

http::Response conversation(Call& call) {
  const json body = call.body();
  storage::Contact c;
  call.api.database.writer().run([&](storage::Transaction& tx) {
    c = found(tx, call);
    Fields f(body);
    if (auto v = f.one_of("status", {"open", "pending", "closed"})) c.conversation_status = *v;
    if (auto v = f.text("assigned_to", 36)) c.assigned_to = v;
    if (f.is_null("assigned_to")) c.assigned_to.reset();
    if (auto v = f.flag("auto_reply")) c.auto_reply = *v;
    f.done();
    storage::contacts::update(tx, c);
    append_conversation(tx, origin_of(call), c);
  });
  return json_response(200, contact_json(c));
}

}  // namespace

void add_contact_routes(ApiRouter& router) {
  read_route(router, "/contacts", list);
  read_route(router, "/contacts/{id}", get);
  read_route(router, "/contacts/{id}/messages", messages);
  write_route(router, "POST", "/contacts", Role::agent, "manage", create);
  write_route(router, "PATCH", "/contacts/{id}", Role::agent, "manage", update);
  write_route(router, "POST", "/contacts/{id}/read", Role::agent, "manage", mark_read);
  write_route(router, "PATCH", "/contacts/{id}/conversation", Role::agent, "manage", conversation);
}

}  // namespace gardu::host
