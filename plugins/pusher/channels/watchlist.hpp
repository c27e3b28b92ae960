// SPDX-License-Identifier: Apache-2.0
//
// Which users of an app are watched by others, and which of these have just gone: until a grace is
// over they count as online, so that a page that is loaded anew does not flap. Who is online is the
// roster's knowledge (room kSignedIn); came, went, settle and online are called under its lock.
// Thread-safe.
#pragma once
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "channels/roster.hpp"
#include "server/channel_counts.hpp"

namespace gardu::pusher {

inline constexpr size_t kLongestWatchlist = 100;
inline constexpr std::chrono::seconds kOfflineGrace{3};

class Watchlist {
 public:
  // One connection more or less watches that user.
  void watch(std::string_view user) { watchers_.add(user); }
  void unwatch(std::string_view user) { watchers_.remove(user); }
  // Whether the user came out of nothing, as far as watchers know, and there are any.
  bool came(std::string_view user);
  // The number of this leaving, to be settled once the grace is over; none when nobody watches.
  std::optional<uint64_t> went(std::string_view user);
  // Whether that leaving still stands; the watchers are told then.
  bool settle(std::string_view user, uint64_t leaving);
  bool online(const Roster::Present& present, std::string_view user) const;

 private:
  ChannelCounts watchers_;  // by user
  mutable std::mutex mutex_;
  uint64_t last_leaving_ = 0;
  std::unordered_map<std::string, uint64_t, TextHash, std::equal_to<>> leaving_;
};

}  // namespace gardu::pusher
