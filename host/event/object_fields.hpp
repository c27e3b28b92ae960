// SPDX-License-Identifier: Apache-2.0
//
// What the objects of the vocabulary hold, said once for both of their forms: a sink is given each
// field under its name, and makes a JSON value or its text of them.
#pragma once
#include <array>
#include <nlohmann/json.hpp>

#include "storage/contacts.hpp"
#include "storage/messages.hpp"

namespace gardu::host {

// What a message's `content` may hold, each under its own name in the object.
inline constexpr std::array kContentKeys{"media",  "location", "contacts", "interactive",
                                         "button", "template", "reaction", "order",
                                         "poll",   "system"};

template <class Sink>
void put_content(Sink& s, const storage::Message& m) {
  if (!m.content) return;
  const auto content = nlohmann::json::parse(*m.content, nullptr, false);
  if (!content.is_object()) return;
  for (const char* key : kContentKeys)
    if (const auto it = content.find(key); it != content.end()) s.value(key, *it);
}

template <class Sink>
void put_message(Sink& s, const storage::Message& m) {
  s.text("id", m.id);
  s.text("workspace_id", m.workspace_id);
  s.text("account_id", m.account_id);
  s.text("contact_id", m.contact_id);
  s.maybe_text("client_ref", m.client_ref);
  s.maybe_text("provider_message_id", m.provider_message_id);
  s.text("direction", m.direction);
  s.text("chat_type", m.chat_type);
  s.text("type", m.type);
  s.flag("forwarded", m.forwarded);
  s.text("status", m.status);
  s.text("priority", m.priority);
  s.json_text("sent_by", m.sent_by, "{}");
  s.json_text("metadata", m.metadata, "{}");
  s.time("created_at", m.created_at);
  s.time("sent_at", m.sent_at);
  s.time("delivered_at", m.delivered_at);
  s.time("read_at", m.read_at);
  if (m.sender) s.json_text("sender", m.sender, "{}");
  if (m.text) s.text("text", *m.text);
  put_content(s, m);
  if (m.reply_to_message_id || m.reply_to_provider_id)
    s.object("reply_to", [&](Sink& o) {
      o.maybe_text("message_id", m.reply_to_message_id);
      o.maybe_text("provider_message_id", m.reply_to_provider_id);
    });
  if (m.error) s.json_text("error", m.error, "{}");
  if (m.edited_at) s.time("edited_at", m.edited_at);
  if (m.deleted_at) s.time("deleted_at", m.deleted_at);
}

template <class Sink>
void put_contact(Sink& s, const storage::Contact& c) {
  s.text("id", c.id);
  s.text("account_id", c.account_id);
  s.text("address", c.address);
  s.maybe_text("phone", c.phone);
  s.list("identities", c.identities, [](Sink& o, const storage::ContactIdentity& id) {
    o.text("kind", id.kind);
    o.text("value", id.value);
  });
  s.maybe_text("name", c.name);
  s.flag("is_group", c.is_group);
  s.json_text("labels", c.labels, "[]");
  s.json_text("custom_fields", c.custom_fields, "{}");
  s.time("last_message_at", c.last_message_at);
  s.flag("online", false);
  s.number("unread", c.unread);
  s.flag("archived", c.archived);
  s.flag("blocked", c.blocked);
  s.object("conversation", [&](Sink& o) {
    o.text("status", c.conversation_status);
    o.maybe_text("assigned_to", c.assigned_to);
    o.flag("auto_reply", c.auto_reply);
  });
  if (c.profile_picture_url) s.text("profile_picture_url", *c.profile_picture_url);
}

}  // namespace gardu::host
