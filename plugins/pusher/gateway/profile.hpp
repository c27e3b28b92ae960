// SPDX-License-Identifier: Apache-2.0
//
// Which of the gateway's events go to which channels, under what name and as what data. The same
// function says so for what happens now and for what is replayed. Pure.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gardu/event.hpp>

namespace gardu::pusher {

struct Profiles {
  bool gardu = true;
  bool blazz = false;
};

// What an event's data are written as.
enum class Form : uint8_t {
  own,          // the event's data with `seq`, `id` and `occurred_at`
  chat_event,   // a message in the list that NewChatEvent carries
  chat_value,   // the message alone
  chat_status,  // how far it has got
  chat_typing,  // whether the contact types
};

struct Broadcast {
  std::string channel;
  std::string_view name;  // valid as long as the event
  Form form = Form::own;
};
// Empty when no channel carries the event.
std::vector<Broadcast> broadcasts_of(const EventView& event, Profiles profiles);

// Of the `gardu` profile.
std::vector<std::string> channels_of(const EventView& event);

// The event's data object in that form. `own`: text alone: the data come from the journal and are
// known to be a JSON object.
std::string data_of(const EventView& event, Form form = Form::own);

// A gateway channel's name taken apart:
// private-workspace.{id}[.chat|.typing|.session.{id}], presence-workspace.{id}.presence, and with
// the blazz profile private-chat.{contact}, which does not say whose it is.
struct GatewayChannel {
  enum class Kind : uint8_t { workspace, chat, typing, session, presence, blazz_chat };
  Kind kind = Kind::workspace;
  std::string workspace_id, contact_id, account_id;
};
std::optional<GatewayChannel> parse_gateway_channel(std::string_view name, Profiles profiles = {});

// The types of events that such a channel may carry and that are kept; 0: none. Where the first bit
// stands for plugins' own types.
EventMask journaled_types(GatewayChannel::Kind kind);

}  // namespace gardu::pusher
