// SPDX-License-Identifier: Apache-2.0
// Counts the calls under way and lets in no more than a given number, none once it is closed.
// Threads: any.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace gardu::host::client::detail {

class Gate {
 public:
  explicit Gate(std::size_t most)
      : most_(static_cast<std::uint32_t>(std::min<std::size_t>(most, kClosed - 1))) {}

  bool enter() {
    std::uint32_t count = count_.load();
    do {
      if ((count & kClosed) != 0 || count >= most_) return false;
    } while (!count_.compare_exchange_weak(count, count + 1));
    return true;
  }
  void leave() {
    if (count_.fetch_sub(1) == kClosed + 1) count_.notify_all();
  }
  std::size_t size() const { return count_.load() & ~kClosed; }

  void close() { count_.fetch_or(kClosed); }
  void wait_until_empty() const {  // once closed
    for (std::uint32_t count = count_.load(); count != kClosed; count = count_.load())
      count_.wait(count);
  }

 private:
  static constexpr std::uint32_t kClosed = 1U << 31U;
  const std::uint32_t most_;
  std::atomic<std::uint32_t> count_{0};
};

}  // namespace gardu::host::client::detail
