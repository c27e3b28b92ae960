// SPDX-License-Identifier: Apache-2.0
//
// Makes true here what other nodes tell: events and terminations at once, their members and counts
// in the apps' rosters and counts, with the frames that follow from it. One call at a time.
#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_set>

#include "cluster/coding.hpp"
#include "server/hub.hpp"

namespace gardu::pusher {

class Receiver {
 public:
  explicit Receiver(const Hub& hub) : hub_(hub) {}

  void event(const wire::Event& event);
  void terminate(const wire::Terminate& terminate);
  void cached(const wire::Cached& event, EventCache::Clock::time_point now);
  // `speaks`: this node raises what none raised because each thought that others were left.
  void member(std::string_view node, const wire::Member& member, bool speaks);
  void count(std::string_view node, const wire::Count& count, bool speaks);

  // Between the two, `listed` for each record of the snapshot; what changes meanwhile counts too.
  void snapshot_began(std::string_view node);
  void listed(std::string_view node);
  // Whether it was whole. If so, what it did not name is no more.
  bool snapshot_ended(std::string_view node, uint64_t records);

  void forget(std::string_view node, bool speaks);

 private:
  struct Snapshot {
    uint64_t records = 0;
    std::unordered_set<std::string> members, channels;  // keys that hold the app
  };
  void sweep(std::string_view node, const Snapshot& kept, bool speaks);
  void raise(const App& app, WebhookKind kind, std::string_view channel, std::string_view user = {},
             bool elsewhere = false) const;

  const Hub& hub_;
  std::map<std::string, Snapshot, std::less<>> snapshots_;
};

}  // namespace gardu::pusher
