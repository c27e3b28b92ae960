// SPDX-License-Identifier: Apache-2.0
//
// For events.hpp: how they are made, and their data as JSON.
#pragma once
#include <array>
#include <initializer_list>

#include "../events.hpp"

namespace gardu::testing {
namespace detail {

inline std::string json_text(std::string_view s) {
  std::string out = "\"";
  for (const char c : s) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += "\\u00";
      out += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4U];
      out += "0123456789abcdef"[static_cast<unsigned char>(c) & 0xFU];
    } else {
      out += c;
    }
  }
  return out + '"';
}
struct JsonText {
  std::string_view name, text;
};
// {"name":"text",…}; what is empty is left out.
inline std::string json_object(std::initializer_list<JsonText> texts, std::string_view more = {}) {
  std::string out = "{";
  for (const auto& [name, text] : texts) {
    if (text.empty()) continue;
    if (out.size() > 1) out += ',';
    out.append(json_text(name)).append(":").append(json_text(text));
  }
  if (!more.empty()) out.append(out.size() > 1 ? "," : "").append(more);
  return out + '}';
}
template <size_t N>
std::string_view name_in(const std::array<std::string_view, N>& names, uint32_t i) {
  return i < N ? names[i] : "unsupported";
}
inline std::string json_of(const FakeMessage& m) {
  static constexpr std::array<std::string_view, 17> kTypes{
      "unsupported", "text",     "image",    "video",    "audio",       "voice",
      "document",    "sticker",  "location", "contacts", "interactive", "button",
      "template",    "reaction", "order",    "poll",     "system"};
  static constexpr std::array<std::string_view, 7> kStatuses{
      "pending", "sent", "delivered", "read", "played", "failed", "received"};
  static constexpr std::array<std::string_view, 4> kPriorities{"urgent", "high", "normal", "low"};
  std::string more = std::string("\"forwarded\":") + (m.forwarded != 0 ? "true" : "false");
  more += ",\"sent_by\":" + json_object({{"kind", m.sent_by_kind}, {"id", m.sent_by_id}});
  more += ",\"metadata\":" + (m.metadata.empty() ? std::string("{}") : m.metadata);
  if (!m.content.empty()) more += ",\"content\":" + m.content;
  return json_object({{"id", m.id},
                      {"workspace_id", m.workspace_id},
                      {"account_id", m.account_id},
                      {"contact_id", m.contact_id},
                      {"client_ref", m.client_ref},
                      {"provider_message_id", m.provider_message_id},
                      {"direction", m.direction == GARDU_INBOUND ? "inbound" : "outbound"},
                      {"chat_type", m.chat_type == GARDU_CHAT_GROUP ? "group" : "private"},
                      {"type", name_in(kTypes, m.type)},
                      {"text", m.text},
                      {"status", name_in(kStatuses, m.status)},
                      {"priority", name_in(kPriorities, m.priority)},
                      {"reply_to_message_id", m.reply_to_message_id}},
                     more);
}
inline std::string json_of(const FakeContact& c) {
  return json_object({{"id", c.id},
                      {"account_id", c.account_id},
                      {"address", c.address},
                      {"phone", c.phone},
                      {"name", c.name}},
                     c.is_group != 0 ? "\"is_group\":true" : "\"is_group\":false");
}

inline FakeEvent with_contact(gardu_event_type type, std::string_view address,
                              std::string_view name = "Ayu") {
  FakeEvent e;
  e.type = type;
  e.contact = fake_contact(address, name);
  e.contact_id = e.contact->id;
  return e;
}
inline FakeEvent about_contact(gardu_event_type type, std::string_view address, std::string data) {
  FakeEvent e;
  e.type = type;
  e.contact_id = fake_contact(address).id;
  e.data = std::move(data);
  return e;
}
// An event of a message has it, with its contact.
inline FakeEvent with_message(gardu_event_type type, FakeMessage message,
                              std::string_view address) {
  FakeEvent e = with_contact(type, address);
  if (message.contact_id.empty()) message.contact_id = e.contact_id;
  e.contact->id = e.contact_id = message.contact_id;
  e.workspace_id = message.workspace_id;
  e.account_id = e.contact->account_id = message.account_id;
  e.message = std::move(message);
  return e;
}

}  // namespace detail

inline std::string fake_id(std::string_view kind, std::string_view of) {
  const auto fnv = [](std::string_view s, uint64_t h) {
    for (const char c : s) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    return h;
  };
  const uint64_t high = fnv(of, fnv(kind, 0xcbf29ce484222325U));
  const uint64_t low = fnv(kind, fnv(of, high));
  std::string hex;
  for (const uint64_t word : {high, low})
    for (int shift = 60; shift >= 0; shift -= 4) hex += "0123456789abcdef"[(word >> shift) & 0xFU];
  hex[12] = '7';  // as the gateway's own: version 7, variant 10
  hex[16] = '8';
  return hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-" + hex.substr(12, 4) + "-" +
         hex.substr(16, 4) + "-" + hex.substr(20);
}

