// SPDX-License-Identifier: Apache-2.0
//
// Rate limits in memory: so many in a window, per key. A window begins with its first use. Any
// thread.
#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace gardu::host {

class Rates {
 public:
  struct Answer {
    bool allowed = true;
    std::int64_t limit = 0, remaining = 0;  // limit 0: there is none
    std::int64_t reset_s = 0;               // seconds until the window ends
  };
  // Takes one; `limit` 0 allows everything.
  Answer take(const std::string& key, std::int64_t limit, std::chrono::seconds window);

 private:
  using Clock = std::chrono::steady_clock;
  struct Window {
    Clock::time_point ends{};
    std::int64_t used = 0;
  };
  std::mutex mutex_;
  std::map<std::string, Window> windows_;  // guarded by mutex_
};

}  // namespace gardu::host
