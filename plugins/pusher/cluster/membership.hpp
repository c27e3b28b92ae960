// SPDX-License-Identifier: Apache-2.0
//
// This node's place among the others: takes what they write, knows who is alive, and says what has
// to be written to them because of it. Everything but the way in and out. Thread-safe; time is
// given.
#pragma once
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/node_table.hpp"
#include "cluster/receiver.hpp"

namespace gardu::pusher {

class Membership {
 public:
  using Time = NodeTable::Time;

  Membership(std::string self, const Hub& hub);

  // False: it was no message of ours. Own ones are ignored.
  bool hear(std::string_view bytes, Time now);
  void link_lost(Time now);
  void link_back(Time now);

  struct Todo {
    bool greet = false;                   // a heartbeat is wanted now, not when it is due
    bool listens_anew = false;            // and is to say so
    std::vector<NodeTable::Ask> asks;     // whom to ask
    std::vector<NodeTable::Ask> answers;  // who asked
    std::vector<std::string> met;         // to whom nothing was told until now
  };
  // Forgets who is dead; to be called several times a second.
  void tick(Time now);
  // What is to be written by now; soon when `urgent`.
  Todo take_todo(Time now);
  bool urgent() const noexcept { return urgent_.load(std::memory_order_acquire); }

  // Others that are alive.
  size_t others() const noexcept { return others_.load(std::memory_order_acquire); }
  bool speaks() const noexcept { return speaks_.load(std::memory_order_acquire); }
  const std::string& self() const noexcept { return self_; }

 private:
  void apply(const wire::Envelope& envelope, NodeTable::Heard heard, Time now);
  void apply(std::string_view node, const wire::Record& record, bool listed, Time now);
  void publish_facts(Time now);

  const std::string self_;
  const Hub& hub_;
  std::mutex mutex_;  // of all below
  NodeTable nodes_;
  Receiver receiver_;
  std::vector<NodeTable::Ask> asked_;
  std::vector<std::string> met_;
  bool greet_ = false, listens_anew_ = false;
  std::atomic<size_t> others_{0};
  std::atomic<bool> speaks_{true}, urgent_{false};
};

}  // namespace gardu::pusher
