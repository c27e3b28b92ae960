// SPDX-License-Identifier: Apache-2.0
//
// A node's own, whole. What changes while it is written is told after it, so it need not be of one
// instant.
#include "cluster/snapshot.hpp"

#include <algorithm>

namespace gardu::pusher {
namespace {

using std::chrono::milliseconds;

// Redis cuts off who lets 32 MiB wait.
constexpr size_t kMostCached = size_t{8} << 20U;

uint64_t write_cache(const App& app, std::string_view node, uint64_t cache_ms,
                     std::chrono::steady_clock::time_point now, Letters& out) {
  if (cache_ms == 0) return 0;
  uint64_t records = 0;
  size_t bytes = 0;
  const auto longest = static_cast<uint64_t>(EventCache::kOldest.count());
  const auto since = now - milliseconds(std::min(cache_ms, longest));
  app.cache.each(since, now,
                 [&](std::string_view channel, const EventCache::Event& event,
                     std::chrono::steady_clock::duration age) {
                   bytes += channel.size() + event.name.size() + event.data.size();
                   if (bytes > kMostCached) return;
                   const auto ms = std::chrono::duration_cast<milliseconds>(age).count();
                   out.to_node(node, wire::Cached{app.settings.id, channel, event.name, event.data,
                                                  static_cast<uint64_t>(ms)});
                   ++records;
                 });
  return records;
}

}  // namespace

void write_snapshot(const Hub& hub, std::string_view node, uint64_t cache_ms,
                    std::chrono::steady_clock::time_point now, Letters& out) {
  uint64_t records = 0;
  out.to_node(node, wire::SnapshotBegin{});
  for (const auto& app : hub.apps) {
    const std::string& id = app->settings.id;
    app->roster.each_local([&](std::string_view room, const Roster::Member& member) {
      out.to_node(node, wire::Member{id, room, member.user, member.info, true, false});
      ++records;
    });
    app->counts.each_local([&](std::string_view channel, size_t count) {
      out.to_node(node, wire::Count{id, channel, count, count});
      ++records;
    });
    records += write_cache(*app, node, cache_ms, now, out);
  }
  out.to_node(node, wire::SnapshotEnd{records});
}

}  // namespace gardu::pusher
