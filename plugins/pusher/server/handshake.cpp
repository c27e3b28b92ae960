// SPDX-License-Identifier: Apache-2.0
//
// The checks of a handshake, each with the code that tells the client how to go on.
#include "server/handshake.hpp"

#include <algorithm>
#include <charconv>

#include "protocol/crypto.hpp"
#include "protocol/origin.hpp"
#include "protocol/signature.hpp"

namespace gardu::pusher {
namespace {

constexpr int kOldestProtocol = 4;
constexpr int kNewestProtocol = 7;

struct Verdict {
  Code code{};
  std::string why;
  bool refused() const noexcept { return !why.empty(); }
};

Verdict check_version(std::string_view text) {
  int version = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), version);
  if (problem != std::errc{} || end != text.data() + text.size())
    return {Code::bad_version, "Invalid version string format"};
  if (version < kOldestProtocol || version > kNewestProtocol)
    return {Code::unsupported_version, "Unsupported protocol version"};
  return {};
}

Verdict check_protocol(std::string_view query) {
  if (query.find('%') != std::string_view::npos) {
    for (const auto& [key, value] : parse_query(query))
      if (key == "protocol")
        if (Verdict v = check_version(value); v.refused()) return v;
    return {};
  }
  while (!query.empty()) {  // nothing to decode, and nothing to copy
    const size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.substr(0, pair.find('=')) != "protocol") continue;
    if (Verdict v = check_version(pair.substr(std::min(pair.size(), size_t{9}))); v.refused())
      return v;
  }
  return {};
}

bool reserve(std::atomic<size_t>& count, size_t limit) {
  size_t now = count.load();
  while (limit == 0 || now < limit)
    if (count.compare_exchange_weak(now, now + 1)) return true;
  return false;
}

Verdict check(Hub& hub, const WebRequest& request, App* app) {
  if (app == nullptr) return {Code::unknown_app, "Application does not exist"};
  if (Verdict v = check_protocol(request.query()); v.refused()) return v;
  if (!app->settings.enabled) return {Code::app_disabled, "Application is disabled"};
  if (!origin_allowed(app->settings.allowed_origins, request.origin))
    return {Code::unauthorized, "Origin not allowed"};
  if (hub.draining.load()) return {Code::reconnect, "The server is restarting"};
  if (!hub.turnstile.allow(Turnstile::Clock::now()))
    return {Code::over_capacity, "Too many clients are connecting at once"};
  if (!reserve(hub.connections, hub.settings.max_connections))
    return {Code::over_capacity, "The server is over capacity"};
  if (!reserve(app->connections, app->settings.max_connections)) {
    hub.connections.fetch_sub(1);
    return {Code::app_over_quota, "Application is over its connection quota"};
  }
  hub.metrics.connections.add(1);
  hub.metrics.apps[app->index].connections.add(1);
  return {};
}

WebResponse bad_request(std::string why) { return WebResponse::text(400, std::move(why)); }

}  // namespace

Handshake shake_hands(Hub& hub, const WebRequest& request, const std::string& key) {
  Handshake out;
  if (request.method != "GET" || !request.http11 || !valid_websocket_key(request.websocket_key)) {
    out.response = bad_request("Not a WebSocket handshake");
  } else if (request.websocket_version != "13") {
    out.response = WebResponse::text(426, "WebSocket version 13 is needed");
    out.response->header = "Sec-WebSocket-Version: 13";
  }
  if (out.response) {
    hub.metrics.handshake(400);
    return out;
  }
  out.accepted =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: " +
      websocket_accept(request.websocket_key) + "\r\n\r\n";
  App* app = hub.find_by_key(key);
  Verdict verdict = check(hub, request, app);
  hub.metrics.handshake(verdict.refused() ? static_cast<int>(verdict.code) : 0);
  out.refusal = verdict.code;
  out.why = std::move(verdict.why);
  if (out.why.empty()) out.app = app;
  return out;
}

void release_connection(Hub& hub, App& app) {
  hub.connections.fetch_sub(1);
  app.connections.fetch_sub(1);
  hub.metrics.connections.add(-1);
  hub.metrics.apps[app.index].connections.add(-1);
}

}  // namespace gardu::pusher
