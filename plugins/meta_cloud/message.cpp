// SPDX-License-Identifier: Apache-2.0
//
// An element of messages[] as a publication.
#include <nlohmann/json.hpp>

#include "change.hpp"
#include "content.hpp"
#include "peer.hpp"
#include "signature.hpp"

namespace gardu::meta_cloud {
namespace {

constexpr size_t kLongestId = 255;

// Empty when it cannot serve as one.
std::string usable_id(const Json* value) {
  if (value == nullptr || !is_clean(*value)) return {};
  std::string id = id_of(value);
  return id.size() <= kLongestId ? id : std::string{};
}

// The provider's object, whole; a message sent again gets the same made-up id, so it is dropped.
void make_unsupported(Publication& p, const Json& element, const Change& change) {
  InboundMessage& m = *p.message;
  p.type = GARDU_EVENT_MESSAGE_RECEIVED;
  p.target.clear();
  p.text.clear();
  m.type = GARDU_MESSAGE_UNSUPPORTED;
  m.text.clear();
  m.content.clear();
  m.metadata = "{\"raw\":" + dump(element) + "}";
  m.provider_message_id = usable_id(member(element, "id"));
  if (m.provider_message_id.empty()) m.provider_message_id = "invalid:" + sha256_hex(dump(element));
  p.peer = read_peer(element, change, m);
  if (!p.peer) p.peer = unknown_peer();
}

bool read_reaction(const Json& element, Publication& p) {
  const Json* reaction = member(element, "reaction");
  p.target = usable_id(member(reaction, "message_id"));
  const Json* emoji = member(reaction, "emoji");  // missing: taken back
  if (p.target.empty() || (emoji != nullptr && !emoji->is_string())) return false;
  p.type = GARDU_EVENT_MESSAGE_REACTION;
  p.text = text_of(emoji);
  p.message.reset();
  return true;
}

bool read_edit(const Json& element, Publication& p) {
  const Json* edit = member(element, "edit");
  p.target = usable_id(member(edit, "original_message_id"));
  auto text = read_edited_text(member(edit, "message"));
  if (p.target.empty() || !text) return false;
  p.type = GARDU_EVENT_MESSAGE_UPDATED;
  p.text = std::move(*text);
  p.message.reset();
  return true;
}

bool read_revoke(const Json& element, Publication& p) {
  p.target = usable_id(member(member(element, "revoke"), "original_message_id"));
  if (p.target.empty()) return false;
  p.type = GARDU_EVENT_MESSAGE_DELETED;
  p.message.reset();
  return true;
}

// False: to be published as unsupported.
bool read_known(const Json& element, const Change& change, Publication& p) {
  if (!element.is_object() || !change.is_whole(element)) return false;
  InboundMessage& m = *p.message;
  m.provider_message_id = usable_id(member(element, "id"));
  p.peer = read_peer(element, change, m);
  if (m.provider_message_id.empty() || !p.peer) return false;

  const std::string type = text_of(member(element, "type"));
  if (type == "edit") return read_edit(element, p);
  if (type == "revoke") return read_revoke(element, p);
  if (type == "reaction" && m.direction == GARDU_INBOUND) return read_reaction(element, p);

  const Json* context = member(element, "context");
  m.reply_to_provider_id = usable_id(member(context, "id"));
  m.forwarded =
      is_true(member(context, "forwarded")) || is_true(member(context, "frequently_forwarded"));
  m.metadata = read_metadata(element);
  return read_content(element, m);
}

}  // namespace

Publication read_message(const Json& element, const Change& change, gardu_direction direction) {
  Publication p;
  p.type = GARDU_EVENT_MESSAGE_RECEIVED;
  p.account_id = change.account_id();
  p.occurred_at = micros_of(member(element, "timestamp"));
  p.message.emplace();
  p.message->direction = direction;
  if (!read_known(element, change, p)) make_unsupported(p, element, change);
  return p;
}

}  // namespace gardu::meta_cloud
