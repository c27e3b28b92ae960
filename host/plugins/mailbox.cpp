// SPDX-License-Identifier: Apache-2.0
#include "plugins/mailbox.hpp"

#include <algorithm>

namespace gardu::host {
namespace {

std::int64_t micros(Mailbox::Clock::time_point at) {
  return std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count();
}

}  // namespace

Mailbox::Mailbox(std::size_t capacity, std::function<bool()> idle)
    : capacity_(capacity), idle_(std::move(idle)), thread_([this] { loop(); }) {}

Mailbox::~Mailbox() { close(); }

bool Mailbox::post(Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (closing_ || no_tasks_) return false;
    if (tasks_.size() >= capacity_) {
      ++refused_;
      return false;
    }
    tasks_.push_back(std::move(task));
  }
  changed_.notify_all();
  return true;
}

bool Mailbox::post_control(std::function<void()> run) {
  {
    const std::lock_guard lock(mutex_);
    if (closing_) return false;
    control_.push_back(std::move(run));
  }
  changed_.notify_all();
  return true;
}

std::uint64_t Mailbox::after(std::chrono::microseconds delay, Task task) {
  std::uint64_t id = 0;
  {
    const std::lock_guard lock(mutex_);
    if (closing_ || no_tasks_) return 0;
    id = next_timer_++;
    const auto at = Clock::now() + delay;
    timers_.emplace(std::pair{at, id}, std::move(task));
    due_.emplace(id, at);
  }
  changed_.notify_all();
  return id;
}

bool Mailbox::cancel(std::uint64_t timer) {
  Task task;
  {
    const std::lock_guard lock(mutex_);
    const auto due = due_.find(timer);
    if (due == due_.end()) return false;
    const auto it = timers_.find({due->second, timer});
    task = std::move(it->second);
    timers_.erase(it);
    due_.erase(due);
  }
  if (task.drop) task.drop();
  return true;
}

void Mailbox::wake() {
  {
    const std::lock_guard lock(mutex_);
    if (woken_) return;
    woken_ = true;
  }
  changed_.notify_all();
}

std::size_t Mailbox::depth() const {
  const std::lock_guard lock(mutex_);
  return tasks_.size() + control_.size();
}

std::uint64_t Mailbox::refused() const {
  const std::lock_guard lock(mutex_);
  return refused_;
}

bool Mailbox::close(std::optional<std::chrono::milliseconds> limit) {
  {
    std::unique_lock lock(mutex_);
    closing_ = true;
    changed_.notify_all();
    if (limit && !changed_.wait_for(lock, *limit, [this] { return ended_; })) return false;
  }
  if (thread_.joinable()) thread_.join();
  return true;
}

void Mailbox::hook(std::optional<std::int64_t> seq) {
  busy_seq_.store(seq.value_or(0), std::memory_order_relaxed);
  busy_since_.store(seq ? micros(Clock::now()) : 0, std::memory_order_relaxed);
}

Mailbox::Busy Mailbox::busy() const {
  const std::int64_t since = busy_since_.load(std::memory_order_relaxed);
  if (since == 0) return {};
  return {std::chrono::microseconds(std::max<std::int64_t>(1, micros(Clock::now()) - since)),
          busy_seq_.load(std::memory_order_relaxed)};
}

// With mutex_ held.
bool Mailbox::take_due(Task& out) {
  if (timers_.empty() || timers_.begin()->first.first > Clock::now()) return false;
  const auto it = timers_.begin();
  out = std::move(it->second);
  due_.erase(it->first.second);
  timers_.erase(it);
  return true;
}

void Mailbox::loop() {
  std::unique_lock lock(mutex_);
  bool more = false;  // `idle` said that it has more
  for (;;) {
    if (!control_.empty()) {
      const auto run = std::move(control_.front());
      control_.pop_front();
      lock.unlock();
      hook(0);
      run();
      hook(std::nullopt);
      lock.lock();
      continue;
    }
    if (closing_) break;
    Task task;
    bool found = take_due(task);
    if (!found && !tasks_.empty()) {
      task = std::move(tasks_.front());
      tasks_.pop_front();
      found = true;
    }
    if (found) {
      lock.unlock();
      hook(0);
      task.run();
      task = {};
      hook(std::nullopt);
      lock.lock();
      // A stream of tasks must not keep events waiting: one piece of each in turn.
      if (!woken_ && !more) continue;
    }
    if (woken_ || more) {
      woken_ = false;
      lock.unlock();
      more = idle_();
      lock.lock();
      continue;
    }
    if (found) continue;
    const auto ready = [this] {
      return closing_ || woken_ || !control_.empty() || !tasks_.empty() ||
             (!timers_.empty() && timers_.begin()->first.first <= Clock::now());
    };
    if (timers_.empty()) {
      changed_.wait(lock, [&] { return ready() || !timers_.empty(); });
    } else {
      const auto at = timers_.begin()->first.first;  // a copy: the entry may go meanwhile
      changed_.wait_until(lock, at, ready);
    }
  }
  lock.unlock();
  shut();
  lock.lock();
  ended_ = true;
  changed_.notify_all();
}

void Mailbox::drop_tasks() {
  std::unique_lock lock(mutex_);
  const auto tasks = std::exchange(tasks_, {});
  lock.unlock();
  for (const Task& task : tasks)
    if (task.drop) task.drop();
}

void Mailbox::shut_tasks() {
  std::unique_lock lock(mutex_);
  no_tasks_ = true;
  const auto timers = std::exchange(timers_, {});
  const auto tasks = std::exchange(tasks_, {});
  due_.clear();
  lock.unlock();
  for (const auto& [key, task] : timers)
    if (task.drop) task.drop();
  for (const Task& task : tasks)
    if (task.drop) task.drop();
}

void Mailbox::shut() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  shut_tasks();
}

}  // namespace gardu::host
