// SPDX-License-Identifier: Apache-2.0
//
// Posts what waits in the queue: one delivery at a time of a target's lane, at most eight of a
// target. All of it on the plugin's thread; what a database that is away keeps from being written
// down is written later, and its lane waits for it.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "queue.hpp"
#include "target.hpp"

namespace forward_events {

using Clock = std::function<std::int64_t()>;  // microseconds UTC

class Sender {
 public:
  // `host`, `settings` and `queue` outlive this.
  Sender(const gardu::Host& host, const Settings& settings, const Queue& queue, Clock clock);

  void begin();                         // in start
  void wake(Micros delay = Micros{0});  // looks into the queue, after that time at the latest

 private:
  struct Line {  // a target's
    const Target* target = nullptr;
    std::set<std::string> busy;     // lanes with a delivery under way
    std::int64_t paused_until = 0;  // it asked for that, or is out of order
    std::int64_t outages = 0;       // in a row
    gardu::Counter delivered, failed, dead, queued;
  };
  struct Outcome {  // to be written down
    Delivery delivery;
    Verdict verdict;
    std::string why;
    std::int64_t not_before;
  };

  void look();
  void sweep();
  Micros send_due(Line& line);  // when to look again
  bool send(Line& line, const Delivery& delivery);
  void ended(Line& line, const Delivery& delivery, const gardu::HttpAnswer& answer);
  std::int64_t next_try(Line& line, const Delivery& delivery, const gardu::HttpAnswer& answer);
  void note_health(Line& line, const gardu::HttpAnswer& answer);
  void write_down();
  void write_down(const Outcome& outcome);

  const gardu::Host& host_;
  const Settings& settings_;
  const Queue& queue_;
  Clock clock_;
  std::map<std::string, Line> lines_;  // by the target's id
  std::vector<Outcome> outcomes_;
  std::minstd_rand luck_{std::random_device{}()};
  std::uint64_t timer_ = 0;
  std::int64_t timer_at_ = 0, swept_at_ = 0;
};

}  // namespace forward_events
