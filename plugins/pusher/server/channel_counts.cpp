// SPDX-License-Identifier: Apache-2.0
//
// Counts of subscribers.
#include "server/channel_counts.hpp"

#include <algorithm>

namespace gardu::pusher {

size_t ChannelCounts::add(std::string_view channel) {
  Part& p = part(channel);
  const std::unique_lock lock(p.mutex);
  const auto it = p.counts.find(channel);
  if (it != p.counts.end()) return ++it->second;
  p.counts.emplace(channel, 1);
  return 1;
}

size_t ChannelCounts::remove(std::string_view channel) {
  Part& p = part(channel);
  const std::unique_lock lock(p.mutex);
  const auto it = p.counts.find(channel);
  if (it == p.counts.end()) return 0;
  const size_t left = --it->second;
  if (left == 0) p.counts.erase(it);
  return left;
}

size_t ChannelCounts::count(std::string_view channel) const {
  const Part& p = part(channel);
  const std::shared_lock lock(p.mutex);
  const auto it = p.counts.find(channel);
  return it == p.counts.end() ? 0 : it->second;
}

std::vector<std::pair<std::string, size_t>> ChannelCounts::list(std::string_view prefix) const {
  std::vector<std::pair<std::string, size_t>> out;
  for (const Part& p : parts_) {
    const std::shared_lock lock(p.mutex);
    for (const auto& [name, count] : p.counts)
      if (name.starts_with(prefix)) out.emplace_back(name, count);
  }
  std::ranges::sort(out);
  return out;
}

}  // namespace gardu::pusher
