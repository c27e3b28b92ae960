// SPDX-License-Identifier: Apache-2.0
//
// How fast things may happen: handshakes while clients come back, goodbyes while the server stops.
#pragma once
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace gardu::pusher {

// So many a second over all threads; bursts of up to one second's worth. Any thread, no lock.
class Turnstile {
 public:
  using Clock = std::chrono::steady_clock;

  // 0 per second: never limited.
  explicit Turnstile(size_t per_second) noexcept
      : gap_(per_second == 0 ? 0 : kSecond / static_cast<int64_t>(per_second)) {}

  bool allow(Clock::time_point now) noexcept {
    if (gap_ == 0) return true;
    const int64_t at = std::chrono::nanoseconds(now.time_since_epoch()).count();
    // `paid_until_`: when all that were let in would have been, one after the other.
    int64_t paid = paid_until_.load(std::memory_order_relaxed);
    while (true) {
      const int64_t next = std::max(paid, at - kSecond) + gap_;
      if (next > at) return false;
      if (paid_until_.compare_exchange_weak(paid, next, std::memory_order_relaxed)) return true;
    }
  }

 private:
  static constexpr int64_t kSecond = 1'000'000'000;
  const int64_t gap_;
  std::atomic<int64_t> paid_until_{INT64_MIN / 2};
};

// `total` goodbyes, evenly over a window. A few need less than all of it.
class Farewell {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kGap{2};  // from one to the next, at most

  Farewell(std::chrono::milliseconds window, size_t total, Clock::time_point began) noexcept
      : total_(total),
        began_(began),
        duration_(std::min<std::chrono::milliseconds>(window, kGap * static_cast<int64_t>(total))) {
  }

  // How many are to be told by then.
  size_t due(Clock::time_point now) const noexcept {
    const Clock::duration passed = now - began_;
    if (passed >= duration_) return total_;
    return static_cast<size_t>(static_cast<double>(total_) *
                               (static_cast<double>(passed.count()) /
                                static_cast<double>(Clock::duration(duration_).count())));
  }

 private:
  size_t total_;
  Clock::time_point began_;
  std::chrono::milliseconds duration_;
};

}  // namespace gardu::pusher
