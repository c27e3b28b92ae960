// SPDX-License-Identifier: Apache-2.0
//
// What a number asks for. Numbers that begin with at least three zeros (after an optional '+') are
// nobody's, so their last digit chooses how the network fails.
#pragma once
#include <gardu/result.hpp>
#include <string>
#include <string_view>

namespace gardu::loopback {

enum class Behaviour {
  ordinary,
  unreachable,   // …1: refused for good
  rate_limited,  // …2: throttled twice, then taken
  mute,          // …3: never answered
  out_of_order   // …4: acknowledged twice, not in order
};

Behaviour behaviour_of(std::string_view address);
// How the network refuses; fine where it does not.
Status status_of(Behaviour behaviour);

// The address as a phone number, E.164 with '+'; empty when it is none (a group, a LID).
std::string phone_of(std::string_view address);

}  // namespace gardu::loopback