inline FakeContact fake_contact(std::string_view address, std::string_view name) {
  FakeContact c;
  c.id = fake_id("contact", address);
  c.address = address;
  c.phone = address.starts_with('+') ? address : std::string_view{};
  c.name = name;
  return c;
}

inline FakeEvent message_received(FakeMessage message, std::string_view from) {
  return detail::with_message(GARDU_EVENT_MESSAGE_RECEIVED, std::move(message), from);
}
inline FakeEvent message_received(std::string_view text, std::string_view from) {
  FakeMessage m;
  m.text = text;
  return message_received(std::move(m), from);
}
inline FakeEvent message_sent(std::string_view text, std::string_view to) {
  FakeMessage m;
  m.text = text;
  m.direction = GARDU_OUTBOUND;
  m.status = GARDU_STATUS_PENDING;
  m.sent_by_kind = "api";
  return detail::with_message(GARDU_EVENT_MESSAGE_SENT, std::move(m), to);
}
inline FakeEvent message_status(std::string_view message_id, gardu_message_status status) {
  static constexpr std::array<std::string_view, 7> kNames{"pending", "sent",   "delivered", "read",
                                                          "played",  "failed", "received"};
  return detail::about_contact(GARDU_EVENT_MESSAGE_STATUS_UPDATED, kPhone,
                               detail::json_object({{"message_id", message_id},
                                                    {"contact_id", fake_contact().id},
                                                    {"status", detail::name_in(kNames, status)},
                                                    {"previous", "pending"}}));
}
inline FakeEvent message_updated(std::string_view message_id, std::string_view new_text) {
  FakeMessage m;
  m.id = message_id;
  m.text = new_text;
  return detail::with_message(GARDU_EVENT_MESSAGE_UPDATED, std::move(m), kPhone);
}
inline FakeEvent message_deleted(std::string_view message_id) {
  return detail::about_contact(
      GARDU_EVENT_MESSAGE_DELETED, kPhone,
      detail::json_object({{"message_id", message_id}, {"contact_id", fake_contact().id}}));
}
inline FakeEvent message_reaction(std::string_view message_id, std::string_view emoji) {
  return detail::about_contact(
      GARDU_EVENT_MESSAGE_REACTION, kPhone,
      detail::json_object({{"message_id", message_id}, {"contact_id", fake_contact().id}},
                          "\"emoji\":" + detail::json_text(emoji)));
}
inline FakeEvent typing(bool started, std::string_view from) {
  FakeEvent e = detail::about_contact(
      started ? GARDU_EVENT_TYPING_STARTED : GARDU_EVENT_TYPING_STOPPED, from,
      detail::json_object({{"contact_id", fake_contact(from).id}, {"kind", "typing"}}));
  e.flags = GARDU_EVENT_EPHEMERAL;
  return e;
}
inline FakeEvent contact_presence(bool online, std::string_view of) {
  FakeEvent e =
      detail::about_contact(GARDU_EVENT_CONTACT_PRESENCE, of,
                            detail::json_object({{"contact_id", fake_contact(of).id}},
                                                online ? "\"online\":true" : "\"online\":false"));
  e.flags = GARDU_EVENT_EPHEMERAL;
  return e;
}
inline FakeEvent contact_created(std::string_view address, std::string_view name) {
  return detail::with_contact(GARDU_EVENT_CONTACT_CREATED, address, name);
}
inline FakeEvent contact_updated(std::string_view address, std::string_view name) {
  return detail::with_contact(GARDU_EVENT_CONTACT_UPDATED, address, name);
}
inline FakeEvent conversation_updated(std::string_view data, std::string_view of) {
  return detail::about_contact(GARDU_EVENT_CONVERSATION_UPDATED, of, std::string(data));
}
inline FakeEvent account_status(std::string_view status) {
  return event_of(GARDU_EVENT_ACCOUNT_STATUS,
                  detail::json_object({{"account_id", kAccount}, {"status", status}}));
}
inline FakeEvent event_of(gardu_event_type type, std::string_view data) {
  FakeEvent e;
  e.type = type;
  e.data = data;
  return e;
}
inline FakeEvent own_event(std::string_view type_name, std::string_view data) {
  FakeEvent e = event_of(GARDU_EVENT_OTHER, data);
  e.type_name = type_name;
  return e;
}
inline FakeEvent unknown_event(uint32_t number) {
  FakeEvent e;
  e.type = number;
  return e;
}

inline std::string event_type_name(uint32_t type) {
  static constexpr std::array<std::string_view, 19> kNames{
      "other.event",          "message.received", "message.sent",     "message.status.updated",
      "message.updated",      "message.deleted",  "message.reaction", "typing.started",
      "typing.stopped",       "contact.created",  "contact.updated",  "contact.presence",
      "conversation.updated", "account.status",   "account.qr",       "account.health",
      "template.status",      "call.received",    "plugin.status"};
  return type < kNames.size() ? std::string(kNames[type]) : "later." + std::to_string(type);
}

}  // namespace gardu::testing
