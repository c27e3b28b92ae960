// SPDX-License-Identifier: Apache-2.0
// Copies publications out of a plugin's memory, and checks that each has what its type needs.
#include "base/utf8.hpp"
#include "journal/intake.hpp"

namespace gardu::host {
namespace {

constexpr std::size_t kIdLimit = 255, kAddressLimit = 160;

std::string text(gardu_str s) { return std::string(view(s)); }

Peer peer_of(const gardu_peer& in) {
  Peer p;
  p.address = text(in.address);
  p.name = std::string(cut_utf8(view(in.name), 255));
  p.is_group = in.is_group != 0;
  for (std::uint32_t i = 0; i < in.identity_count; ++i)
    p.identities.push_back(
        {static_cast<gardu_identity_kind>(in.identities[i].kind), text(in.identities[i].value)});
  return p;
}

InboundMessage message_of(const gardu_inbound_message& in) {
  InboundMessage m;
  m.type = static_cast<gardu_message_type>(in.type);
  m.direction = static_cast<gardu_direction>(in.direction);
  m.forwarded = in.forwarded != 0;
  m.provider_message_id = text(in.provider_message_id);
  m.raw_id = text(in.raw_id);
  m.text = text(in.text);
  m.content = text(in.content);
  m.metadata = text(in.metadata);
  m.reply_to_provider_id = text(in.reply_to_provider_id);
  m.sender_address = text(in.sender_address);
  m.sender_name = text(in.sender_name);
  return m;
}

InboundStatus status_of(const gardu_inbound_status& in) {
  InboundStatus s;
  s.status = static_cast<gardu_message_status>(in.status);
  s.provider_message_id = text(in.provider_message_id);
  s.message_id = text(in.message_id);
  s.participant = text(in.participant);
  s.error_code = text(in.error_code);
  s.error_title = text(in.error_title);
  s.error_detail = text(in.error_detail);
  s.error_retryable = in.error_retryable != 0;
  return s;
}

std::string wrong_peer(const Publication& p) {
  if (!p.peer || p.peer->identities.empty()) return "a peer with at least one identity is missing";
  if (p.peer->address.empty() || p.peer->address.size() > kAddressLimit ||
      !storable(p.peer->address) || !storable(p.peer->name))
    return "the peer's address or name is empty, too long or no text";
  for (const Identity& id : p.peer->identities)
    if (id.value.empty() || id.value.size() > kAddressLimit || !storable(id.value))
      return "an identity is empty, too long or no text";
  return {};
}

std::string wrong_message(const Publication& p) {
  if (!p.message) return "the message is missing";
  const InboundMessage& m = *p.message;
  if (m.provider_message_id.empty() || m.provider_message_id.size() > kIdLimit)
    return "provider_message_id is empty or over 255 bytes";
  for (const std::string* s : {&m.provider_message_id, &m.raw_id, &m.text, &m.content, &m.metadata,
                               &m.reply_to_provider_id, &m.sender_address, &m.sender_name})
    if (!storable(*s)) return "a text of the message holds NUL or is no UTF-8";
  return wrong_peer(p);
}

// Empty: it has what its type needs.
std::string wrong(const Publication& p) {
  for (const std::string* s : {&p.type_name, &p.target, &p.text, &p.data})
    if (!storable(*s)) return "a text holds NUL or is no UTF-8";
  if (p.type != GARDU_EVENT_OTHER && p.account_id.empty()) return "account_id is missing";
  switch (p.type) {
    case GARDU_EVENT_MESSAGE_RECEIVED:
    case GARDU_EVENT_MESSAGE_SENT:
      return wrong_message(p);
    case GARDU_EVENT_MESSAGE_STATUS_UPDATED:
      if (!p.status) return "the status is missing";
      if (p.status->message_id.empty() && p.status->provider_message_id.empty())
        return "the status names no message";
      return p.status->provider_message_id.size() > kIdLimit
                 ? "provider_message_id is over 255 bytes"
                 : "";
    case GARDU_EVENT_MESSAGE_REACTION:
    case GARDU_EVENT_MESSAGE_UPDATED:
    case GARDU_EVENT_MESSAGE_DELETED:
      return p.target.empty() ? "target is missing" : "";
    case GARDU_EVENT_TYPING_STARTED:
    case GARDU_EVENT_TYPING_STOPPED:
    case GARDU_EVENT_CONTACT_PRESENCE:
      return wrong_peer(p);
    case GARDU_EVENT_ACCOUNT_STATUS:
    case GARDU_EVENT_ACCOUNT_HEALTH:
    case GARDU_EVENT_ACCOUNT_QR:
    case GARDU_EVENT_TEMPLATE_STATUS:
    case GARDU_EVENT_CALL_RECEIVED:
      return {};
    case GARDU_EVENT_OTHER:
      return p.account_id.empty() && p.workspace_id.empty()
                 ? "account_id or workspace_id is missing"
                 : "";
    default:
      return "events of this type are not published by plugins";
  }
}

}  // namespace

std::vector<Incoming> take_over(std::span<const gardu_publication* const> items) {
  std::vector<Incoming> out;
  out.reserve(items.size());
  for (const gardu_publication* in : items) {
    Incoming one;
    if (!GARDU_HAS(in, gardu_publication, status)) {
      one.refused = Status::invalid("the publication is shorter than version 1");
      out.push_back(std::move(one));
      continue;
    }
    Publication& p = one.publication;
    p.type = static_cast<gardu_event_type>(in->type);
    p.occurred_at = in->occurred_at;
    p.type_name = text(in->type_name);
    p.workspace_id = text(in->workspace_id);
    p.account_id = text(in->account_id);
    p.target = text(in->target);
    p.text = text(in->text);
    p.data = text(in->data);
    if (in->peer != nullptr) p.peer = peer_of(*in->peer);
    if (in->message != nullptr) p.message = message_of(*in->message);
    if (in->status != nullptr) p.status = status_of(*in->status);
    if (std::string why = wrong(p); !why.empty()) one.refused = Status::invalid(std::move(why));
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace gardu::host
