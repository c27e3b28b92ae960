// SPDX-License-Identifier: Apache-2.0
//
// So many a second over all threads, bursts up to one second's worth. One atomic says when all that
// was let through will have been earned; without a limit nothing is looked at. Any thread.
#pragma once
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace gardu::pusher {

class Quota {
 public:
  using Clock = std::chrono::steady_clock;
  struct Verdict {
    bool allowed = true;
    size_t limit = 0, remaining = 0;  // limit 0: there is none
    int64_t retry_after_s = 0;        // when refused
  };

  explicit Quota(size_t per_second)
      : limit_(per_second),
        cost_(std::max<int64_t>(1, kSecond / std::max<int64_t>(1, int64_t(per_second)))) {}

  bool limited() const noexcept { return limit_ != 0; }

  // `count` at once. More than a second's worth is let through when nothing was for a second, and
  // has to be earned afterwards.
  Verdict take(size_t count, Clock::time_point when) noexcept {
    if (limit_ == 0) return {};
    const int64_t now =
        std::chrono::duration_cast<std::chrono::nanoseconds>(when.time_since_epoch()).count();
    const int64_t needed = std::min(int64_t(count), int64_t(limit_)) * cost_;
    int64_t earned = earned_at_.load(std::memory_order_relaxed);
    while (true) {
      const int64_t from = std::max(earned, now);
      const int64_t over = from + needed - now - kSecond;
      if (over > 0) return {false, limit_, 0, (over + kSecond - 1) / kSecond};
      const int64_t until = from + int64_t(count) * cost_;
      if (!earned_at_.compare_exchange_weak(earned, until, std::memory_order_relaxed)) continue;
      return {true, limit_, size_t(std::max<int64_t>(0, now + kSecond - until) / cost_), 0};
    }
  }

 private:
  static constexpr int64_t kSecond = 1'000'000'000;

  const size_t limit_;
  const int64_t cost_;  // nanoseconds that one is earned in
  std::atomic<int64_t> earned_at_{0};
};

}  // namespace gardu::pusher
