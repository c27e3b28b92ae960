// SPDX-License-Identifier: Apache-2.0
//
// The time of webhooks. Who sets it and who reads it share a lock, but for the thread that sets it.
#pragma once
#include <chrono>

#include "webhooks/calm.hpp"

namespace gardu::pusher {

// UTC, but it never jumps while something waits: a set clock must not delay what is to be retried.
class CalmClock {
 public:
  Millis now() const {
    return anchor_ +
           std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - since_).count();
  }
  void set() {
    const Millis before = now(), system = read();
    if (system <= before) return;
    anchor_ = system;
    since_ = Steady::now();
  }

 private:
  using Steady = std::chrono::steady_clock;
  static Millis read() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
  Millis anchor_ = read();
  Steady::time_point since_ = Steady::now();
};

}  // namespace gardu::pusher
