// SPDX-License-Identifier: Apache-2.0
//
// Defines the series.
#include "server/metrics.hpp"

#include <algorithm>
#include <array>

#include "protocol/channel.hpp"

namespace gardu::pusher {
namespace {

std::string label(std::string_view name, std::string_view value) {
  std::string out(name);
  out += "=\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') out.push_back('\\');
    if (c == '\n')
      out += "\\n";
    else
      out.push_back(c);
  }
  return out + '"';
}

constexpr std::array<std::string_view, kChannelKinds> kKinds{"public",
                                                             "cache",
                                                             "private",
                                                             "private-cache",
                                                             "private-encrypted",
                                                             "private-encrypted-cache",
                                                             "presence",
                                                             "presence-cache"};

std::vector<int> statuses_of(Endpoint endpoint) {
  switch (endpoint) {
    case Endpoint::none:
      return {400, 404, 413, 431, 500};
    case Endpoint::up:
      return {200, 204, 405, 500};
    case Endpoint::socket:
      return {204, 400, 405, 426, 500};
    case Endpoint::events:
    case Endpoint::batch:
      return {200, 204, 400, 401, 403, 404, 405, 413, 429, 500};
    case Endpoint::channel_events:
      return {202, 204, 400, 401, 403, 404, 405, 413, 429, 500};
    default:
      return {200, 204, 400, 401, 403, 404, 405, 429, 500};
  }
}

using Series = std::vector<std::pair<int, Counter>>;

Series define_requests(const Host& host, Endpoint endpoint) {
  const std::string route = label("route", label_of(endpoint)) + ',';
  Series out;
  for (const int status : statuses_of(endpoint))
    out.emplace_back(status,
                     host.counter("api_requests_total", "HTTP requests by route and status.",
                                  route + label("status", std::to_string(status))));
  return out;
}

Series define_handshakes(const Host& host) {
  Series out;
  for (const int code : {0, 4001, 4003, 4004, 4006, 4007, 4009, 4100, 4200, 400})
    out.emplace_back(code,
                     host.counter("handshakes_total", "WebSocket handshakes by result.",
                                  label("result", code == 0 ? "accepted" : std::to_string(code))));
  return out;
}

constexpr std::string_view kFanoutHelp = "How long events took from the publisher to the sockets.";

std::vector<Counter> define_fanout(const Host& host) {
  std::vector<Counter> out;
  const auto define = [&](const std::string& limit) {
    out.push_back(host.counter("fanout_microseconds_bucket", kFanoutHelp, label("le", limit)));
  };
  for (const int64_t limit : FanoutTimes::kUpTo) define(std::to_string(limit));
  define("+Inf");
  return out;
}

}  // namespace

Metrics::Metrics(const Host& host, std::span<const AppSettings> all)
    : connections(host.gauge("connections", "WebSocket connections that are open.")),
      port(host.gauge("listen_port", "The port that the listener is bound to.")),
      deliveries(host.counter("deliveries_total", "Events handed to a connection's queue.")),
      slow_consumers(
          host.counter("slow_consumers_total", "Connections cut off: their queue was full.")),
      client_events(host.counter("client_events_total", "Client events passed on.")),
      gateway_events(
          host.counter("gateway_events_total", "Events of the gateway that had an audience.")),
      timed_out(host.counter("timeouts_total", "Connections closed: they answered no ping.")),
      subscriptions_refused(
          host.counter("subscriptions_refused_total", "Subscriptions that were refused.")),
      messages_in(host.counter("messages_received_total", "Messages of WebSocket clients.")),
      messages_out(host.counter("messages_sent_total", "Messages queued to WebSocket clients.")),
      bytes_in(host.counter("received_bytes_total", "Bytes read from all connections.")),
      bytes_out(host.counter("sent_bytes_total", "Bytes written to all connections.")),
      presence_members(host.gauge(
          "presence_members", "Users in presence channels by this node, each channel's together.")),
      signed_in_users(host.gauge("signed_in_users", "Users that are signed in on this node.")),
      handshakes(define_handshakes(host)),
      fanout(define_fanout(host)),
      fanout_sum(host.counter("fanout_microseconds_sum", kFanoutHelp)),
      fanout_count(host.counter("fanout_microseconds_count", kFanoutHelp)) {
  for (const std::string_view kind : kKinds)
    channels.push_back(
        host.gauge("channels", "Channels that somebody is in, by kind.", label("kind", kind)));
  for (const AppSettings& app : all)
    apps.push_back(
        {host.gauge("app_connections", "WebSocket connections by app.", label("app", app.id)),
         host.counter("app_events_total", "Events published over the API by app.",
                      label("app", app.id))});
  for (size_t i = 0; i < kEndpoints; ++i)
    api_requests.push_back(define_requests(host, static_cast<Endpoint>(i)));
}

void Metrics::report(Traffic& traffic) const {
  const auto hand_over = [](const Counter& counter, int64_t& counted) {
    if (counted != 0) counter.add(std::exchange(counted, 0));
  };
  hand_over(messages_in, traffic.messages_in);
  hand_over(messages_out, traffic.messages_out);
  hand_over(bytes_in, traffic.bytes_in);
  hand_over(bytes_out, traffic.bytes_out);
  hand_over(deliveries, traffic.deliveries);
  int64_t up_to_here = 0;  // each class counts those below it too
  for (size_t i = 0; i < fanout.size(); ++i) {
    up_to_here += std::exchange(traffic.fanout.classes[i], 0);
    if (up_to_here != 0) fanout[i].add(up_to_here);
  }
  if (up_to_here != 0) fanout_count.add(up_to_here);
  hand_over(fanout_sum, traffic.fanout.sum_us);
}

size_t Metrics::kind_of(std::string_view channel) noexcept {
  const ChannelKind kind = classify(channel);
  const size_t cached = kind.cached ? 1 : 0;
  if (kind.presence) return 6 + cached;
  if (kind.encrypted) return 4 + cached;
  return (kind.needs_auth || kind.of_user ? 2 : 0) + cached;
}

void Metrics::count(const Series& series, int value) {
  for (const auto& [known, counter] : series)
    if (known == value) return counter.add();
  series.back().second.add();
}

}  // namespace gardu::pusher
