// SPDX-License-Identifier: Apache-2.0
//
// One child process: started from this program's own file, its output captured, ended with all that
// it started when its time is up.
#pragma once
#include <chrono>
#include <string>
#include <vector>

namespace gardu::host::check {

// The descriptor on which a child reports.
inline constexpr int kReportDescriptor = 3;

struct ChildEnd {
  bool timed_out = false;
  int exit_code = 0;        // when it ended by itself
  int signal = 0;           // when a signal ended it
  std::string report;       // what it wrote to kReportDescriptor
  std::string out, errors;  // stdout and stderr, each at most 64 KiB
  std::chrono::milliseconds took{0};
};

// Throws std::system_error when it cannot be started.
ChildEnd run_child(const std::vector<std::string>& arguments, std::chrono::milliseconds limit);

}  // namespace gardu::host::check
