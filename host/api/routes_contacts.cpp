// SPDX-License-Identifier: Apache-2.0
// GET POST /contacts, GET PATCH /contacts/{id}, GET /contacts/{id}/messages,
// POST /contacts/{id}/read, POST /contacts/{id}/typing, PATCH /contacts/{id}/conversation.
#include <nlohmann/json.hpp>

#include "api/actions.hpp"
#include "api/api.hpp"
#include "event/json.hpp"
#include "event/object_text.hpp"
#include "journal/events.hpp"
#include "journal/identity.hpp"
#include "journal/people.hpp"
#include "storage/contacts.hpp"
#include "storage/messages.hpp"

namespace gardu::host {
namespace {

using nlohmann::json;

storage::Contact found(storage::Session& s, const Call& call) {
  auto c = storage::contacts::get(s, call.workspace(), call.id());
  if (!c || !call.principal.sees_account(c->account_id)) throw ApiError::not_found();
  return *c;
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
  q.after = query.cursor_place();
  const auto rows =
      call.api.database.query([&](storage::Session& s) { return storage::contacts::list(s, q); });
  const auto element = [&](std::size_t i) {
    return call.principal.sees_account(rows[i].account_id) ? contact_text(rows[i]) : std::string();
  };
  return page(rows.size(), query.limit(), element, [&](std::size_t i) {
    return make_cursor(rows[i].last_message_at.value_or(0), rows[i].id);
  });
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
  return text_response(
      200,
      contact_text(call.api.database.query([&](storage::Session& s) { return found(s, call); })));
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
    if (auto c = query.cursor_place()) q.before = std::move(c);
    if (q.after && !q.before) q.limit = query.limit();
    return storage::messages::list(s, q);
  });
  const auto element = [&](std::size_t i) { return message_text(rows[i]); };
  return page(rows.size(), query.limit(), element,
              [&](std::size_t i) { return make_cursor(rows[i].created_at, rows[i].id); });
}

// Tells the provider, too, whoever the contact's account is at; nobody waits for that.
void tell_provider(const Call& call, const storage::Contact& c, gardu_action_kind kind,
                   std::int64_t value) {
  std::optional<storage::Account> account;
  ActionRequest request;
  request.kind = kind;
  request.to = c.address;
  request.value = value;
  call.api.database.read([&](storage::Session& s) {
    account = storage::accounts::get(s, call.workspace(), c.account_id);
    storage::MessageQuery newest;
    newest.workspace_id = call.workspace();
    newest.contact_id = c.id;
    newest.direction = "inbound";
    newest.limit = 1;
    for (const auto& m : storage::messages::list(s, newest))
      request.target = m.provider_message_id.value_or("");
  });
  if (account) act_aside(call, *account, std::move(request));
}

http::Response mark_read(Call& call) {
  storage::Contact c;
  bool was_unread = false;
  call.api.database.writer().run([&](storage::Transaction& tx) {
    c = found(tx, call);
    was_unread = storage::contacts::mark_read(tx, call.workspace(), c.id);
    if (!was_unread) return;
    c.unread = 0;
    append_conversation(tx, origin_of(call), c);
  });
  if (was_unread) tell_provider(call, c, GARDU_ACTION_MARK_READ, 0);
  return json_response(200, contact_json(c));
}

// 202: shown to the contact where the transport can, and to everybody who looks at the
// conversation.
http::Response typing(Call& call) {
  const json body = call.optional_body();
  Fields f(body);
  f.only({"typing", "kind"});
  const bool on = f.flag("typing").value_or(true);
  const auto kind = f.one_of("kind", {"typing", "recording"}).value_or("typing");
  f.done();
  const auto c = call.api.database.query([&](storage::Session& s) { return found(s, call); });
  const json data = {{"contact_id", c.id}, {"by", author_of(call.principal)}, {"kind", kind}};
  auto entry =
      make_entry(on ? "typing.started" : "typing.stopped", call.workspace(), origin_of(call), data);
  entry.account_id = c.account_id;
  entry.contact_id = c.id;
  call.api.transports.raise(std::move(entry));
  tell_provider(call, c, GARDU_ACTION_TYPING, on ? 1 : 0);
  return json_response(202, {{"contact_id", c.id}, {"typing", on}, {"kind", kind}});
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
  write_route(router, "POST", "/contacts/{id}/typing", Role::agent, "send", typing);
  write_route(router, "PATCH", "/contacts/{id}/conversation", Role::agent, "manage", conversation);
}

}  // namespace gardu::host
