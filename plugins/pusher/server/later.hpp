// SPDX-License-Identifier: Apache-2.0
//
// Runs things at a later time, one after the other, on a thread of its own that begins with the
// first of them. For what happens seldom; deadlines of connections are the wheel's. Any thread may
// ask; what is thrown is logged.
#pragma once
#include <chrono>
#include <condition_variable>
#include <functional>
#include <gardu/host.hpp>
#include <map>
#include <mutex>
#include <thread>

namespace gardu::pusher {

class Later {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Later(const Host& host) noexcept : host_(host) {}
  ~Later() { stop(); }
  Later(const Later&) = delete;
  Later& operator=(const Later&) = delete;

  void at(Clock::time_point when, std::function<void()> task);
  // What is still waiting is dropped; nothing runs any more afterwards. Twice is fine.
  void stop();

 private:
  void start();
  void run();

  const Host& host_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<Clock::time_point, std::function<void()>> waiting_;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace gardu::pusher
