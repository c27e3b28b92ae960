// SPDX-License-Identifier: Apache-2.0
//
// The texts of what the server sends. `data` is a JSON string everywhere but in pusher:error: typed
// clients accept nothing else.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace gardu::pusher {

// Close and error codes. A client stays away for ever after 4000-4099, comes back after a second
// with 4100-4199, and at once with 4200-4299.
enum class Code : uint16_t {
  unknown_app = 4001,
  app_disabled = 4003,
  app_over_quota = 4004,
  bad_version = 4006,
  unsupported_version = 4007,
  unauthorized = 4009,
  over_capacity = 4100,
  reconnect = 4200,  // also: a message that makes no sense, without closing
  pong_missing = 4201,
  client_event_refused = 4301,  // never closes
  watchlist_too_long = 4302,    // never closes
};

// Appends `text` as a JSON string, quotes included. `text` is UTF-8.
void append_json_string(std::string& out, std::string_view text);
std::string json_string(std::string_view text);

std::string connection_established(std::string_view socket_id, int64_t activity_timeout_s);
std::string error_message(Code code, std::string_view text);
std::string subscription_succeeded(std::string_view channel);

// `info` is JSON as it was signed; "null" when there is none.
struct MemberView {
  std::string_view user, info;
};
std::string presence_succeeded(std::string_view channel, std::span<const MemberView> members);
std::string member_added(std::string_view channel, const MemberView& member);
std::string member_removed(std::string_view channel, std::string_view user);
std::string subscription_count(std::string_view channel, size_t count);
std::string cache_miss(std::string_view channel);
std::string signin_success(std::string_view user_data);
// `name`: online or offline.
std::string watchlist_event(std::string_view name, std::span<const std::string> users);
std::string subscription_error(std::string_view channel, std::string_view type,
                               std::string_view error, int status);
std::string ping_message();
std::string pong_message();

// An event for any channel, up to the channel's name: what stays the same for each of them.
std::string event_head(std::string_view name, std::string_view data);
// `user_id`: who sent a client event on a presence channel, or empty.
std::string event_message(std::string_view head, std::string_view channel,
                          std::string_view user_id = {});
// Both, appended to what is there already.
void append_event_head(std::string& out, std::string_view name, std::string_view data);
void append_event_tail(std::string& out, std::string_view channel, std::string_view user_id = {});

}  // namespace gardu::pusher
