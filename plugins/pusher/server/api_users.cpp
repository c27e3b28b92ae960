// SPDX-License-Identifier: Apache-2.0
//
// Who is there: a channel's users, the app's connections, and sending a user away.
#include "protocol/channel.hpp"
#include "protocol/messages.hpp"
#include "server/api_call.hpp"

namespace gardu::pusher {

WebResponse get_channel_users(const ApiCall& call) {
  const std::string& name = call.target.name;
  if (!valid_channel_name(name, call.app.settings.limits.channel_name))
    return WebResponse::text(400, "not a valid channel name");
  if (!classify(name).presence)
    return WebResponse::text(400, "users are only known of presence channels");
  std::string body = R"({"users":[)";
  for (const std::string& user : call.app.roster.users(name)) {
    if (body.back() == '}') body.push_back(',');
    body += R"({"id":)";
    append_json_string(body, user);
    body.push_back('}');
  }
  return json_answer(body + "]}");
}

WebResponse terminate_connections(const ApiCall& call) {
  call.hub.terminate(call.app, call.target.name);
  return json_answer("{}");
}

WebResponse get_connections(const ApiCall& call) {
  return json_answer(R"({"connections":)" + std::to_string(call.app.connections.load()) + '}');
}

}  // namespace gardu::pusher
