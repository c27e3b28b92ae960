// SPDX-License-Identifier: Apache-2.0
//
// Paths of the listener.
#include "server/routes.hpp"

#include <algorithm>
#include <vector>

#include "protocol/signature.hpp"

namespace gardu::pusher {

Target find_target(std::string_view path, std::string_view prefix) {
  if (!path.starts_with(prefix)) return {};
  path.remove_prefix(prefix.size());
  if (!path.starts_with('/')) return {};
  std::vector<std::string> parts;
  while (!path.empty()) {
    path.remove_prefix(1);
    const size_t end = std::min(path.find('/'), path.size());
    parts.push_back(percent_decode(path.substr(0, end), false));
    path.remove_prefix(end);
  }
  if (parts.size() > 1 && parts.back().empty()) parts.pop_back();  // a slash at the end
  if (parts.size() == 1 && parts[0] == "up") return {Endpoint::up, {}, {}};
  if (parts.size() >= 2 && parts[0] == "app") return {Endpoint::socket, parts[1], {}};
  if (parts.size() < 3 || parts[0] != "apps") return {};
  if (parts.size() == 3 && parts[2] == "events") return {Endpoint::events, parts[1], {}};
  if (parts.size() == 3 && parts[2] == "batch_events") return {Endpoint::batch, parts[1], {}};
  if (parts.size() == 3 && parts[2] == "channels") return {Endpoint::channels, parts[1], {}};
  if (parts.size() == 4 && parts[2] == "channels") return {Endpoint::channel, parts[1], parts[3]};
  return {};
}

}  // namespace gardu::pusher
