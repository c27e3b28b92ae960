// SPDX-License-Identifier: Apache-2.0
//
// The `blazz` profile: what existing front ends of that product listen for. Pure.
#pragma once
#include <string>
#include <vector>

#include "gateway/profile.hpp"

namespace gardu::pusher {

inline constexpr std::string_view kBlazzChatPrefix = "private-chat.";

// Types of events that this profile carries on a contact's channel.
EventMask blazz_types();
void add_blazz_broadcasts(const EventView& event, std::vector<Broadcast>& out);
// `form`: any but Form::own.
std::string blazz_data_of(const EventView& event, Form form);

}  // namespace gardu::pusher
