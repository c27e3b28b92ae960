// SPDX-License-Identifier: Apache-2.0
//
// The HTTP API. Checks in this order: method, app, key, version, timestamp, body, signature, and
// whether the app may; only then is anything parsed.
#include "server/api.hpp"

#include <algorithm>

#include "protocol/signature.hpp"
#include "server/api_call.hpp"

namespace gardu::pusher {
namespace {

std::string allowed_methods(std::string_view wanted) {
  return wanted == "GET" ? "Allow: GET, HEAD, OPTIONS" : "Allow: POST, OPTIONS";
}

WebResponse options_answer(std::string_view wanted) {
  WebResponse response = WebResponse::text(204, {});
  response.header = allowed_methods(wanted);
  return response;
}

WebResponse wrong_method(std::string_view wanted) {
  WebResponse response = WebResponse::text(405, "Method not allowed");
  response.header = allowed_methods(wanted);
  return response;
}

WebResponse not_a_handshake() {
  WebResponse response = WebResponse::text(426, "This is a WebSocket endpoint");
  response.header = "Upgrade: websocket\r\nSec-WebSocket-Version: 13";
  return response;
}

WebResponse answer_call(const ApiCall& call) {
  switch (call.target.endpoint) {
    case Endpoint::events:
      return post_events(call);
    case Endpoint::batch:
      return post_batch(call);
    case Endpoint::channel_events:
      return post_channel_event(call);
    case Endpoint::channels:
      return get_channels(call);
    case Endpoint::channel:
      return get_channel(call);
    case Endpoint::channel_stats:
      return get_channel_stats(call);
    case Endpoint::channel_users:
      return get_channel_users(call);
    case Endpoint::terminate:
      return terminate_connections(call);
    case Endpoint::connections:
      return get_connections(call);
    case Endpoint::none:
    case Endpoint::up:
    case Endpoint::socket:
      break;
  }
  return WebResponse::text(404, "Not found");
}

WebResponse answer_app(Hub& hub, const WebRequest& request, const Target& target, int64_t now_s) {
  App* app = hub.find_by_id(target.app);
  if (app == nullptr) return WebResponse::text(404, "No matching application");
  const std::string problem = verify_request(
      {request.method, request.path(), request.query(), request.body, hub.settings.path},
      app->settings.keys, now_s);
  if (!problem.empty()) return WebResponse::text(401, problem);
  if (!app->settings.enabled) return WebResponse::text(403, "The application is disabled");
  if (app->reads.limited() && method_of(target.endpoint) == "GET") {
    const auto verdict = app->reads.take(1, Quota::Clock::now());
    if (!verdict.allowed) return too_many(verdict);
  }
  return answer_call({hub, *app, request, target});
}

}  // namespace

WebResponse too_many(const Quota::Verdict& verdict) {
  WebResponse response = WebResponse::text(429, "Too many requests");
  response.header = "Retry-After: " + std::to_string(verdict.retry_after_s) +
                    "\r\nX-RateLimit-Limit: " + std::to_string(verdict.limit) +
                    "\r\nX-RateLimit-Remaining: " + std::to_string(verdict.remaining);
  return response;
}

WebResponse answer(Hub& hub, const WebRequest& request, const Target& target, int64_t now_s) {
  if (target.endpoint == Endpoint::none) return WebResponse::text(404, "Not found");
  const std::string_view wanted = method_of(target.endpoint);
  const bool head = request.method == "HEAD" && wanted == "GET";
  if (request.method == "OPTIONS") return options_answer(wanted);
  if (request.method != wanted && !head) return wrong_method(wanted);
  WebResponse response;
  if (target.endpoint == Endpoint::socket)
    response = not_a_handshake();
  else if (target.endpoint == Endpoint::up)
    response = {200, R"({"health":"OK"})", "application/json", {}};
  else
    response = answer_app(hub, request, target, now_s);
  response.no_body = head;
  return response;
}

size_t body_limit(const Settings& settings) {
  constexpr size_t kUnlimited = size_t{16} << 20U;
  size_t limit = 65536;
  for (const AppSettings& app : settings.apps) {
    const Limits& l = app.limits;
    if (l.event_data == 0 || l.channels_per_event == 0 || l.channel_name == 0 || l.batch == 0)
      return kUnlimited;
    // Escaped, one byte of the data takes up to six.
    const size_t one = 6 * l.event_data + l.channels_per_event * (l.channel_name + 3) + 1024;
    limit = std::max(limit, std::min(one * l.batch, kUnlimited));
  }
  return limit;
}

}  // namespace gardu::pusher
