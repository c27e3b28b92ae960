// SPDX-License-Identifier: Apache-2.0
//
// What is done every now and then, on a thread of its own. What a task throws is logged.
#pragma once
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "log/log.hpp"

namespace gardu::host {

class Housekeeping {
 public:
  struct Task {
    std::string name;
    std::chrono::milliseconds every;
    std::function<void()> run;
  };
  Housekeeping(std::vector<Task> tasks, Logger log);
  ~Housekeeping();  // stop()
  void stop();

 private:
  using Clock = std::chrono::steady_clock;
  void loop();

  const std::vector<Task> tasks_;
  const Logger log_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace gardu::host
