// SPDX-License-Identifier: Apache-2.0
#include "journal/events.hpp"

#include <nlohmann/json.hpp>

#include "base/time.hpp"
#include "base/uuid.hpp"
#include "event/object_text.hpp"

namespace gardu::host {
namespace {

using nlohmann::json;

std::string text_of(const json& j) {
  return j.dump(-1, ' ', false, json::error_handler_t::replace);
}

storage::JournalEntry entry_of(std::string type, std::string workspace_id, const Origin& origin,
                               std::string data) {
  storage::JournalEntry e;
  e.id = uuid_v7();
  e.type = std::move(type);
  e.workspace_id = std::move(workspace_id);
  e.recorded_at = now_ms();
  e.occurred_at = origin.occurred_at == 0 ? e.recorded_at : origin.occurred_at;
  e.source = origin.source;
  e.origin_socket = origin.socket;
  e.data = std::move(data);
  return e;
}

storage::JournalEntry of_message(const char* type, const Origin& origin, const storage::Message& m,
                                 std::string data) {
  auto e = entry_of(type, m.workspace_id, origin, std::move(data));
  e.account_id = m.account_id;
  e.contact_id = m.contact_id;
  e.message_id = m.id;
  return e;
}

storage::JournalEntry of_contact(const char* type, const Origin& origin, const storage::Contact& c,
                                 std::string data) {
  auto e = entry_of(type, c.workspace_id, origin, std::move(data));
  e.account_id = c.account_id;
  e.contact_id = c.id;
  return e;
}

}  // namespace

storage::JournalEntry make_entry(std::string type, std::string workspace_id, const Origin& origin,
                                 const json& data) {
  return entry_of(std::move(type), std::move(workspace_id), origin, text_of(data));
}

std::int64_t append_message_event(storage::Transaction& tx, const char* type, const Origin& origin,
                                  const storage::Message& m, const storage::Contact& c) {
  auto e = of_message(type, origin, m,
                      "{\"contact\":" + contact_text(c) + ",\"message\":" + message_text(m) + "}");
  e.attachment = std::make_shared<const EventObjects>(EventObjects{m, c});
  return tx.append(std::move(e));
}

std::int64_t append_status(storage::Transaction& tx, const Origin& origin,
                           const storage::StatusChange& change) {
  const storage::Message& m = change.message;
  json data{{"message_id", m.id},
            {"provider_message_id", m.provider_message_id ? json(*m.provider_message_id) : json()},
            {"contact_id", m.contact_id},
            {"status", m.status},
            {"previous", change.previous},
            {"at", rfc3339_ms(origin.occurred_at == 0 ? now_ms() : origin.occurred_at)}};
  if (m.status == "failed" && m.error) data["error"] = json::parse(*m.error, nullptr, false);
  return tx.append(of_message("message.status.updated", origin, m, text_of(data)));
}

std::int64_t append_about(storage::Transaction& tx, const char* type, const Origin& origin,
                          const storage::Message& m, const json& data) {
  return tx.append(of_message(type, origin, m, text_of(data)));
}

std::int64_t append_contact(storage::Transaction& tx, const char* type, const Origin& origin,
                            const storage::Contact& c) {
  auto e = of_contact(type, origin, c, "{\"contact\":" + contact_text(c) + "}");
  e.attachment = std::make_shared<const EventObjects>(EventObjects{std::nullopt, c});
  return tx.append(std::move(e));
}

std::int64_t append_conversation(storage::Transaction& tx, const Origin& origin,
                                 const storage::Contact& c) {
  return tx.append(
      of_contact("conversation.updated", origin, c,
                 text_of({{"contact_id", c.id},
                          {"status", c.conversation_status},
                          {"assigned_to", c.assigned_to ? json(*c.assigned_to) : json()},
                          {"unread", c.unread},
                          {"auto_reply", c.auto_reply}})));
}

std::int64_t append_account_status(storage::Transaction& tx, const Origin& origin,
                                   const storage::Account& a) {
  json data{{"account_id", a.id}, {"status", a.status}};
  if (a.status_reason) data["reason"] = *a.status_reason;
  auto e = make_entry("account.status", a.workspace_id, origin, data);
  e.account_id = a.id;
  return tx.append(std::move(e));
}

}  // namespace gardu::host
