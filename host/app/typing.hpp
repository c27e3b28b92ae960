// SPDX-License-Identifier: Apache-2.0
//
// Typing that ends by itself: five seconds after the last typing.started of somebody in a
// conversation comes the typing.stopped, unless it was told before. One thread of its own.
#pragma once
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "journal/intake.hpp"

namespace gardu::host {

class Typing final : public Ephemeral {
 public:
  using Publish = std::function<void(storage::JournalEntry)>;
  explicit Typing(Publish publish, std::chrono::milliseconds lasts = std::chrono::seconds(5));
  ~Typing() override;  // stop()

  // Publishes the entry; from any thread.
  void raise(storage::JournalEntry entry) override;
  void stop();

 private:
  using Clock = std::chrono::steady_clock;
  struct Shown {
    Clock::time_point until;
    storage::JournalEntry entry;  // the last typing.started
  };
  void loop();

  const Publish publish_;
  const std::chrono::milliseconds lasts_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // By contact and who types; guarded by mutex_.
  std::map<std::pair<std::string, std::string>, Shown> shown_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace gardu::host
