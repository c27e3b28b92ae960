// SPDX-License-Identifier: Apache-2.0
//
// What a channel's name says about it. The one place where prefixes are looked at.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace gardu::pusher {

struct ChannelKind {
  bool needs_auth = false;
  bool presence = false;
  bool cached = false;
  bool encrypted = false;  // the payload is opaque to us
  bool of_user = false;    // #server-to-user-<id>

  bool client_events() const noexcept { return needs_auth && !encrypted; }
  bool operator==(const ChannelKind&) const = default;
};

// By prefix, anchored, with its hyphen, longest first: "privateer" and "my-cache-x" are public.
ChannelKind classify(std::string_view name) noexcept;

// 1 to `limit` characters (0: no limit) of A-Z a-z 0-9 _ - = @ , . ; (and a '#' in front).
bool valid_channel_name(std::string_view name, size_t limit) noexcept;

// Channels of the server's own: no client can name them. Who is signed in as a user, and who
// watches whether one is.
std::string of_user(std::string_view user);
std::string of_watchers(std::string_view user);

// Event names that belong to the protocol and that nobody else may send.
bool reserved_event_name(std::string_view name) noexcept;

}  // namespace gardu::pusher
