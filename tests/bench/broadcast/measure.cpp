// SPDX-License-Identifier: Apache-2.0
#include "measure.hpp"

#include <unistd.h>

#include <algorithm>
#include <bit>
#include <ctime>
#include <fstream>
#include <stdexcept>
#include <string>

namespace gardu::bench {
namespace {

constexpr int kBits = 6;  // buckets of one power of two: 64

size_t bucket_of(uint64_t value) {
  if (value < 64) return value;
  const int shift = static_cast<int>(std::bit_width(value)) - 1 - kBits;
  return static_cast<size_t>(shift + 1) * 64 + ((value >> shift) & 63U);
}

double middle_of(size_t bucket) {
  if (bucket < 64) return static_cast<double>(bucket);
  const auto shift = bucket / 64 - 1;
  return (static_cast<double>(64 + bucket % 64) + 0.5) * static_cast<double>(1ULL << shift);
}

int64_t read_clock(clockid_t clock) {
  timespec t{};
  if (::clock_gettime(clock, &t) != 0) throw std::runtime_error("the server is gone");
  return static_cast<int64_t>(t.tv_sec) * kSecond + t.tv_nsec;
}

}  // namespace

int64_t now_ns() { return read_clock(CLOCK_MONOTONIC); }

void Histogram::add(int64_t ns) {
  ++buckets_[std::min(bucket_of(static_cast<uint64_t>(std::max<int64_t>(0, ns))),
                      buckets_.size() - 1)];
  ++count_;
}

double Histogram::micros(double part) const {
  const auto wanted = static_cast<uint64_t>(part * static_cast<double>(count_));
  uint64_t passed = 0;
  for (size_t i = 0; i < buckets_.size(); ++i) {
    passed += buckets_[i];
    if (passed > wanted || (passed == count_ && passed != 0)) return middle_of(i) / 1000;
  }
  return 0;
}

int64_t cpu_ns(pid_t pid) {
  clockid_t clock{};
  if (::clock_getcpuclockid(pid, &clock) != 0) throw std::runtime_error("the server is gone");
  return read_clock(clock);
}

int64_t resident(pid_t pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/statm");
  int64_t all = 0, pages = 0;
  if (!(in >> all >> pages)) throw std::runtime_error("the server is gone");
  return pages * ::sysconf(_SC_PAGESIZE);
}

}  // namespace gardu::bench
