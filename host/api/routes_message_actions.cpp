// SPDX-License-Identifier: Apache-2.0
// PATCH DELETE /messages/{id}, POST /messages/{id}/reactions: done at the provider first, then
// stored and journaled. POST /messages/{id}/retry.
#include <nlohmann/json.hpp>

#include "api/actions.hpp"
#include "api/api.hpp"
#include "base/time.hpp"
#include "event/json.hpp"
#include "journal/events.hpp"
#include "outbox/person.hpp"
#include "storage/contacts.hpp"
#include "storage/messages.hpp"

namespace gardu::host {
namespace {

using nlohmann::json;

// A message, and what an action needs to say about it.
struct Subject {
  storage::Message message;
  storage::Account account;
  ActionRequest request;
};

Subject subject(const Call& call, gardu_action_kind kind) {
  Subject out;
  call.api.database.read([&](storage::Session& s) {
    const auto m = storage::messages::get(s, call.workspace(), call.id());
    if (!m || !call.principal.sees_account(m->account_id)) throw ApiError::not_found();
    out.message = *m;
    const auto account = storage::accounts::get(s, call.workspace(), m->account_id);
    const auto contact = storage::contacts::get(s, call.workspace(), m->contact_id);
    if (!account || !contact) throw ApiError::not_found();
    out.account = *account;
    out.request.to = contact->address;
  });
  const storage::Message& m = out.message;
  if (m.deleted_at) throw ApiError(409, "The message was deleted.");
  if (!m.provider_message_id)
    throw ApiError(409, "The message is not at the provider: its status is " + m.status + ".");
  out.request.kind = kind;
  out.request.target = *m.provider_message_id;
  return out;
}

void check_own(const Subject& s) {
  if (s.message.direction != "outbound")
    throw ApiError(409, "Only a message that was sent from here can be changed.");
}

// 200 with the message.
void edit(Call& call, const AnswerLater& later) {
  const json body = call.body();
  Fields f(body);
  f.only({"text"});
  const auto text = f.text("text", 65'536, true);
  f.done();
  Subject s = subject(call, GARDU_ACTION_EDIT);
  check_own(s);
  if (!s.message.text) throw ApiError(409, "The message has no text.");
  s.request.text = *text;
  act(call, s.account, std::move(s.request), later,
      [&api = call.api, origin = origin_of(call), was = s.message, text = *text](const json&) {
        storage::Message now;
        api.database.writer().run([&](storage::Transaction& tx) {
          storage::messages::set_edited(tx, was, text, now_ms());
          const auto m = storage::messages::get(tx, was.workspace_id, was.id);
          const auto contact = storage::contacts::get(tx, was.workspace_id, was.contact_id);
          if (!m || !contact) throw ApiError::not_found();
          now = *m;
          append_message_event(tx, "message.updated", origin, *m, *contact);
        });
        return json_response(200, message_json(now));
      });
}

// 204.
void revoke(Call& call, const AnswerLater& later) {
  Subject s = subject(call, GARDU_ACTION_REVOKE);
  check_own(s);
  act(call, s.account, std::move(s.request), later,
      [&api = call.api, origin = origin_of(call), was = s.message,
       by = author_of(call.principal)](const json&) {
        api.database.writer().run([&](storage::Transaction& tx) {
          const auto m = storage::messages::get(tx, was.workspace_id, was.id);
          if (!m || m->deleted_at) return;  // the provider's echo was quicker
          storage::messages::set_deleted(tx, *m, now_ms());
          append_about(tx, "message.deleted", origin, *m, {{"message_id", m->id}, {"by", by}});
        });
        return http::Response::empty(204);
      });
}

// 201 with the reaction; an empty emoji takes it back.
void react(Call& call, const AnswerLater& later) {
  const json body = call.body();
  Fields f(body);
  f.only({"emoji"});
  const auto emoji = f.text("emoji", 64);
  if (!f.has("emoji")) f.wrong("emoji", "is required");
  f.done();
  Subject s = subject(call, GARDU_ACTION_REACT);
  s.request.text = *emoji;
  act(call, s.account, std::move(s.request), later,
      [&api = call.api, origin = origin_of(call), m = s.message, emoji = *emoji,
       by = author_of(call.principal)](const json&) {
        const json data = {{"message_id", m.id}, {"emoji", emoji}, {"by", by}};
        api.database.writer().run([&](storage::Transaction& tx) {
          append_about(tx, "message.reaction", origin, m, data);
        });
        return json_response(201, data);
      });
}

// 202 with the message, pending.
http::Response retry(Call& call) {
  storage::Message m;
  call.api.database.writer().run([&](storage::Transaction& tx) {
    const auto found = [&] {
      auto one = storage::messages::get(tx, call.workspace(), call.id());
      if (!one || !call.principal.sees_account(one->account_id)) throw ApiError::not_found();
      return *one;
    };
    m = found();
    if (!retry_message(tx, origin_of(call), m))
      throw ApiError(
          409, "The message has neither failed nor is it held: its status is " + m.status + ".");
    m = found();
  });
  call.api.transports.outbox_changed();
  return json_response(202, message_json(m));
}

}  // namespace

void add_message_action_routes(ApiRouter& router) {
  action_route(router, "PATCH", "/messages/{id}", Role::agent, "send", edit);
  action_route(router, "DELETE", "/messages/{id}", Role::agent, "send", revoke);
  action_route(router, "POST", "/messages/{id}/reactions", Role::agent, "send", react);
  write_route(router, "POST", "/messages/{id}/retry", Role::agent, "send", retry);
}

}  // namespace gardu::host
