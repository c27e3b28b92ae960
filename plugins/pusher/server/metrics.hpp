// SPDX-License-Identifier: Apache-2.0
//
// The plugin's numbers. Made on the plugin's thread, counted on any.
#pragma once
#include <gardu/host.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "protocol/settings.hpp"
#include "server/routes.hpp"
#include "server/traffic.hpp"

namespace gardu::pusher {

inline constexpr size_t kChannelKinds = 8;  // as Metrics::kind_of counts them

struct Metrics {
  Metrics(const Host& host, std::span<const AppSettings> apps);

  void handshake(int code) const { count(handshakes, code); }  // 0: accepted
  void api_request(Endpoint endpoint, int status) const {
    count(api_requests[static_cast<size_t>(endpoint)], status);
  }
  // Adds what a thread has counted and starts it anew.
  void report(Traffic& traffic) const;
  // An index into `channels`.
  static size_t kind_of(std::string_view channel) noexcept;

  struct OfApp {
    Counter connections;  // gauge
    Counter events;       // published over the API
  };

  Counter connections;  // gauge
  Counter port;         // gauge: where the listener is bound
  Counter deliveries;   // frames of events handed to sockets
  Counter slow_consumers;
  Counter client_events;
  Counter gateway_events;
  Counter timed_out;
  Counter subscriptions_refused;
  Counter messages_in, messages_out, bytes_in, bytes_out;
  Counter presence_members, signed_in_users;  // gauges
  std::vector<Counter> channels;              // gauges, by kind_of
  std::vector<OfApp> apps;                    // by App::index

 private:
  using Series = std::vector<std::pair<int, Counter>>;  // the last one stands for all others
  static void count(const Series& series, int label);

  Series handshakes;
  std::vector<Series> api_requests;  // by Endpoint
  std::vector<Counter> fanout;       // at most so long, and +Inf
  Counter fanout_sum, fanout_count;
};

}  // namespace gardu::pusher
