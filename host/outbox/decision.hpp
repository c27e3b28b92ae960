// SPDX-License-Identifier: Apache-2.0
//
// What is done about a failed send. The whole policy, from the status's class alone.
#pragma once
#include <chrono>
#include <vector>

#include <gardu/result.hpp>

namespace gardu::host {

struct RetryPolicy {
  int attempts = 3;
  std::vector<int> backoff_s{10, 30, 60};  // the last repeats
  bool hold_in_doubt = false;              // the account's `in_doubt`: "hold"
  // How long a status may still tell that a message was sent; 0: the transport has none that do.
  std::chrono::milliseconds doubt_wait{0};
};

struct Decision {
  enum class What { again, fail, hold, doubt } what = What::again;
  bool counted = false;                // the try counts as an attempt
  std::chrono::milliseconds delay{0};  // before the next, or of the doubt
  bool account_failed = false;         // the credentials were refused: the account needs a person
  std::chrono::milliseconds pause_account{0};
};

// `attempts`: tries that counted before this one.
Decision decide(const Status& failed, int attempts, const RetryPolicy& policy);

}  // namespace gardu::host
