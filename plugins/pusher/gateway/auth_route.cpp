// SPDX-License-Identifier: Apache-2.0
//
// The authorization endpoint that Echo asks before it subscribes.
#include "gateway/auth_route.hpp"

#include <nlohmann/json.hpp>

#include "gateway/profile.hpp"
#include "protocol/channel.hpp"
#include "protocol/crypto.hpp"
#include "protocol/envelope.hpp"
#include "protocol/messages.hpp"
#include "protocol/signature.hpp"

namespace gardu::pusher {
namespace {

constexpr uint64_t kBodyLimit = 65536;

HttpResponse problem(int status, std::string_view title, std::string_view detail) {
  HttpResponse out;
  out.status = status;
  out.content_type = "application/problem+json";
  out.body = R"({"type":"about:blank","title":)" + json_string(title) + R"(,"status":)" +
             std::to_string(status) + R"(,"detail":)" + json_string(detail) + '}';
  return out;
}

struct Asked {
  std::string socket_id, channel;
};

std::string text_or_empty(const nlohmann::json& body, const char* name) {
  const auto it = body.find(name);
  return it != body.end() && it->is_string() ? it->get<std::string>() : std::string();
}

// Clients send a form; JSON is for those who would rather.
Asked read_body(const HttpRequest& request) {
  Asked asked;
  if (request.header("content-type").find("json") != std::string_view::npos) {
    if (nested_too_deep(request.body())) return asked;
    const auto body = nlohmann::json::parse(request.body(), nullptr, false);
    if (!body.is_object()) return asked;
    return {text_or_empty(body, "socket_id"), text_or_empty(body, "channel_name")};
  }
  for (auto& [key, value] : parse_query(request.body(), true)) {
    if (key == "socket_id") asked.socket_id = std::move(value);
    if (key == "channel_name") asked.channel = std::move(value);
  }
  return asked;
}

HttpResponse authorize(const Host& host, const AppSettings& app, const HttpRequest& request) {
  const Asked asked = read_body(request);
  if (!is_socket_id(asked.socket_id))
    return problem(422, "Unprocessable Content", "socket_id is missing or malformed");
  if (!valid_channel_name(asked.channel, app.limits.channel_name))
    return problem(422, "Unprocessable Content", "channel_name is missing or malformed");
  const auto channel = parse_gateway_channel(asked.channel);
  if (!channel) return problem(403, "Forbidden", "this is not a channel of the gateway");
  if (!host.may_follow(request.principal(), channel->workspace_id, channel->contact_id,
                       channel->account_id))
    return problem(403, "Forbidden", "the token may not follow this channel");
  const std::string auth = sign_channel(app.keys.front(), asked.socket_id, asked.channel);
  return HttpResponse::json(200, R"({"auth":)" + json_string(auth) + '}');
}

}  // namespace

void mount_auth_route(const Host& host, const AppSettings& app) {
  Route route;
  route.method = "POST";
  route.pattern = "/broadcasting/auth";
  route.auth = GARDU_AUTH_VIEWER;
  route.body_limit = kBodyLimit;
  route.handler = [&host, app](const HttpRequest& request, HttpReply reply) {
    reply.send(authorize(host, app, request));
  };
  host.route(std::move(route));
}

}  // namespace gardu::pusher
