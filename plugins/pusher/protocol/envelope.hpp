// SPDX-License-Identifier: Apache-2.0
//
// What a client sent, out of its JSON. Clients differ in how they write `data`: as an object, as a
// string that holds JSON, empty, null, or not at all; all are understood, and no type can hurt.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include <gardu/result.hpp>

namespace gardu::pusher {

struct ClientMessage {
  std::string event;
  std::optional<std::string> channel;  // beside `data`: client events
  std::string data = "{}";             // as text: a string verbatim, anything else as compact JSON

  // Members of `data` where it is an object; absent when missing, null or no string.
  std::optional<std::string> data_channel, auth, channel_data, user_data;
};

// Nested deeper than anything sensible: refused before a parser recurses into it.
bool nested_too_deep(std::string_view json) noexcept;

// A status says what is wrong, in words for the client's developer.
Result<ClientMessage> parse_client_message(std::string_view text);

}  // namespace gardu::pusher
