// SPDX-License-Identifier: Apache-2.0
//
// A queue by time, and the thread that waits for its head.
#include "server/later.hpp"

#include <pthread.h>
#include <signal.h>

namespace gardu::pusher {

void Later::at(Clock::time_point when, std::function<void()> task) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return;
  if (!thread_.joinable()) start();
  const auto it = waiting_.emplace(when, std::move(task));
  if (it == waiting_.begin()) changed_.notify_one();
}

void Later::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    waiting_.clear();
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void Later::start() {
  sigset_t all, before;  // signals are the host's business
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  try {
    thread_ = std::thread([this] {
      pthread_setname_np(pthread_self(), "gardu-pusher-t");
      run();
    });
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Later::run() {
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    if (waiting_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const auto due = waiting_.begin()->first;
    if (Clock::now() < due) {
      changed_.wait_until(lock, due);
      continue;
    }
    const auto task = std::move(waiting_.extract(waiting_.begin()).mapped());
    lock.unlock();
    try {
      task();
    } catch (const std::exception& e) {
      host_.error(std::string("what was due could not be done: ") + e.what());
    }
    lock.lock();
  }
}

}  // namespace gardu::pusher
