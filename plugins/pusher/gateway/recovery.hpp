// SPDX-License-Identifier: Apache-2.0
//
// Brings clients that come back what they missed. They say up to where they know everything (signed
// by the gateway, in `channel_data`); what came after is read from the journal by threads of its
// own, few of them, however many clients come at once; clients that ask for the same wait for one
// reading. Called on the loops' threads; stopped before the loops end.
#pragma once
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "gateway/missed.hpp"
#include "server/hub.hpp"

namespace gardu::pusher {

class CatchUp;
class Loop;

class Recoveries final : public Recoverer {
 public:
  // Metrics are defined here: on the plugin's thread.
  Recoveries(Hub& hub, const App& gateway, Profiles profiles);
  ~Recoveries() override;  // stopped

  void start();
  // Joins its threads; what is asked for afterwards is never answered. Twice is fine.
  void stop();

  void subscribed(Subscription& subscription, std::string_view channel_data) override;

  // Who is told of a page, on its loop, if it is still there.
  struct Waiter {
    Loop* loop = nullptr;
    std::weak_ptr<CatchUp*> who;  // locked on the loop's thread alone
  };
  void ask(const Missed& missed, Waiter waiter);

  Counter replays, resyncs, events;

 private:
  using Clock = std::chrono::steady_clock;
  struct Reading {
    Missed missed;
    std::vector<Waiter> waiters;
    int tries = 0;
  };
  void run();
  void read(const std::shared_ptr<Reading>& reading);

  Hub& hub_;
  const App& gateway_;
  const Profiles profiles_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // Below: guarded by mutex_.
  bool stopping_ = false;
  std::multimap<Clock::time_point, std::shared_ptr<Reading>> due_;
  std::map<Missed, std::shared_ptr<Reading>> waiting_;  // those of due_ that others may join
  std::vector<std::thread> threads_;
};

}  // namespace gardu::pusher
