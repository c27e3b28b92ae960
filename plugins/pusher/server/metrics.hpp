// SPDX-License-Identifier: Apache-2.0
//
// The plugin's numbers. Made on the plugin's thread, counted on any.
#pragma once
#include <gardu/host.hpp>
#include <utility>
#include <vector>

namespace gardu::pusher {

struct Metrics {
  explicit Metrics(const Host& host);

  void handshake(int code) const { count(handshakes, code); }  // 0: accepted
  void api_request(int status) const { count(api_requests, status); }

  Counter connections;  // gauge
  Counter port;         // gauge: where the listener is bound
  Counter deliveries;   // frames of events handed to sockets
  Counter slow_consumers;
  Counter client_events;
  Counter gateway_events;
  Counter timed_out;

 private:
  using Series = std::vector<std::pair<int, Counter>>;  // the last one stands for all others
  static void count(const Series& series, int label);

  Series handshakes, api_requests;
};

}  // namespace gardu::pusher
