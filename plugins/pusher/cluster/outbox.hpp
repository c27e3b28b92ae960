// SPDX-License-Identifier: Apache-2.0
//
// What waits to be told to the other nodes. Bounded: the oldest goes first, and who missed it will
// ask for everything anew. Any thread; one of them takes.
#pragma once
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace gardu::pusher {

class Outbox {
 public:
  using Time = std::chrono::steady_clock::time_point;
  // How long changes of counts are gathered; and those of channels that this node's first
  // subscriber comes to or its last one leaves: as long as it takes to tell many of them at once.
  static constexpr std::chrono::milliseconds kGather{75}, kGatherEdges{2};

  explicit Outbox(size_t limit) : limit_(limit) {}

  // Members are told as they are when it is their turn, so only that something changed waits here.
  struct Item {
    bool member = false;  // else `text` is a record, ready
    bool gone = false;    // of a member: nobody was left anywhere with that user
    size_t app = 0;
    std::string text, user;  // of a member: the room, the user
    size_t size() const noexcept { return sizeof(Item) + text.size() + user.size(); }
  };
  // How many old ones it pushed out.
  size_t push(Item item);
  // `total`: of all nodes just after the change.
  void count_changed(size_t app, std::string_view channel, size_t total, bool edge, Time now);
  void clear();  // drops all that waits
  void wake();   // ends a wait

  using Counts = std::map<std::pair<size_t, std::string>, size_t>;
  struct Taken {
    std::deque<Item> items;
    Counts counts;  // channels whose counts changed, once gathered
    bool lost = false;
  };
  // Waits for anything until then.
  Taken take(Time until);

 private:
  const size_t limit_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Item> items_;
  size_t bytes_ = 0;
  bool lost_ = false, woken_ = false;
  struct Gathered {
    Counts counts;
    Time due{};
  };
  Gathered counts_, edges_;  // no channel is in both
};

}  // namespace gardu::pusher
