// SPDX-License-Identifier: Apache-2.0
//
// The authorization endpoints that Echo and pusher-js ask before they subscribe or sign in.
#include "gateway/auth_route.hpp"

#include "gateway/auth_request.hpp"
#include "gateway/catch_up.hpp"
#include "gateway/problem.hpp"
#include "protocol/channel.hpp"
#include "protocol/crypto.hpp"
#include "protocol/messages.hpp"
#include "protocol/signature.hpp"

namespace gardu::pusher {
namespace {

constexpr uint64_t kBodyLimit = 65536;

HttpResponse malformed(std::string_view detail) {
  return problem(422, "Unprocessable Content", detail);
}
HttpResponse forbidden(std::string_view detail) { return problem(403, "Forbidden", detail); }

// A token that is nobody's is a user of its own. The name of such a user's channel must be valid.
std::string user_id_of(const Principal& who) {
  return who.user_id.empty() ? "token-" + who.token_id : who.user_id;
}

std::string_view role_of(const Principal& who) {
  switch (who.auth) {
    case GARDU_AUTH_AGENT:
      return "agent";
    case GARDU_AUTH_ADMIN:
      return "admin";
    case GARDU_AUTH_OWNER:
      return "owner";
    default:
      return "viewer";
  }
}

// {"<id_name>":…,"user_info":{…}}: what others may see of a member.
std::string member_of(const Principal& who, std::string_view id_name) {
  const std::string id = json_string(user_id_of(who));
  return "{" + json_string(id_name) + ":" + id + R"(,"user_info":{"id":)" + id + R"(,"name":)" +
         json_string(who.name) + R"(,"role":)" + json_string(role_of(who)) + R"(,"avatar":null}})";
}

// The workspace of a private-chat.{contact} is the token's.
GatewayChannel placed(GatewayChannel channel, const Principal& who) {
  if (channel.workspace_id.empty()) channel.workspace_id = who.workspace_id;
  return channel;
}

// What is signed along: who comes to a presence channel, or from where on a client wants to be told
// what it missed.
std::optional<std::string> channel_data(const AuthRequest& asked, const GatewayChannel& channel,
                                        const Principal& who) {
  if (channel.kind == GatewayChannel::Kind::presence) return member_of(who, "user_id");
  if (!asked.after_seq) return std::nullopt;
  const bool named = channel.kind != GatewayChannel::Kind::blazz_chat;
  return write_claim({*asked.after_seq, named ? std::string() : channel.workspace_id});
}

HttpResponse authorize(const Host& host, const AppSettings& app, Profiles profiles,
                       const HttpRequest& request) {
  const AuthRequest asked = read_auth_request(request);
  if (!is_socket_id(asked.socket_id)) return malformed("socket_id is missing or malformed");
  if (!valid_channel_name(asked.channel, app.limits.channel_name))
    return malformed("channel_name is missing or malformed");
  if (asked.bad_after_seq) return malformed("after_seq is no number, or below 0");
  const auto parsed = parse_gateway_channel(asked.channel, profiles);
  if (!parsed) return forbidden("this is not a channel of the gateway");
  const Principal who = request.principal();
  const GatewayChannel channel = placed(*parsed, who);
  // Who is there is the business of whoever belongs to the workspace, also of a token that sees
  // some of its accounts only.
  const bool may =
      channel.kind == GatewayChannel::Kind::presence
          ? !who.workspace_id.empty() && who.workspace_id == channel.workspace_id
          : host.may_follow(who, channel.workspace_id, channel.contact_id, channel.account_id);
  if (!may) return forbidden("the token may not follow this channel");
  const auto data = channel_data(asked, channel, who);
  std::string body = R"({"auth":)" + json_string(sign_channel(app.keys.front(), asked.socket_id,
                                                              asked.channel, data));
  if (data) body += R"(,"channel_data":)" + json_string(*data);
  return HttpResponse::json(200, body + '}');
}

HttpResponse authenticate(const AppSettings& app, const HttpRequest& request) {
  const AuthRequest asked = read_auth_request(request);
  if (!is_socket_id(asked.socket_id)) return malformed("socket_id is missing or malformed");
  const std::string user = member_of(request.principal(), "id");
  const KeyPair& pair = app.keys.front();
  const std::string auth =
      pair.key + ':' + hmac_sha256_hex(pair.secret, asked.socket_id + "::user::" + user);
  return HttpResponse::json(
      200, R"({"auth":)" + json_string(auth) + R"(,"user_data":)" + json_string(user) + '}');
}

void mount(const Host& host, const char* pattern,
           std::function<HttpResponse(const HttpRequest&)> answer) {
  Route route;
  route.method = "POST";
  route.pattern = pattern;
  route.auth = GARDU_AUTH_VIEWER;
  route.body_limit = kBodyLimit;
  route.handler = [answer = std::move(answer)](const HttpRequest& request, HttpReply reply) {
    reply.send(answer(request));
  };
  host.route(std::move(route));
}

}  // namespace

void mount_auth_routes(const Host& host, const AppSettings& app, Profiles profiles) {
  mount(host, "/broadcasting/auth", [&host, app, profiles](const HttpRequest& request) {
    return authorize(host, app, profiles, request);
  });
  if (app.user_authentication)
    mount(host, "/broadcasting/user-auth",
          [app](const HttpRequest& request) { return authenticate(app, request); });
}

}  // namespace gardu::pusher
