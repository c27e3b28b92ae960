// SPDX-License-Identifier: Apache-2.0
//
// How a thread lets its connections go when the server stops: in random order over a while, because
// clients come back at once, and all at the same moment otherwise. Belongs to the loop's thread.
#pragma once
#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

#include "server/pace.hpp"

namespace gardu::pusher {

class Connection;

class Drain {
 public:
  using Clock = std::chrono::steady_clock;
  using All = std::vector<std::unique_ptr<Connection>>;
  static constexpr std::chrono::milliseconds kStep{10};

  // Changes their order. All are told within `window`; then they have `linger` to go.
  Drain(All& connections, std::chrono::milliseconds window, std::chrono::milliseconds linger,
        Clock::time_point now);

  // To be called every kStep with those that are still there. True: nothing is left to be done.
  bool step(All& connections, Clock::time_point now);

 private:
  const std::chrono::milliseconds linger_;
  const Farewell farewell_;
  Clock::time_point give_up_ = Clock::time_point::max();
  size_t told_ = 0;
  size_t left_;  // those in front of this place are still to be told
};

}  // namespace gardu::pusher
