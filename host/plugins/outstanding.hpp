// SPDX-License-Identifier: Apache-2.0
//
// What a plugin still waits to be told: it may only be destroyed when all of that was told, or the
// telling would run into what is gone. Shared with the callbacks, so it outlives the plugin.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "plugins/plugin_host.hpp"

namespace gardu::host {

class Outstanding : public std::enable_shared_from_this<Outstanding> {
 public:
  // Wraps a callback that is certainly called before long.
  template <class... Args>
  std::function<void(Args...)> counted(std::function<void(Args...)> done) {
    {
      const std::lock_guard lock(mutex_);
      ++count_;
    }
    return [self = shared_from_this(), done = std::move(done)](Args... args) {
      if (done) done(std::forward<Args>(args)...);
      const std::lock_guard lock(self->mutex_);
      --self->count_;
      self->changed_.notify_all();
    };
  }
  // One that was wrapped and will not be called after all.
  void forget_one() {
    const std::lock_guard lock(mutex_);
    --count_;
    changed_.notify_all();
  }
  // Blocks until all of them have been called.
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return count_ == 0; });
  }

  // Calls to the outside may take minutes: they are given up instead of waited for.
  using HttpDone = std::function<void(const HttpOutcome&)>;
  std::uint64_t keep(HttpDone done) {
    const std::lock_guard lock(mutex_);
    calls_.emplace(++last_, std::move(done));
    return last_;
  }
  // Empty: it was given up.
  HttpDone take(std::uint64_t call) {
    const std::lock_guard lock(mutex_);
    const auto node = calls_.extract(call);
    return node ? std::move(node.mapped()) : HttpDone{};
  }
  void give_up_calls() {
    std::map<std::uint64_t, HttpDone> calls;
    {
      const std::lock_guard lock(mutex_);
      calls.swap(calls_);
    }
    for (const auto& [id, done] : calls) done({});
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t count_ = 0;
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, HttpDone> calls_;
};

}  // namespace gardu::host
