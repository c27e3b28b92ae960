// SPDX-License-Identifier: Apache-2.0
//
// What kind of identity an address is. Pure functions.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "storage/contacts.hpp"

namespace gardu::host {

// "+62 812-345" → "+62812345"; nothing when it is no phone number (5 to 15 digits, E.164).
std::optional<std::string> normalize_phone(std::string_view text);

// The identity and the address that `to` of a send names: a phone number in any spelling, "…@c.us",
// "…@lid", "…@g.us", or a business-scoped user id ("US.13491208655302741918").
struct NamedPeer {
  std::string kind, value;  // of the identity
  std::string address;      // what the transport is given
};
std::optional<NamedPeer> parse_peer(std::string_view to);

}  // namespace gardu::host
