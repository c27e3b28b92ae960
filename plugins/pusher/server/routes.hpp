// SPDX-License-Identifier: Apache-2.0
//
// Which of the listener's paths a request is for.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gardu::pusher {

enum class Endpoint : uint8_t {
  none,
  up,
  socket,
  events,
  batch,
  channels,
  channel,
  channel_users,
  channel_events,  // deprecated
  channel_stats,   // deprecated
  terminate,
  connections,
};
inline constexpr size_t kEndpoints = 12;

struct Target {
  Endpoint endpoint = Endpoint::none;
  std::string app;   // key with socket, id with the others
  std::string name;  // of the channel or the user, decoded
};

// `prefix`: the mount prefix; paths outside it are nothing.
Target find_target(std::string_view path, std::string_view prefix);

// What the API answers to: "GET" or "POST".
std::string_view method_of(Endpoint endpoint) noexcept;
// As a metric's label.
std::string_view label_of(Endpoint endpoint) noexcept;

}  // namespace gardu::pusher
