// SPDX-License-Identifier: Apache-2.0
//
// What passes through one thread, in plain numbers of its own: counting costs nothing that could be
// measured, and the thread hands them over a few times a second (Metrics::report).
#pragma once
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace gardu::pusher {

// How long events took from whoever published them to the sockets, in classes.
class FanoutTimes {
 public:
  // Upper ends in microseconds; what is longer than all of them is in one more class.
  static constexpr std::array<int64_t, 10> kUpTo{50,    100,   250,    500,    1'000,
                                                 2'500, 5'000, 10'000, 50'000, 250'000};

  void add(std::chrono::steady_clock::duration time) noexcept {
    const int64_t micros = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
    size_t i = 0;
    while (i < kUpTo.size() && micros > kUpTo[i]) ++i;
    ++classes[i];
    sum_us += micros;
  }

  // Of an event that is queued to the sockets, and of all such once they are written.
  void begin(std::chrono::steady_clock::time_point published) {
    if (published != std::chrono::steady_clock::time_point{}) begun_.push_back(published);
    if (begun_.size() == kMostBegun) end();
  }
  void end() {
    if (begun_.empty()) return;
    const auto now = std::chrono::steady_clock::now();
    for (const auto published : begun_) add(now - published);
    begun_.clear();
  }

  std::array<int64_t, kUpTo.size() + 1> classes{};
  int64_t sum_us = 0;

 private:
  static constexpr size_t kMostBegun = 4096;
  std::vector<std::chrono::steady_clock::time_point> begun_;
};

struct Traffic {
  int64_t messages_in = 0, messages_out = 0;  // of WebSockets: texts; every text that is queued
  int64_t bytes_in = 0, bytes_out = 0;        // of all connections, without TLS
  int64_t deliveries = 0;                     // of events
  FanoutTimes fanout;

  // Whether anything is still to be handed over: what passes has bytes.
  bool waits() const noexcept { return bytes_in != 0 || bytes_out != 0 || deliveries != 0; }
};

}  // namespace gardu::pusher
