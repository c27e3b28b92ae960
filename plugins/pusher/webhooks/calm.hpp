// SPDX-License-Identifier: Apache-2.0
//
// What of an app's happenings is worth telling, and when: holds back a channel that was vacated and
// a member that left, so that who is back within the grace has never been away; tells the number of
// a big channel's subscribers now and then; tells a cache miss once. Pure logic, one thread; times
// are milliseconds UTC that never go back.
#pragma once
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "webhooks/sink.hpp"

namespace gardu::pusher {

using Millis = int64_t;
inline constexpr Millis kNever = std::numeric_limits<Millis>::max();

inline constexpr Millis kGrace = 3'000;
// Of channels with at least this many subscribers the number is told this often.
inline constexpr size_t kBigChannel = 100;
inline constexpr Millis kCountPause = 5'000;

// One thing to do, in the order in which they come.
struct CalmStep {
  enum class Kind {
    tell,     // `event`, now
    hold,     // `event` under `key`: it will be told at `at`, or cancelled
    release,  // what is held under `key` is to be told
    cancel,   // what is held under `key` is to be forgotten
  };
  Kind kind{};
  Millis at = 0;
  std::string key;
  WebhookEvent event;
};
using CalmSteps = std::vector<CalmStep>;

class Calm {
 public:
  // `miss_pause`: of one channel's cache misses within that time the first is told.
  explicit Calm(Millis miss_pause = kGrace) : miss_pause_(miss_pause) {}

  // Which held event this one is, or would undo; empty: neither.
  static std::string key_of(WebhookKind kind, std::string_view channel, std::string_view user);

  void take(WebhookEvent event, Millis now, CalmSteps& out);
  // What was held by an earlier run; false: such a one is held already.
  bool restore(const std::string& key, Millis due);
  // What has become due.
  void poll(Millis now, CalmSteps& out);
  // When the next is; the greatest number when there is none.
  Millis next() const;

 private:
  struct Count {
    size_t told = 0, latest = 0;
    Millis again = 0;  // when it may be told anew
  };
  bool cancel(const std::string& key, CalmSteps& out);
  void take_count(WebhookEvent event, Millis now, CalmSteps& out);
  void poll_counts(Millis now, CalmSteps& out);
  bool missed_lately(const std::string& channel, Millis now);

  const Millis miss_pause_;
  std::multimap<Millis, std::string> due_;
  std::unordered_map<std::string, std::multimap<Millis, std::string>::iterator> held_;
  std::unordered_map<std::string, Count> counts_;  // of big channels that were told lately
  Millis next_count_ = 0;                          // no earlier one becomes due; 0: none
  std::unordered_map<std::string, Millis> misses_;
  size_t sweep_misses_at_ = 1024;
};

}  // namespace gardu::pusher
