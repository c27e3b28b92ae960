// SPDX-License-Identifier: Apache-2.0
//
// Clocks, a histogram, and what another process has used.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <vector>

namespace gardu::bench {

constexpr int64_t kSecond = 1'000'000'000;  // of nanoseconds

int64_t now_ns();

// Nanoseconds in buckets that are at most 1.6 % wide.
class Histogram {
 public:
  void add(int64_t ns);
  uint64_t count() const noexcept { return count_; }
  double micros(double part) const;  // 0.5: the median

 private:
  std::vector<uint64_t> buckets_ = std::vector<uint64_t>(64 * 64);
  uint64_t count_ = 0;
};

// CPU time, user and system, of all threads that a process has or had. Throws when it is gone.
int64_t cpu_ns(pid_t pid);
// Resident bytes of a process.
int64_t resident(pid_t pid);

}  // namespace gardu::bench
