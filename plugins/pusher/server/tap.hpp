// SPDX-License-Identifier: Apache-2.0
//
// Lets an operator follow one channel: what is sent on it, who comes and goes, and who was refused
// and why. A tap is opened by looking and closes when nobody has looked for a minute; all of it is
// bounded. While there is none, asking costs one relaxed load. Any thread.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <list>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gardu::pusher {

class Taps {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr size_t kTaps = 16;        // at once; the one not looked at longest goes
  static constexpr size_t kRecords = 256;    // of a tap; the oldest go
  static constexpr size_t kRefusals = 256;   // of all apps, tapped or not; the oldest go
  static constexpr size_t kDataKept = 2048;  // bytes of an event's data
  static constexpr std::chrono::seconds kIdle{60};

  enum class What : uint8_t { event, subscribed, unsubscribed, refused };
  struct Record {
    uint64_t id = 0;  // rising
    std::chrono::system_clock::time_point at;
    What what = What::event;
    std::string channel;
    std::string socket_id, user_id;  // who did it; of an event from the API: who is left out
    std::string event, data, why;
    size_t data_size = 0;  // before it was cut
  };

  bool watching() const noexcept { return taps_open_.load(std::memory_order_relaxed) != 0; }
  // These three do nothing for a channel that is not tapped.
  void sent(size_t app, std::span<const std::string> channels, const Record& record);
  void came(size_t app, std::string_view channel, std::string_view socket_id);
  void went(size_t app, std::string_view channel, std::string_view socket_id);
  // Kept in any case.
  void refused(size_t app, std::string_view channel, std::string_view socket_id,
               std::string_view why);

  struct Look {
    std::vector<Record> records;  // after the one that was named, oldest first
    bool opened = false;          // there was no tap: only refusals are known of before
    bool missed = false;          // some went before they were looked at
  };
  Look look(size_t app, std::string_view channel, uint64_t after, Clock::time_point now);
  std::vector<Record> refusals(size_t app) const;  // oldest first

 private:
  struct Tap {
    size_t app = 0;
    std::string channel;
    Clock::time_point looked{};
    uint64_t last_gone = 0;
    std::deque<Record> records;
  };
  struct Refusal {
    size_t app = 0;
    Record record;
  };
  Tap* find(size_t app, std::string_view channel);
  void close_idle(Clock::time_point now);
  void add(size_t app, std::string_view channel, Record record);

  std::atomic<size_t> taps_open_{0};
  mutable std::mutex mutex_;  // guards the rest
  uint64_t last_id_ = 0;
  std::list<Tap> taps_;  // few
  std::deque<Refusal> refusals_;
};

}  // namespace gardu::pusher
