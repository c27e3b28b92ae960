// SPDX-License-Identifier: Apache-2.0
//
// The bodies of POST /apps/{id}/events and batch_events, checked against the app's limits.
#pragma once
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/settings.hpp"

namespace gardu::pusher {

struct PublishRequest {
  std::string name;
  std::string data;                   // a string verbatim, anything else as compact JSON
  std::vector<std::string> channels;  // distinct, in the order given
  std::string except;                 // socket id that is left out, or empty
  bool wants_info = false;
  bool subscription_count = false, user_count = false;
};

struct Refusal {
  int status = 400;
  std::string text;
};

std::variant<PublishRequest, Refusal> parse_publish_request(std::string_view body,
                                                            const Limits& limits);

std::variant<std::vector<PublishRequest>, Refusal> parse_batch_request(std::string_view body,
                                                                       const Limits& limits);

// "a,b" names `attribute`.
bool asks_for(std::string_view info, std::string_view attribute);

}  // namespace gardu::pusher
