// SPDX-License-Identifier: Apache-2.0
//
// Defines the series.
#include "server/metrics.hpp"

#include <string>

namespace gardu::pusher {

Metrics::Metrics(const Host& host)
    : connections(host.gauge("connections", "WebSocket connections that are open.")),
      port(host.gauge("listen_port", "The port that the listener is bound to.")),
      deliveries(host.counter("deliveries_total", "Events handed to a connection's queue.")),
      slow_consumers(
          host.counter("slow_consumers_total", "Connections cut off: their queue was full.")),
      client_events(host.counter("client_events_total", "Client events passed on.")),
      gateway_events(
          host.counter("gateway_events_total", "Events of the gateway that had an audience.")),
      timed_out(host.counter("timeouts_total", "Connections closed: they answered no ping.")) {
  for (const int code : {0, 4001, 4003, 4004, 4006, 4007, 4009, 4100, 4200, 400}) {
    const std::string label = "result=\"" + (code == 0 ? "accepted" : std::to_string(code)) + '"';
    handshakes.emplace_back(
        code, host.counter("handshakes_total", "WebSocket handshakes by result.", label));
  }
  for (const int status : {200, 400, 401, 403, 404, 405, 413, 500}) {
    const std::string label = "status=\"" + std::to_string(status) + '"';
    api_requests.emplace_back(
        status, host.counter("api_requests_total", "HTTP requests by status.", label));
  }
}

void Metrics::count(const Series& series, int label) {
  for (const auto& [value, counter] : series)
    if (value == label) return counter.add();
  series.back().second.add();
}

}  // namespace gardu::pusher
