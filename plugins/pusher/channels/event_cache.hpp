// SPDX-License-Identifier: Apache-2.0
//
// The last event of each cache channel of an app, whether or not anybody is subscribed. Bounded in
// time and in bytes; the channel that was used longest ago goes first. Thread-safe.
#pragma once
#include <chrono>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "server/channel_counts.hpp"

namespace gardu::pusher {

class EventCache {
 public:
  using Clock = std::chrono::steady_clock;
  struct Event {
    std::string name, data;
    Clock::time_point until;
  };

  EventCache(std::chrono::seconds ttl, size_t bytes) noexcept : ttl_(ttl), limit_(bytes) {}

  void put(std::string_view channel, std::string_view name, std::string_view data,
           Clock::time_point now);
  std::optional<Event> get(std::string_view channel, Clock::time_point now);

 private:
  struct Entry {
    std::string channel;
    Event event;
  };
  using Entries = std::list<Entry>;  // the most recently used one first
  void erase(Entries::iterator entry);

  const std::chrono::seconds ttl_;
  const size_t limit_;
  std::mutex mutex_;
  size_t bytes_ = 0;
  Entries entries_;
  std::unordered_map<std::string_view, Entries::iterator, TextHash, std::equal_to<>> by_channel_;
};

}  // namespace gardu::pusher
