// SPDX-License-Identifier: Apache-2.0
//
// Calls of the HTTP API, and clients that are members or signed in.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "listener.hpp"

namespace gardu::pusher::testing {

class ApiCaller : public Listener {
 protected:
  static Reply call(RawClient& client, const std::string& method, const std::string& path,
                    const std::string& body = {}, const std::string& query = {}) {
    return client.request(method, signed_target(method, path, body, query), body);
  }
  static Reply post(RawClient& client, const std::string& path, const Json& body) {
    return call(client, "POST", path, body.dump());
  }
  // Parameters in any order and case, signed as `signed_text` says and sent as `sent` does.
  static std::string target_as(const std::string& method, const std::string& path,
                               const std::string& sent, const std::string& signed_text) {
    const std::string auth = "auth_key=" + std::string(kKey) +
                             "&auth_timestamp=" + std::to_string(std::time(nullptr)) +
                             "&auth_version=1.0";
    return path + '?' + auth + '&' + sent + "&auth_signature=" +
           hmac_sha256_hex(kSecret, method + '\n' + path + '\n' + auth + '&' + signed_text);
  }

  static std::string signed_for(const std::string& text) {
    return std::string(kKey) + ':' + hmac_sha256_hex(kSecret, text);
  }
  static void join(RawClient& client, const std::string& channel, const std::string& user) {
    const std::string data = Json{{"user_id", user}}.dump();
    client.say({{"event", "pusher:subscribe"},
                {"data",
                 {{"channel", channel},
                  {"channel_data", data},
                  {"auth", signed_for(client.socket_id + ':' + channel + ':' + data)}}}});
    EXPECT_EQ(client.message()["event"], "pusher_internal:subscription_succeeded");
  }
  static void sign_in(RawClient& client, const std::string& user) {
    const std::string data = Json{{"id", user}}.dump();
    client.say(
        {{"event", "pusher:signin"},
         {"data",
          {{"user_data", data}, {"auth", signed_for(client.socket_id + "::user::" + data)}}}});
    EXPECT_EQ(client.message()["event"], "pusher:signin_success");
  }
  static bool has_line(const Reply& reply, const std::string& line) {
    return reply.head.find(line + "\r\n") != std::string::npos;
  }

  // Every endpoint of an app, with the method that it takes.
  static std::vector<std::pair<std::string, std::string>> endpoints() {
    return {{"POST", "/events"},
            {"POST", "/batch_events"},
            {"GET", "/channels"},
            {"GET", "/channels/presence-a"},
            {"GET", "/channels/presence-a/users"},
            {"GET", "/channels/presence-a/stats"},
            {"POST", "/channels/presence-a/events"},
            {"POST", "/users/7/terminate_connections"},
            {"GET", "/connections"}};
  }
};

}  // namespace gardu::pusher::testing
