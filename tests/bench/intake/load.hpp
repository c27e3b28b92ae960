// SPDX-License-Identifier: Apache-2.0
//
// The load: requests over kept connections from one thread, one in flight on each connection.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace gardu::bench {

struct Outcome {
  std::size_t answered = 0, accepted = 0;  // accepted: with 200
  double seconds = 0;
  std::int64_t cpu_ns = 0;       // of the generator
  std::vector<double> waits_ms;  // of each request, sorted
  double at(double part) const;  // 0.5: the median
};

// Sends all of them. `rate` 0: the next one as soon as a connection is free, and a wait counts from
// the sending. Else that many a second, at times that were fixed before: a wait counts from the
// time at which a request was due, whether or not a connection was free then.
Outcome send_all(int port, const std::vector<std::string>& requests, std::size_t connections,
                 double rate);

}  // namespace gardu::bench
