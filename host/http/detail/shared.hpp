// SPDX-License-Identifier: Apache-2.0
// What the connections of one server share. Counters and gates outlive the server in Responders.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include "http/application.hpp"
#include "http/detail/client_address.hpp"
#include "http/server.hpp"

namespace gardu::host::http::detail {

struct Counters {
  std::atomic<std::uint64_t> connections{0};
  std::atomic<std::uint64_t> connections_total{0};
  std::atomic<std::uint64_t> in_flight{0};
  std::atomic<std::uint64_t> streams{0};
  std::atomic<std::uint64_t> requests_total{0};
  std::atomic<std::uint64_t> ignored_answers{0};
  std::array<std::atomic<std::uint64_t>, 6> by_class{};
};

// Connections with a request underway: what a drain waits for.
class BusyCount {
 public:
  void enter() {
    const std::lock_guard lock(mutex_);
    ++count_;
  }
  void leave() {
    const std::lock_guard lock(mutex_);
    if (--count_ == 0) changed_.notify_all();
  }
  // Every loop reports once that it has told its connections.
  void expect_loops(std::size_t loops) {
    const std::lock_guard lock(mutex_);
    untold_ = loops;
  }
  void loop_told() {
    const std::lock_guard lock(mutex_);
    if (untold_ > 0 && --untold_ == 0) changed_.notify_all();
  }
  bool wait_until(std::chrono::steady_clock::time_point limit) {
    std::unique_lock lock(mutex_);
    return changed_.wait_until(lock, limit, [this] { return count_ == 0 && untold_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t count_ = 0;
  std::size_t untold_ = 0;
};

struct Site {
  const Options options;
  Application& application;
  const TrustedProxies proxies;
  const std::shared_ptr<Counters> counters = std::make_shared<Counters>();
  BusyCount busy;

  Site(Options given, Application& app)
      : options(std::move(given)), application(app), proxies(options.trusted_proxies) {}
};

// The way of other threads onto an IO thread; closed before its io_context goes away.
class Gate {
 public:
  using Task = std::function<void()>;
  virtual ~Gate() = default;
  // False once the loop has ended: the task is dropped.
  virtual bool post(Task task) = 0;
};

// Application callbacks: nothing they throw may end an IO thread.
inline void call_guarded(const std::function<void()>& callback) noexcept {
  try {
    if (callback) callback();
  } catch (...) {  // the application's own business; there is nobody to tell here
    return;
  }
}

}  // namespace gardu::host::http::detail
