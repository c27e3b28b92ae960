// SPDX-License-Identifier: Apache-2.0
//
// So many a second, bursts up to one second's worth. Belongs to one thread.
#pragma once
#include <algorithm>
#include <chrono>

namespace gardu::pusher {

class RateLimit {
 public:
  using Clock = std::chrono::steady_clock;

  explicit RateLimit(size_t per_second) : rate_(static_cast<double>(per_second)), left_(rate_) {}

  // 0 per second: never limited.
  bool allow(Clock::time_point now) {
    if (rate_ == 0) return true;
    const double passed = std::chrono::duration<double>(now - last_).count();
    last_ = now;
    left_ = std::min(rate_, left_ + passed * rate_);
    if (left_ < 1) return false;
    left_ -= 1;
    return true;
  }

 private:
  double rate_, left_;
  Clock::time_point last_{};
};

}  // namespace gardu::pusher
