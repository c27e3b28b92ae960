// SPDX-License-Identifier: Apache-2.0
#include "app/housekeeping.hpp"

#include <algorithm>

namespace gardu::host {

Housekeeping::Housekeeping(std::vector<Task> tasks, Logger log)
    : tasks_(std::move(tasks)), log_(std::move(log)), thread_([this] { loop(); }) {}

Housekeeping::~Housekeeping() { stop(); }

void Housekeeping::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Housekeeping::loop() {
  std::vector<Clock::time_point> due;
  for (const Task& t : tasks_) due.push_back(Clock::now() + t.every);
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const auto next = std::min_element(due.begin(), due.end());
    if (changed_.wait_until(lock, *next, [this] { return stopping_; })) return;
    const Task& task = tasks_[static_cast<std::size_t>(next - due.begin())];
    lock.unlock();
    try {
      task.run();
    } catch (const std::exception& e) {
      log_.warn("{}: {}", task.name, e.what());
    }
    *next = Clock::now() + task.every;
    lock.lock();
  }
}

}  // namespace gardu::host
