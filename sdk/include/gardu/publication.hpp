// SPDX-License-Identifier: Apache-2.0
//
// What a transport tells the gateway, as owned values; see abi/ext/publish.h for the meaning of
// each member. `Host::publish` turns them into the ABI's views.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "abi/ext/publish.h"
#include "result.hpp"

namespace gardu {

// One of the ids that a contact is known by; unique in its account.
struct Identity {
  // What the value is.
  gardu_identity_kind kind = GARDU_IDENTITY_PHONE;
  // 1 to 160 bytes.
  std::string value;
};

// Who the conversation is with.
struct Peer {
  // At least one; all belong to the same contact.
  std::vector<Identity> identities;
  std::string address, /* what a reply is sent to, as the provider writes it */
      name;            /* empty: not told, the known one stays */
  // A group, not a person.
  bool is_group = false;
};

// A message that arrived, or one that the account's owner sent from elsewhere.
struct InboundMessage {
  // What it is, and so where its body is: in `text`, `content` or both.
  gardu_message_type type = GARDU_MESSAGE_TEXT;
  // Outbound: the account's owner sent it from elsewhere.
  gardu_direction direction = GARDU_INBOUND;
  // As the provider marks it.
  bool forwarded = false;
  std::string provider_message_id, /* unique in its account; a second one is a duplicate */
      raw_id,                      /* its short form where it has two, else empty */
      text,                        /* body or caption */
      content,                     /* JSON object, or empty */
      metadata,                    /* JSON object, or empty */
      reply_to_provider_id,        /* of the message that it quotes, or empty */
      sender_address,              /* in a group: the participant */
      sender_name;                 /* of that participant, or empty */
};

// What became of an outbound message. Late and repeated ones change nothing.
struct InboundStatus {
  // The new status.
  gardu_message_status status = GARDU_STATUS_SENT;
  std::string provider_message_id, /* the provider's, or empty; one of the two is needed */
      message_id,                  /* ours, where the provider echoes it, or empty */
      participant,                 /* in a group: whose ack it is, else empty */
      error_code,                  /* with GARDU_STATUS_FAILED: the provider's own code */
      error_title,                 /* likewise: a few words */
      error_detail;                /* likewise: what happened */
  // With GARDU_STATUS_FAILED: sending it again may help.
  bool error_retryable = false;
};

// One thing that happened. Which members are read depends on `type`.
struct Publication {
  // What happened.
  gardu_event_type type = GARDU_EVENT_OTHER;
  int64_t occurred_at = 0;  // microseconds UTC; 0: now
  std::string type_name,    /* of a plugin's own event: its id, a dot and a name */
      workspace_id,         /* only where there is no account */
      account_id,           /* required but for GARDU_EVENT_OTHER */
      target,               /* provider id of the message that this is about */
      text,                 /* its meaning is up to `type` */
      data;                 /* JSON object, or empty */
  // Who the conversation is with.
  std::optional<Peer> peer;
  // What arrived.
  std::optional<InboundMessage> message;
  // What became of one that was sent.
  std::optional<InboundStatus> status;
};

namespace detail {

// The ABI form of publications; views into them, valid while they live unmoved.
class PublicationViews {
 public:
  explicit PublicationViews(const std::vector<Publication>& items) {
    const size_t n = items.size();
    identities_.resize(n);
    peers_.resize(n);
    messages_.resize(n);
    statuses_.resize(n);
    views_.resize(n);
    pointers_.reserve(n);
    for (size_t i = 0; i < n; ++i) pointers_.push_back(fill(i, items[i]));
  }
  const gardu_publication* const* data() const noexcept { return pointers_.data(); }
  uint32_t size() const noexcept { return static_cast<uint32_t>(pointers_.size()); }

 private:
  const gardu_publication* fill(size_t i, const Publication& in) {
    gardu_publication& out = views_[i];
    out = {};
    out.size = sizeof out;
    out.type = in.type;
    out.occurred_at = in.occurred_at;
    out.type_name = str(in.type_name);
    out.workspace_id = str(in.workspace_id);
    out.account_id = str(in.account_id);
    out.target = str(in.target);
    out.text = str(in.text);
    out.data = str(in.data);
    if (in.peer) out.peer = fill_peer(i, *in.peer);
    if (in.message) out.message = fill_message(i, *in.message);
    if (in.status) out.status = fill_status(i, *in.status);
    return &out;
  }
  const gardu_peer* fill_peer(size_t i, const Peer& in) {
    for (const Identity& id : in.identities)
      identities_[i].push_back({static_cast<uint32_t>(id.kind), 0, str(id.value)});
    peers_[i] = {sizeof(gardu_peer),
                 static_cast<uint32_t>(identities_[i].size()),
                 identities_[i].data(),
                 str(in.address),
                 str(in.name),
                 in.is_group ? 1U : 0U,
                 0};
    return &peers_[i];
  }
  const gardu_inbound_message* fill_message(size_t i, const InboundMessage& in) {
    gardu_inbound_message& m = messages_[i];
    m = {};
    m.size = sizeof m;
    m.type = in.type;
    m.direction = in.direction;
    m.forwarded = in.forwarded ? 1 : 0;
    m.provider_message_id = str(in.provider_message_id);
    m.raw_id = str(in.raw_id);
    m.text = str(in.text);
    m.content = str(in.content);
    m.metadata = str(in.metadata);
    m.reply_to_provider_id = str(in.reply_to_provider_id);
    m.sender_address = str(in.sender_address);
    m.sender_name = str(in.sender_name);
    return &m;
  }
  const gardu_inbound_status* fill_status(size_t i, const InboundStatus& in) {
    gardu_inbound_status& s = statuses_[i];
    s = {};
    s.size = sizeof s;
    s.status = in.status;
    s.provider_message_id = str(in.provider_message_id);
    s.message_id = str(in.message_id);
    s.participant = str(in.participant);
    s.error_code = str(in.error_code);
    s.error_title = str(in.error_title);
    s.error_detail = str(in.error_detail);
    s.error_retryable = in.error_retryable ? 1 : 0;
    return &s;
  }

  std::vector<std::vector<gardu_identity>> identities_;
  std::vector<gardu_peer> peers_;
  std::vector<gardu_inbound_message> messages_;
  std::vector<gardu_inbound_status> statuses_;
  std::vector<gardu_publication> views_;
  std::vector<const gardu_publication*> pointers_;
};

}  // namespace detail
}  // namespace gardu
