// SPDX-License-Identifier: Apache-2.0
#include "outbox/accept.hpp"

#include <nlohmann/json.hpp>

#include "base/time.hpp"
#include "base/utf8.hpp"
#include "base/uuid.hpp"
#include "event/types.hpp"
#include "journal/events.hpp"
#include "journal/identity.hpp"
#include "journal/people.hpp"
#include "storage/accounts.hpp"
#include "storage/outbox.hpp"

namespace gardu::host {
namespace {

using nlohmann::json;

constexpr std::size_t kTextLimit = 65'536, kObjectLimit = 65'536, kRefLimit = 255;

std::optional<std::string> maybe(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

bool is_object(const std::string& text) { return json::parse(text, nullptr, false).is_object(); }

// What each type cannot do without: a member of `content`, or the text.
const char* required_part(const std::string& type) {
  if (type == "text") return "text";
  if (type == "image" || type == "video" || type == "audio" || type == "voice" ||
      type == "document" || type == "sticker")
    return "media";
  for (const char* same : {"location", "contacts", "interactive", "template", "reaction", "poll"})
    if (type == same) return same;
  return nullptr;
}

struct Target {
  std::optional<storage::Contact> contact;
  std::optional<storage::Account> account;
};

Target find_target(storage::Transaction& tx, const SendCommand& c, const Origin& origin,
                   std::vector<FieldError>& errors) {
  Target t;
  if (!c.contact_id.empty()) {
    t.contact = storage::contacts::get(tx, c.workspace_id, c.contact_id);
    if (!t.contact) errors.push_back({"contact_id", "no such contact"});
    if (t.contact) t.account = storage::accounts::get(tx, c.workspace_id, t.contact->account_id);
    return t;
  }
  t.account = storage::accounts::get(tx, c.workspace_id, c.account_id);
  if (!t.account) {
    errors.push_back({"account_id", "no such account"});
    return t;
  }
  const auto peer = parse_peer(c.to);
  if (!peer) {
    errors.push_back({"to", "neither a phone number nor an address of the provider"});
    return t;
  }
  Person person;
  person.identities.push_back({peer->kind, peer->value});
  person.address = peer->address;
  person.is_group = peer->kind == "group";
  // A contact that is known keeps the address that its provider gave it.
  auto known = storage::contacts::find(tx, t.account->id, person.identities);
  t.contact = known.empty() ? resolve_contact(tx, origin, *t.account, person) : known.front();
  return t;
}

}  // namespace

std::vector<FieldError> check_send(const SendCommand& c) {
  std::vector<FieldError> errors;
  if (c.contact_id.empty() && (c.account_id.empty() || c.to.empty()))
    errors.push_back({"contact_id", "give contact_id, or account_id and to"});
  if (!message_type(c.type)) errors.push_back({"type", "not a type of messages"});
  if (!priority(c.priority)) errors.push_back({"priority", "must be urgent, high, normal or low"});
  if (c.text.size() > kTextLimit) errors.push_back({"text", "is longer than 65536 bytes"});
  if (c.client_ref.size() > kRefLimit) errors.push_back({"client_ref", "is longer than 255 bytes"});
  const auto check_object = [&](const char* field, const std::string& text) {
    if (text.empty()) return;
    if (text.size() > kObjectLimit) {
      errors.push_back({field, "is longer than 65536 bytes"});
    } else if (!is_object(text)) {
      errors.push_back({field, "must be an object"});
    }
  };
  check_object("content", c.content);
  check_object("metadata", c.metadata);
  const std::pair<const char*, const std::string*> texts[] = {{"text", &c.text},
                                                              {"to", &c.to},
                                                              {"client_ref", &c.client_ref},
                                                              {"content", &c.content},
                                                              {"metadata", &c.metadata}};
  for (const auto& [field, value] : texts)
    if (!storable(*value)) errors.push_back({field, "holds NUL or is no valid UTF-8"});
  if (!errors.empty()) return errors;
  const char* part = required_part(c.type);
  if (part == nullptr) {
    errors.push_back({"type", "messages of this type cannot be sent"});
  } else if (std::string_view(part) == "text") {
    if (c.text.empty()) errors.push_back({"text", "is required"});
  } else if (c.content.empty() || !json::parse(c.content).contains(part)) {
    errors.push_back({part, "is required"});
  }
  return errors;
}

AcceptResult accept_message(storage::Transaction& tx, const SendCommand& c) {
  AcceptResult result;
  result.errors = check_send(c);
  if (!result.errors.empty()) return result;
  const std::int64_t now = now_ms();
  const Origin origin{c.source, now, c.origin_socket};
  const Target target = find_target(tx, c, origin, result.errors);
  if (!result.errors.empty()) return result;
  storage::Contact contact = *target.contact;
  if (contact.blocked) {
    result.errors.push_back({"contact_id", "the contact is blocked"});
    return result;
  }

  storage::Message m;
  m.id = c.message_id.empty() ? uuid_v7() : c.message_id;
  m.workspace_id = c.workspace_id;
  m.account_id = contact.account_id;
  m.contact_id = contact.id;
  m.client_ref = maybe(c.client_ref);
  m.direction = "outbound";
  m.chat_type = contact.is_group ? "group" : "private";
  m.type = c.type;
  m.text = maybe(c.text);
  m.content = maybe(c.content);
  m.metadata = maybe(c.metadata);
  m.status = "pending";
  m.priority = c.priority;
  json sent_by{{"kind", c.sent_by_kind}};
  if (!c.sent_by_id.empty()) sent_by["id"] = c.sent_by_id;
  if (!c.sent_by_name.empty()) sent_by["name"] = c.sent_by_name;
  m.sent_by = sent_by.dump();
  m.created_at = now;
  if (!c.reply_to.empty()) {
    const auto quoted = storage::messages::get(tx, c.workspace_id, c.reply_to);
    if (!quoted || quoted->contact_id != contact.id) {
      result.errors.push_back({"reply_to", "no such message in this conversation"});
      return result;
    }
    m.reply_to_message_id = quoted->id;
    m.reply_to_provider_id = quoted->provider_message_id;
  }
  storage::messages::insert(tx, m);
  storage::contacts::on_message(tx, contact, now, m.id, false);
  contact.last_message_at = std::max(contact.last_message_at.value_or(0), now);

  storage::OutboxEntry entry;
  entry.message_id = m.id;
  entry.workspace_id = m.workspace_id;
  entry.account_id = m.account_id;
  entry.contact_id = m.contact_id;
  entry.lane = m.account_id + "/" + m.contact_id;
  entry.priority = static_cast<int>(priority(m.priority).value_or(GARDU_PRIORITY_NORMAL));
  entry.not_before = std::max(now, c.scheduled_at);
  entry.created_at = now;
  storage::outbox::enqueue(tx, entry);
  append_message_event(tx, "message.sent", origin, m, contact);
  result.message = std::move(m);
  return result;
}

}  // namespace gardu::host
