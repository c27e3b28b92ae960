// SPDX-License-Identifier: Apache-2.0
//
// Who a message is from or to: a phone number, a business-scoped user id, or both.
#pragma once
#include <gardu/publication.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "change.hpp"

namespace gardu::meta_cloud {

// 1 to 20 digits.
bool is_phone(std::string_view s) noexcept;
// ^[A-Z]{2}\.(ENT\.)?[0-9A-Za-z]{1,128}$
bool is_bsuid(std::string_view s) noexcept;

struct Person {
  std::vector<Identity> identities;
  std::string address, name;  // the digits where known, else the BSUID
};

// Empty: nothing usable says who it is.
std::optional<Person> read_person(const Json& element, const Change& change,
                                  gardu_direction direction);

// The conversation that the element belongs to, and in a group its writer into `message`.
// Empty: not told.
std::optional<Peer> read_peer(const Json& element, const Change& change, InboundMessage& message);

// For a message whose sender cannot be known: something has to be told.
Peer unknown_peer();

}  // namespace gardu::meta_cloud
