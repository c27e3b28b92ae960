// SPDX-License-Identifier: Apache-2.0
// POST /messages, GET /messages, GET /messages/{id}, GET /messages/{id}/timeline.
#include <nlohmann/json.hpp>

#include "api/api.hpp"
#include "event/json.hpp"
#include "event/object_text.hpp"
#include "event/types.hpp"
#include "storage/contacts.hpp"
#include "storage/journal.hpp"
#include "storage/messages.hpp"

namespace gardu::host {
namespace {

using nlohmann::json;

// The type's own object stands in the body under its name, as it does in a message.
constexpr const char* kParts[] = {"media",    "location", "contacts", "interactive",
                                  "template", "reaction", "poll"};

std::string content_of(const json& body, Fields& f) {
  json content = json::object();
  for (const char* part : kParts) {
    if (!f.has(part)) continue;
    if (body[part].is_object() || (std::string_view(part) == "contacts" && body[part].is_array())) {
      content[part] = body[part];
    } else {
      f.wrong(part, std::string_view(part) == "contacts" ? "must be a list" : "must be an object");
    }
  }
  return content.empty() ? "" : content.dump();
}

SendCommand command_of(const Call& call, const json& body) {
  Fields f(body);
  f.only({"contact_id", "account_id", "to", "type", "text", "media", "location", "contacts",
          "interactive", "template", "reaction", "poll", "reply_to", "priority", "scheduled_at",
          "client_ref", "metadata"});
  SendCommand c;
  c.workspace_id = call.workspace();
  c.contact_id = f.text("contact_id", 36).value_or("");
  c.account_id = f.text("account_id", 36).value_or("");
  c.to = f.text("to", 160).value_or("");
  c.type = f.text("type", 20).value_or("text");
  c.text = f.text("text", 65'536).value_or("");
  c.content = content_of(body, f);
  c.metadata = f.object("metadata").value_or("");
  c.client_ref = f.text("client_ref", 255).value_or("");
  c.priority = f.text("priority", 10).value_or("normal");
  c.scheduled_at = f.time("scheduled_at").value_or(0);
  if (f.has("reply_to")) {
    const json& quoted = body["reply_to"];
    if (quoted.is_string()) {
      c.reply_to = quoted.get<std::string>();
    } else if (quoted.is_object() && quoted.contains("message_id") &&
               quoted["message_id"].is_string()) {
      c.reply_to = quoted["message_id"].get<std::string>();
    } else {
      f.wrong("reply_to", "must be a message's id, or an object with message_id");
    }
  }
  f.done();
  const Principal& p = call.principal;
  c.sent_by_kind = p.user_id.empty() ? "api" : "user";
  c.sent_by_id = p.user_id.empty() ? p.token_id : p.user_id;
  c.sent_by_name = p.name;
  c.origin_socket = call.socket_id();
  return c;
}

void check_rates(Call& call) {
  const auto& l = call.api.limits;
  const auto second =
      call.rates.take("send-s/" + call.workspace(), l.sends_per_second, std::chrono::seconds(1));
  if (!second.allowed)
    throw ApiError(429, "The workspace's sends of this second are used up.").retry_after(1);
  const auto day =
      call.rates.take("send-d/" + call.workspace(), l.sends_per_day, std::chrono::hours(24));
  if (!day.allowed)
    throw ApiError(429, "The workspace's sends of this day are used up.")
        .retry_after(static_cast<int>(day.reset_s));
}

// What a token that is narrowed to some accounts does not see is not there for it.
void check_account(const Call& call, storage::Transaction& tx, const SendCommand& c) {
  if (!call.principal.accounts) return;
  if (c.contact_id.empty()) {
    if (!call.principal.sees_account(c.account_id))
      throw ApiError::fields({{"account_id", "no such account"}});
    return;
  }
  const auto contact = storage::contacts::get(tx, call.workspace(), c.contact_id);
  if (!contact || !call.principal.sees_account(contact->account_id))
    throw ApiError::fields({{"contact_id", "no such contact"}});
}

// 202 with the message, pending.
http::Response send(Call& call) {
  const json body = call.body();
  const SendCommand command = command_of(call, body);
  if (auto errors = check_send(command); !errors.empty()) throw ApiError::fields(std::move(errors));
  return create_once(call, [&](storage::Transaction& tx) {
    check_account(call, tx, command);
    // Counted here, so that a repeated request costs nothing.
    check_rates(call);
    auto accepted = accept_message(tx, command);
    if (!accepted.message) throw ApiError::fields(std::move(accepted.errors));
    return json_response(202, message_json(*accepted.message));
  });
}

storage::Message found(storage::Session& s, const Call& call) {
  auto m = storage::messages::get(s, call.workspace(), call.id());
  if (!m || !call.principal.sees_account(m->account_id)) throw ApiError::not_found();
  return *m;
}

http::Response get(Call& call) {
  return text_response(
      200,
      message_text(call.api.database.query([&](storage::Session& s) { return found(s, call); })));
}

http::Response list(Call& call) {
  const Query query(call);
  storage::MessageQuery q;
  q.workspace_id = call.workspace();
  q.account_id = query.text("account_id");
  q.contact_id = query.text("contact_id");
  q.direction = query.one_of("direction", {"inbound", "outbound"});
  q.type = query.text("type");
  if (q.type && !message_type(*q.type))
    throw ApiError::fields({{"type", "not a type of messages"}});
  q.status = query.text("status");
  if (q.status && !message_status(*q.status))
    throw ApiError::fields({{"status", "not a status of messages"}});
  q.q = query.text("q");
  q.since = query.time("since");
  q.until = query.time("until");
  q.limit = query.limit() + 1;
  q.before = query.cursor_place();
  const auto rows =
      call.api.database.query([&](storage::Session& s) { return storage::messages::list(s, q); });
  const auto element = [&](std::size_t i) {
    return call.principal.sees_account(rows[i].account_id) ? message_text(rows[i]) : std::string();
  };
  return page(rows.size(), query.limit(), element,
              [&](std::size_t i) { return make_cursor(rows[i].created_at, rows[i].id); });
}

http::Response timeline(Call& call) {
  const auto rows = call.api.database.query([&](storage::Session& s) {
    return storage::journal::of_message(s, call.workspace(), found(s, call).id);
  });
  const auto element = [&](std::size_t i) { return event_text(rows[i]); };
  return page(rows.size(), static_cast<int>(rows.size()), element,
              [](std::size_t) { return std::string(); });
}

}  // namespace

void add_message_routes(ApiRouter& router) {
  read_route(router, "/messages", list);
  read_route(router, "/messages/{id}", get);
  read_route(router, "/messages/{id}/timeline", timeline);
  write_route(router, "POST", "/messages", Role::agent, "send", send);
}

}  // namespace gardu::host
