// SPDX-License-Identifier: Apache-2.0
//
// A channel of the load: the events that go out on it, numbered by publisher, and the check that
// what comes back is one of them, whole and as the protocol says.
#pragma once
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gardu::bench {

struct Number {
  size_t publisher = 0;
  uint32_t sequence = 0;
};

class Stream {
 public:
  Stream(std::string channel, size_t publishers, size_t payload);

  const std::string& channel() const noexcept { return channel_; }
  size_t audience = 0;  // subscribers that get each event

  // The next event of a publisher, as the body of POST events or as a client event. `due`: when.
  std::string_view publish(size_t publisher, int64_t due);
  std::string_view whisper(size_t publisher, int64_t due);

  // Nothing: not an event of this stream. Throws when it is one that was damaged on its way.
  std::optional<Number> recognize(std::string_view message);
  // When it was due, and whether it has reached its whole audience now.
  struct Arrival {
    int64_t due = 0;
    bool complete = false;
  };
  Arrival arrived(Number number);
  size_t incomplete() const;

 private:
  struct Flight {
    int64_t due = 0;
    size_t reached = 0;
  };
  struct Lane {
    uint32_t first = 0;  // sequence of the first flight
    std::deque<Flight> flights;
  };
  std::string_view send(std::string& text, size_t publisher, int64_t due);
  void learn(std::string_view message);

  std::string channel_;
  std::string data_;     // with a marker and no number
  std::string body_;     // of a POST
  std::string whisper_;  // a client event
  std::string pattern_;  // of the first message that came, once it was parsed and found right
  size_t marker_ = 0;
  std::vector<Lane> lanes_;
};

}  // namespace gardu::bench
