// SPDX-License-Identifier: Apache-2.0
//
// What the parts of the generator share: what was asked for, the poller, and what was seen.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "measure.hpp"
#include "stream.hpp"
#include "wire.hpp"

namespace gardu::bench {

struct Options {
  std::string mode;
  int port = 0;
  pid_t server = 0;
  std::string id, key, secret;
  size_t subscribers = 0, channels = 0, publishers = 0, window = 0, parallel = 0, payload = 0;
  size_t warmup = 0;   // events before the measured ones
  double seconds = 0;  // for which is measured
  size_t events = 0;   // or so many; 0: as many as there is time for
  double rate = 0;     // events a second at times fixed before; 0: as soon as the window has room
  int64_t tick_us = 0;
  bool private_channels = false;
};

struct Load {
  explicit Load(Options o) : options(std::move(o)), poller(options.port, options.tick_us * 1000) {}

  Options options;
  Poller poller;
  std::vector<std::unique_ptr<Stream>> streams;

  size_t ready = 0;  // subscribers that are subscribed (or connected, without a channel)
  size_t ended = 0;  // connections that the server closed
  size_t open = 0;   // events that have not reached everybody
  size_t joins = 0;  // announcements of members
  size_t leaves = 0;
  bool measuring = false;
  uint64_t delivered = 0;  // of the measured ones
  uint64_t acknowledged = 0;
  int64_t last_ns = 0;  // when something arrived
  Histogram latency, acknowledgement, subscribed;
  std::vector<std::string> failures;  // the first ones

  void fail(std::string what) {
    if (failures.size() < 5) failures.push_back(std::move(what));
  }
};

}  // namespace gardu::bench
