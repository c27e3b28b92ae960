// SPDX-License-Identifier: Apache-2.0
//
// Channel names.
#include "protocol/channel.hpp"

#include <algorithm>
#include <array>

namespace gardu::pusher {
namespace {

struct PrefixRule {
  std::string_view prefix;
  ChannelKind kind;
};

constexpr std::array<PrefixRule, 8> kPrefixes{{
    {"private-encrypted-cache-", {true, false, true, true, false}},
    {"private-encrypted-", {true, false, false, true, false}},
    {"private-cache-", {true, false, true, false, false}},
    {"private-", {true, false, false, false, false}},
    {"presence-cache-", {true, true, true, false, false}},
    {"presence-", {true, true, false, false, false}},
    {"cache-", {false, false, true, false, false}},
    {"#server-to-user-", {false, false, false, false, true}},
}};

bool name_character(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '=' || c == '@' || c == ',' || c == '.' || c == ';';
}

}  // namespace

ChannelKind classify(std::string_view name) noexcept {
  for (const PrefixRule& rule : kPrefixes)
    if (name.starts_with(rule.prefix)) return rule.kind;
  return {};
}

bool valid_channel_name(std::string_view name, size_t limit) noexcept {
  if (name.empty() || (limit != 0 && name.size() > limit)) return false;
  if (name.front() == '#') name.remove_prefix(1);
  return !name.empty() && std::ranges::all_of(name, name_character);
}

std::string of_user(std::string_view user) { return "##user-" + std::string(user); }
std::string of_watchers(std::string_view user) { return "##watch-" + std::string(user); }

bool reserved_event_name(std::string_view name) noexcept {
  return name.starts_with("pusher:") || name.starts_with("pusher_internal:");
}

}  // namespace gardu::pusher
