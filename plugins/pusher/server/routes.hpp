// SPDX-License-Identifier: Apache-2.0
//
// Which of the listener's paths a request is for.
#pragma once
#include <string>
#include <string_view>

namespace gardu::pusher {

enum class Endpoint { none, up, socket, events, batch, channels, channel };

struct Target {
  Endpoint endpoint = Endpoint::none;
  std::string app;      // key with socket, id with the others
  std::string channel;  // decoded
};

// `prefix`: the mount prefix; paths outside it are nothing.
Target find_target(std::string_view path, std::string_view prefix);

}  // namespace gardu::pusher
