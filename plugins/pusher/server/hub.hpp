// SPDX-License-Identifier: Apache-2.0
//
// What all threads of the listener share: the apps, the numbers, and the way an event takes from
// whoever publishes it to every thread's connections. Any thread; constant but for atomics.
#pragma once
#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "channels/event_cache.hpp"
#include "channels/roster.hpp"
#include "channels/watchlist.hpp"
#include "cluster/cluster.hpp"
#include "protocol/frame.hpp"
#include "protocol/settings.hpp"
#include "server/channel_counts.hpp"
#include "server/later.hpp"
#include "server/metrics.hpp"
#include "server/occupancy.hpp"
#include "server/pace.hpp"
#include "server/quota.hpp"
#include "server/replay.hpp"
#include "server/tap.hpp"
#include "webhooks/sink.hpp"

namespace gardu::pusher {

class Loop;
struct Subscription;

constexpr size_t kCacheBytes = size_t{16} << 20U;  // of an app's cache channels together

struct App {
  App(AppSettings s, size_t i)
      : settings(std::move(s)),
        index(i),
        cache(settings.cache_ttl, kCacheBytes),
        events(settings.limits.events_per_second),
        reads(settings.limits.reads_per_second) {}

  const AppSettings settings;
  const size_t index;
  ChannelCounts counts;
  Roster roster;
  Watchlist watchlist;
  Occupancy occupancy;
  EventCache cache;
  Quota events, reads;  // of the HTTP API
  std::atomic<size_t> connections{0};
};

// One event on one channel, framed.
struct Delivery {
  size_t app = 0;
  std::string channel;
  SharedBytes frame;
  std::string except;                                 // socket id that is left out, or empty
  int64_t seq = kUnnumbered;                          // its place in the journal
  std::chrono::steady_clock::time_point published{};  // of an event; else not set
};
using Deliveries = std::vector<std::shared_ptr<const Delivery>>;

class Hub {
 public:
  Hub(Settings settings, const Host& host);

  App* find_by_key(std::string_view key) const noexcept;
  App* find_by_id(std::string_view id) const noexcept;

  struct Publication {
    std::string_view name, data;
    std::span<const std::string> channels;
    std::string_view except;
    std::string_view user_id = {};  // of a client event on a presence channel, or empty
    bool keep = true;               // by the cache channels among them; client events are not kept
    int64_t seq = 0;                // its place in the journal; 0: none
  };
  // Frames for those of the channels that anybody is in, added to `out`.
  static void prepare(const App& app, const Publication& publication, Deliveries& out);
  // Hands them to every thread, in order, at once.
  void deliver(const Deliveries& deliveries) const;
  // A message of the server's own, for all that are in a channel on this node.
  void tell(const App& app, std::string channel, std::string_view payload,
            std::string_view except = {}) const;
  // The one way in for an app's events: keeps them for cache channels, delivers them here, and
  // tells the cluster.
  void publish(App& app, const Publication& publication) const;
  // The same for a client event: a session's, on its own loop and on a channel that it is in.
  void whisper(const Subscription& from, const Publication& publication) const;
  // The same for what another node published.
  void receive(App& app, const ClusterEvent& event) const;

  // To those who tap one of the channels; `taps.watching` says whether it is worth while.
  void show(const App& app, const Publication& publication) const;

  // Closes, for good, all connections that are signed in as that user, on every node.
  void terminate(const App& app, std::string_view user) const;
  // The same on this node alone: what another one asks for.
  void terminate_here(const App& app, std::string_view user) const;

  const Settings settings;
  const Host& host;
  const Metrics metrics;
  Turnstile turnstile;  // of handshakes
  std::atomic<size_t> connections{0};
  std::atomic<bool> draining{false};
  std::vector<std::unique_ptr<App>> apps;
  // These are set before the first thread starts.
  std::vector<Loop*> loops;
  WebhookSink* webhooks = nullptr;  // null: nobody wants to know
  Cluster* cluster = nullptr;       // null: this node is alone
  Recoverer* recoverer = nullptr;   // null: nothing can be replayed
  mutable Taps taps;                // what operators look at
  mutable Later later{host};        // stopped before the loops go

 private:
  void broadcast(App& app, const Publication& publication) const;
  void tell_cluster(App& app, const Publication& publication) const;
};

}  // namespace gardu::pusher
