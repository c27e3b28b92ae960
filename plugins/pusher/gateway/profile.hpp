// SPDX-License-Identifier: Apache-2.0
//
// The `gardu` profile: which of the gateway's events go to which channels, and as what data.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gardu/event.hpp>

namespace gardu::pusher {

// The channels that carry an event; empty when none does.
std::vector<std::string> channels_of(const EventView& event);

// The event's data object with `seq`, `id` and `occurred_at` added at its end. Text alone: the data
// come from the journal and are known to be a JSON object.
std::string data_of(const EventView& event);

// A gateway channel's name taken apart: private-workspace.{id}[.chat|.typing|.session.{id}]
struct GatewayChannel {
  std::string workspace_id, contact_id, account_id;
};
std::optional<GatewayChannel> parse_gateway_channel(std::string_view name);

}  // namespace gardu::pusher
