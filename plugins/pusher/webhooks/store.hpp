// SPDX-License-Identifier: Apache-2.0
//
// Where events outlive the process that raised them: rows of the plugin's own tables, written by a
// thread of its own in groups. Each row belongs to a node; what a node leaves behind is taken over
// by whoever sees that its heartbeat has stopped.
//
// What a kill -9 loses: events between WebhookSink::raise and the end of the group write that they
// are in, which begins as soon as the one before it has ended, so some milliseconds. Waiting for
// the disk in `raise` would hold up the socket thread and everybody's messages with it.
#pragma once
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "webhooks/rows.hpp"

namespace gardu::pusher {

class WebhookStore {
 public:
  virtual ~WebhookStore() = default;
  // Both soon, and neither blocks. What is erased before it was written never is.
  virtual void put(StoredEvent event) = 0;
  virtual void erase(std::string id) = 0;
};

// How a node shows that it lives, and when another one believes that it does not: it must have
// been able to, so `silence` is more than both pauses.
struct WebhookTimes {
  std::chrono::milliseconds beat{10'000}, watch{15'000}, silence{35'000};
};

class DbWebhookStore final : public WebhookStore {
 public:
  // What another node has left; on the store's thread.
  using Found = std::function<void(std::vector<StoredEvent>)>;
  // `node`: this process's, nobody else's. The host must outlive it.
  DbWebhookStore(const Host& host, std::string node, Found found, WebhookTimes times = {});
  ~DbWebhookStore() override;  // stop()

  // [plugin-thread] The tables, what an earlier run of this node left, and the thread. `left_at`:
  // when that run was stopped, 0 when it was not. Throws Failure.
  std::vector<StoredEvent> start(Millis& left_at);
  // Says soon that this node's stop began then: a host may end the process before `stop`.
  void leave(Millis now);
  // Writes what waits; joins the thread. Twice is fine.
  void stop();

  void put(StoredEvent event) override;
  void erase(std::string id) override;

 private:
  using Puts = std::map<std::string, StoredEvent, std::less<>>;
  using Steady = std::chrono::steady_clock::time_point;
  struct Sighting {
    int64_t beat = 0;
    Steady since;
  };

  void run();
  Steady next_turn() const;
  // What is written is gone from both; false: not all of it. `left_at`: 0, or when the stop began.
  bool write(Puts& puts, std::vector<std::string>& erases, Millis left_at);
  void write_some(Puts& puts, std::vector<std::string>& erases, Millis left_at);
  void write_singly(std::span<const StoredEvent* const> group, const Status& why) const;
  void keep_unwritten(Puts puts, std::vector<std::string> erases);
  void watch();
  void look_at_others(Steady now);
  void adopt_claimed();
  void failed(const Status& status);

  const Host& host_;
  const WebhookRows rows_;
  const Found found_;
  const WebhookTimes times_;
  // The store's thread alone:
  std::map<std::string, Sighting> seen_;  // other nodes with rows
  std::vector<std::string> claims_;       // that were begun, and whose rows were not read yet
  bool failing_ = false;
  Steady next_beat_, next_watch_, retry_at_, next_sweep_;

  std::mutex mutex_;
  std::condition_variable wake_;
  Puts puts_;
  std::vector<std::string> erases_;
  Steady erase_at_;
  Millis left_at_ = 0;
  bool say_left_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace gardu::pusher
