// SPDX-License-Identifier: Apache-2.0
// How a message's row is read.
#pragma once
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "session.hpp"
#include "storage/messages.hpp"

namespace gardu::storage {

inline const std::string kMessageSelection =
    "select id, workspace_id, account_id, contact_id, client_ref, provider_message_id, raw_id, "
    "direction, chat_type, type, sender, text, content, reply_to_message_id, reply_to_provider_id, "
    "forwarded, status, priority, error, sent_by, metadata, created_at, sent_at, delivered_at, "
    "read_at, played_at, failed_at, edited_at, deleted_at, occurred_at ";
inline const std::string kSelectMessage = kMessageSelection + "from messages where ";
inline constexpr std::string_view kMessageColumns = "sssssssssssssssisssssiiiiiiiii";

inline Message message_of(Row& r) {
  Message m;
  m.id = r.text();
  m.workspace_id = r.text();
  m.account_id = r.text();
  m.contact_id = r.text();
  m.client_ref = r.maybe_text();
  m.provider_message_id = r.maybe_text();
  m.raw_id = r.maybe_text();
  m.direction = r.text();
  m.chat_type = r.text();
  m.type = r.text();
  m.sender = r.maybe_text();
  m.text = r.maybe_text();
  m.content = r.maybe_text();
  m.reply_to_message_id = r.maybe_text();
  m.reply_to_provider_id = r.maybe_text();
  m.forwarded = r.flag();
  m.status = r.text();
  m.priority = r.text();
  m.error = r.maybe_text();
  m.sent_by = r.maybe_text();
  m.metadata = r.maybe_text();
  m.created_at = r.integer();
  m.sent_at = r.maybe_integer();
  m.delivered_at = r.maybe_integer();
  m.read_at = r.maybe_integer();
  m.played_at = r.maybe_integer();
  m.failed_at = r.maybe_integer();
  m.edited_at = r.maybe_integer();
  m.deleted_at = r.maybe_integer();
  m.occurred_at = r.maybe_integer();
  return m;
}

template <class... V>
std::optional<Message> one_message(Session& s, const std::string& condition, const V&... values) {
  std::optional<Message> out;
  each(
      s, kSelectMessage + condition, kMessageColumns, [&](Row& r) { out = message_of(r); },
      values...);
  return out;
}

}  // namespace gardu::storage
