// SPDX-License-Identifier: Apache-2.0
//
// Paths of the listener.
#include "server/routes.hpp"

#include <algorithm>
#include <array>

#include "protocol/signature.hpp"

namespace gardu::pusher {
namespace {

struct PathForm {
  Endpoint endpoint;
  std::string_view method, label;
  // Below /apps/{id}; {} stands for the channel's or user's name. Empty: not one of these paths.
  std::array<std::string_view, 3> parts;
};

// By Endpoint.
constexpr std::array<PathForm, kEndpoints> kForms{{
    {Endpoint::none, "GET", "other", {}},
    {Endpoint::up, "GET", "up", {}},
    {Endpoint::socket, "GET", "socket", {}},
    {Endpoint::events, "POST", "events", {"events"}},
    {Endpoint::batch, "POST", "batch_events", {"batch_events"}},
    {Endpoint::channels, "GET", "channels", {"channels"}},
    {Endpoint::channel, "GET", "channel", {"channels", "{}"}},
    {Endpoint::channel_users, "GET", "channel_users", {"channels", "{}", "users"}},
    {Endpoint::channel_events, "POST", "channel_events", {"channels", "{}", "events"}},
    {Endpoint::channel_stats, "GET", "channel_stats", {"channels", "{}", "stats"}},
    {Endpoint::terminate, "POST", "terminate", {"users", "{}", "terminate_connections"}},
    {Endpoint::connections, "GET", "connections", {"connections"}},
}};

constexpr size_t kMostParts = 5;

struct Parts {
  std::array<std::string_view, kMostParts> at;
  size_t count = 0;  // 0: none, or too many
};

// Of a path that begins with '/'. A slash at the end is no part of its own.
Parts split(std::string_view path) {
  Parts out;
  while (!path.empty()) {
    path.remove_prefix(1);
    const size_t end = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, end);
    path.remove_prefix(end);
    if (part.empty() && path.empty()) break;
    if (out.count == kMostParts) return {};
    out.at[out.count++] = part;
  }
  return out;
}

bool fits(const PathForm& form, const Parts& parts) {
  const auto length =
      static_cast<size_t>(std::ranges::find(form.parts, std::string_view()) - form.parts.begin());
  if (length == 0 || parts.count != length + 2) return false;
  for (size_t i = 0; i < length; ++i)
    if (form.parts[i] == "{}" ? parts.at[i + 2].empty() : form.parts[i] != parts.at[i + 2])
      return false;
  return true;
}

}  // namespace

Target find_target(std::string_view path, std::string_view prefix) {
  if (!path.starts_with(prefix)) return {};
  path.remove_prefix(prefix.size());
  if (!path.starts_with('/')) return {};
  if (path.starts_with("/app/")) {
    const std::string_view key = path.substr(5, path.find('/', 5) - 5);
    return {key.empty() ? Endpoint::none : Endpoint::socket, percent_decode(key, false), {}};
  }
  const Parts parts = split(path);
  if (parts.count == 1 && parts.at[0] == "up") return {Endpoint::up, {}, {}};
  if (parts.count < 3 || parts.at[0] != "apps") return {};
  for (const PathForm& form : kForms)
    if (fits(form, parts))
      return {form.endpoint, percent_decode(parts.at[1], false),
              parts.count > 3 ? percent_decode(parts.at[3], false) : std::string()};
  return {};
}

std::string_view method_of(Endpoint endpoint) noexcept {
  return kForms[static_cast<size_t>(endpoint)].method;
}
std::string_view label_of(Endpoint endpoint) noexcept {
  return kForms[static_cast<size_t>(endpoint)].label;
}

}  // namespace gardu::pusher
