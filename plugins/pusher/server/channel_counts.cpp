// SPDX-License-Identifier: Apache-2.0
//
// Counts of subscribers.
#include "server/channel_counts.hpp"

#include <algorithm>

namespace gardu::pusher {

ChannelCounts::Left ChannelCounts::add(std::string_view channel) {
  Part& p = part(channel);
  const std::unique_lock lock(p.mutex);
  auto it = p.counts.find(channel);
  if (it == p.counts.end()) it = p.counts.emplace(channel, Count{}).first;
  if (++it->second.here == 1 && watch_) watch_(channel, true);
  return {it->second.here, it->second.total()};
}

ChannelCounts::Left ChannelCounts::remove(std::string_view channel) {
  Part& p = part(channel);
  const std::unique_lock lock(p.mutex);
  const auto it = p.counts.find(channel);
  if (it == p.counts.end()) return {};
  if (it->second.here != 0 && --it->second.here == 0 && watch_) watch_(channel, false);
  const Left left{it->second.here, it->second.total()};
  if (left.total == 0) p.counts.erase(it);
  return left;
}

size_t ChannelCounts::count(std::string_view channel) const {
  const Part& p = part(channel);
  const std::shared_lock lock(p.mutex);
  const auto it = p.counts.find(channel);
  return it == p.counts.end() ? 0 : it->second.total();
}

size_t ChannelCounts::local(std::string_view channel) const {
  const Part& p = part(channel);
  const std::shared_lock lock(p.mutex);
  const auto it = p.counts.find(channel);
  return it == p.counts.end() ? 0 : it->second.here;
}

std::vector<std::pair<std::string, size_t>> ChannelCounts::list(std::string_view prefix) const {
  std::vector<std::pair<std::string, size_t>> out;
  for (const Part& p : parts_) {
    const std::shared_lock lock(p.mutex);
    for (const auto& [name, count] : p.counts)
      if (name.starts_with(prefix)) out.emplace_back(name, count.total());
  }
  std::ranges::sort(out);
  return out;
}

void ChannelCounts::set(Count& count, std::string_view node, size_t number) {
  const auto at = std::ranges::find(count.nodes, node, &std::pair<std::string, size_t>::first);
  if (at != count.nodes.end()) {
    count.elsewhere -= at->second;
    at->second = number;
    if (number == 0) count.nodes.erase(at);
  } else if (number != 0) {
    count.nodes.emplace_back(node, number);
  }
  count.elsewhere += number;
}

std::pair<size_t, size_t> ChannelCounts::set_remote(std::string_view node, std::string_view channel,
                                                    size_t number) {
  Part& p = part(channel);
  const std::unique_lock lock(p.mutex);
  auto it = p.counts.find(channel);
  if (it == p.counts.end()) {
    if (number == 0) return {0, 0};
    it = p.counts.emplace(channel, Count{}).first;
  }
  const size_t before = it->second.total();
  set(it->second, node, number);
  const size_t after = it->second.total();
  if (after == 0) p.counts.erase(it);
  return {before, after};
}

void ChannelCounts::forget_node(std::string_view node,
                                const std::function<bool(std::string_view)>& keep,
                                const std::function<void(std::string_view, size_t)>& changed) {
  for (Part& p : parts_) {
    std::vector<std::pair<std::string, size_t>> told;
    {
      const std::unique_lock lock(p.mutex);
      for (auto it = p.counts.begin(); it != p.counts.end();) {
        const auto at = it++;
        const size_t before = at->second.total();
        if (at->second.elsewhere == 0 || keep(at->first)) continue;
        set(at->second, node, 0);
        const size_t left = at->second.total();
        if (left == before) continue;
        told.emplace_back(at->first, left);
        if (left == 0) p.counts.erase(at);
      }
    }
    for (const auto& [channel, left] : told) changed(channel, left);
  }
}

void ChannelCounts::each_local(
    const std::function<void(std::string_view channel, size_t count)>& f) const {
  for (const Part& p : parts_) {
    const std::shared_lock lock(p.mutex);
    for (const auto& [name, count] : p.counts)
      if (count.here != 0) f(name, count.here);
  }
}

}  // namespace gardu::pusher
