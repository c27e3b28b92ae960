// SPDX-License-Identifier: Apache-2.0
//
// The last event of each cache channel of an app, whether or not anybody is subscribed. Bounded in
// time and in bytes; the channel that was used longest ago goes first. Thread-safe.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
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
  static constexpr std::chrono::milliseconds kOldest{std::chrono::hours{24 * 365}};
  struct Event {
    std::string name, data;
    Clock::time_point until;
  };

  EventCache(std::chrono::seconds ttl, size_t bytes) noexcept : ttl_(ttl), limit_(bytes) {}

  // `then` is called before any other event can be kept, whether or not this one could be: a new
  // subscriber that is added within `replay` gets each event once, kept or live.
  void put(std::string_view channel, std::string_view name, std::string_view data,
           Clock::time_point now, const std::function<void()>& then = {});
  // Null: there is none. `first_miss`: for the first time since there was one, or in a minute.
  void replay(std::string_view channel, Clock::time_point now,
              const std::function<void(const Event*, bool first_miss)>& then);
  // One that another node kept, at that time; what was kept here since stays.
  void put_older(std::string_view channel, std::string_view name, std::string_view data,
                 Clock::time_point at);
  // Those that were kept since then, the most recently used one first.
  void each(Clock::time_point since, Clock::time_point now,
            const std::function<void(std::string_view channel, const Event& event,
                                     Clock::duration age)>& f) const;
  std::optional<Event> get(std::string_view channel, Clock::time_point now);

 private:
  struct Entry {
    std::string channel;
    Event event;
  };
  using Entries = std::list<Entry>;  // the most recently used one first
  void keep(std::string_view channel, Event event);
  const Event* find(std::string_view channel, Clock::time_point now);
  bool first_miss(std::string_view channel, Clock::time_point now);
  void erase(Entries::iterator entry);

  const std::chrono::seconds ttl_;
  const size_t limit_;
  mutable std::mutex mutex_;
  size_t bytes_ = 0;
  Entries entries_;
  std::unordered_map<std::string_view, Entries::iterator, TextHash, std::equal_to<>> by_channel_;
  // Channels that were missed, until when that is known.
  std::unordered_map<std::string, Clock::time_point, TextHash, std::equal_to<>> missed_;
};

}  // namespace gardu::pusher
