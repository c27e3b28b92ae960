// SPDX-License-Identifier: Apache-2.0
//
// The HTTP API. Checks in this order: app, key, version, timestamp, body, signature; only then is
// anything parsed.
#include "server/api.hpp"

#include <algorithm>

#include "protocol/channel.hpp"
#include "protocol/messages.hpp"
#include "protocol/publish_request.hpp"
#include "protocol/signature.hpp"

namespace gardu::pusher {
namespace {

std::string value_of(const Query& query, std::string_view name) {
  for (const auto& [key, value] : query)
    if (key == name) return value;
  return {};
}

// Attributes of a channel as a JSON object's members, e.g. "subscription_count":3
std::string attributes(const App& app, const std::string& channel, bool subscriptions, bool users) {
  const bool presence = classify(channel).presence;
  if (users && presence) return R"("user_count":)" + std::to_string(app.counts.count(channel));
  if (subscriptions && !presence)
    return R"("subscription_count":)" + std::to_string(app.counts.count(channel));
  return {};
}

WebResponse post_events(Hub& hub, App& app, const WebRequest& request) {
  auto parsed = parse_publish_request(request.body, app.settings.limits);
  if (const auto* refusal = std::get_if<Refusal>(&parsed))
    return WebResponse::text(refusal->status, refusal->text);
  const auto& publication = std::get<PublishRequest>(parsed);
  hub.publish(app, {publication.name, publication.data, publication.channels, publication.except});
  if (!publication.wants_info) return {200, "{}", "application/json", {}};
  std::string body = R"({"channels":{)";
  for (size_t i = 0; i < publication.channels.size(); ++i) {
    if (i != 0) body.push_back(',');
    append_json_string(body, publication.channels[i]);
    body += ":{" +
            attributes(app, publication.channels[i], publication.subscription_count,
                       publication.user_count) +
            '}';
  }
  return {200, body + "}}", "application/json", {}};
}

WebResponse post_batch(Hub& hub, App& app, const WebRequest& request) {
  auto parsed = parse_batch_request(request.body, app.settings.limits);
  if (const auto* refusal = std::get_if<Refusal>(&parsed))
    return WebResponse::text(refusal->status, refusal->text);
  std::string body = R"({"batch":[)";
  bool wants_info = false;
  for (const auto& event : std::get<std::vector<PublishRequest>>(parsed)) {
    hub.publish(app, {event.name, event.data, event.channels, event.except});
    if (body.back() == '}') body.push_back(',');
    body += '{' +
            attributes(app, event.channels.front(), event.subscription_count, event.user_count) +
            '}';
    wants_info |= event.wants_info;
  }
  return {200, wants_info ? body + "]}" : "{}", "application/json", {}};
}

WebResponse get_channels(const App& app, const Query& query) {
  const std::string prefix = value_of(query, "filter_by_prefix");
  const std::string info = value_of(query, "info");
  const bool users = asks_for(info, "user_count");
  if (users && !prefix.starts_with("presence-"))
    return WebResponse::text(400, "user_count needs filter_by_prefix=presence-");
  std::string body = R"({"channels":{)";
  bool first = true;
  for (const auto& [name, count] : app.counts.list(prefix)) {
    if (!first) body.push_back(',');
    first = false;
    append_json_string(body, name);
    body += ":{" + attributes(app, name, asks_for(info, "subscription_count"), users) + '}';
  }
  return {200, body + "}}", "application/json", {}};
}

WebResponse get_channel(const App& app, const std::string& name, const Query& query) {
  if (!valid_channel_name(name, app.settings.limits.channel_name))
    return WebResponse::text(400, "not a valid channel name");
  const std::string info = value_of(query, "info");
  const bool users = asks_for(info, "user_count");
  if (users && !classify(name).presence)
    return WebResponse::text(400, "user_count is only known of presence channels");
  std::string body = R"({"occupied":)";
  body += app.counts.count(name) > 0 ? "true" : "false";
  const std::string more = attributes(app, name, asks_for(info, "subscription_count"), users);
  if (!more.empty()) body += ',' + more;
  return {200, body + '}', "application/json", {}};
}

WebResponse answer_app(Hub& hub, const WebRequest& request, const Target& target, int64_t now_s) {
  App* app = hub.find_by_id(target.app);
  if (app == nullptr) return WebResponse::text(404, "No matching application");
  const bool posted = target.endpoint == Endpoint::events || target.endpoint == Endpoint::batch;
  const std::string_view wanted = posted ? "POST" : "GET";
  const std::string problem = verify_request(
      {request.method, request.path(), request.query(), request.body, hub.settings.path},
      app->settings.keys, now_s);
  if (!problem.empty()) return WebResponse::text(401, problem);
  if (!app->settings.enabled) return WebResponse::text(403, "The application is disabled");
  if (request.method != wanted) {
    auto response = WebResponse::text(405, "Method not allowed");
    response.header = "Allow: " + std::string(wanted);
    return response;
  }
  if (target.endpoint == Endpoint::events) return post_events(hub, *app, request);
  if (target.endpoint == Endpoint::batch) return post_batch(hub, *app, request);
  const Query query = parse_query(request.query());
  return target.endpoint == Endpoint::channels ? get_channels(*app, query)
                                               : get_channel(*app, target.channel, query);
}

}  // namespace

WebResponse answer(Hub& hub, const WebRequest& request, const Target& target, int64_t now_s) {
  switch (target.endpoint) {
    case Endpoint::none:
      return WebResponse::text(404, "Not found");
    case Endpoint::up:
      return {200, R"({"health":"OK"})", "application/json", {}};
    case Endpoint::socket: {
      auto response = WebResponse::text(426, "This is a WebSocket endpoint");
      response.header = "Upgrade: websocket\r\nSec-WebSocket-Version: 13";
      return response;
    }
    default:
      return answer_app(hub, request, target, now_s);
  }
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
