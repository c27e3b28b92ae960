// SPDX-License-Identifier: Apache-2.0
#include "connect_gate.hpp"

#include <algorithm>

namespace gardu::storage {

void ConnectGate::enter(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (!failure_) return;
  if (trying_ || now < next_) throw Error(*failure_);
  trying_ = true;
}

void ConnectGate::succeeded() {
  const std::lock_guard lock(mutex_);
  failure_.reset();
  trying_ = false;
  pause_ = kFirst;
}

void ConnectGate::failed(const Error& error, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  // Of several that were under way when the server went, the first one counts.
  if (failure_ && !trying_) return;
  failure_ = error;
  trying_ = false;
  std::uniform_int_distribution<std::int64_t> jitter(pause_.count() / 2, pause_.count());
  next_ = now + std::chrono::milliseconds(jitter(random_));
  pause_ = std::min(pause_ * 2, kMost);
}

}  // namespace gardu::storage
