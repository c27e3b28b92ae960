// SPDX-License-Identifier: Apache-2.0
//
// What the listener knows of a subscriber that first gets what it missed, from somewhere slow, and
// then goes on live. All of it on the subscriber's loop.
#pragma once
#include <cstdint>
#include <limits>
#include <string_view>

namespace gardu::pusher {

struct Subscription;

// A Delivery without a place in the journal counts as newer than all.
inline constexpr int64_t kUnnumbered = std::numeric_limits<int64_t>::max();
// As Subscription::after_seq: everything that has a place in the journal is left to the replay.
inline constexpr int64_t kCatchingUp = kUnnumbered - 1;

// Under way for one subscription, which owns it.
class Replay {
 public:
  virtual ~Replay() = default;
  // All that was queued for the connection is written, after Session::want_room.
  virtual void on_room() = 0;

  int64_t newest_skipped = 0;  // what went by live meanwhile
};

class Recoverer {
 public:
  virtual ~Recoverer() = default;
  // A new subscription that has been confirmed; `channel_data` is signed. May begin a replay.
  virtual void subscribed(Subscription& subscription, std::string_view channel_data) = 0;
};

}  // namespace gardu::pusher
