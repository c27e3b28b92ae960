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

struct Identity {
  gardu_identity_kind kind = GARDU_IDENTITY_PHONE;
  std::string value;
};

struct Peer {
  std::vector<Identity> identities;
  std::string address, name;
  bool is_group = false;
};

struct InboundMessage {
  gardu_message_type type = GARDU_MESSAGE_TEXT;
  gardu_direction direction = GARDU_INBOUND;
  bool forwarded = false;
  std::string provider_message_id, raw_id, text, content, metadata, reply_to_provider_id,
      sender_address, sender_name;
};

struct InboundStatus {
  gardu_message_status status = GARDU_STATUS_SENT;
  std::string provider_message_id, message_id, participant, error_code, error_title, error_detail;
  bool error_retryable = false;
};

struct Publication {
  gardu_event_type type = GARDU_EVENT_OTHER;
  int64_t occurred_at = 0;  // microseconds UTC; 0: now
  std::string type_name, workspace_id, account_id, target, text, data;
  std::optional<Peer> peer;
  std::optional<InboundMessage> message;
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
