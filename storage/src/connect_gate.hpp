// SPDX-License-Identifier: Apache-2.0
//
// Keeps a server that refuses from being asked with every request: after a failure one caller at a
// time tries again, after pauses that grow from 50 ms to 2 s; the others fail at once with what the
// last try said. Any thread.
#pragma once
#include <chrono>
#include <mutex>
#include <optional>
#include <random>

#include "storage/error.hpp"

namespace gardu::storage {

class ConnectGate {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kFirst{50}, kMost{2000};

  // Throws the last Error while it is not this caller's turn. Who is let through says how it ended.
  void enter(Clock::time_point now);
  void succeeded();
  void failed(const Error& error, Clock::time_point now);

 private:
  std::mutex mutex_;
  std::optional<Error> failure_;  // nothing: the last try succeeded
  bool trying_ = false;
  std::chrono::milliseconds pause_ = kFirst;
  Clock::time_point next_{};
  std::minstd_rand random_{
      std::random_device{}()};  // hosts that lost a server come back one by one
};

}  // namespace gardu::storage
