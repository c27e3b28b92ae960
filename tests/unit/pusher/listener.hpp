// SPDX-License-Identifier: Apache-2.0
//
// A started broadcaster on a free port, and signed calls of its HTTP API.
#pragma once
#include <gtest/gtest.h>

#include <ctime>
#include <memory>

#include "fake_host.hpp"
#include "plugin.hpp"
#include "raw_client.hpp"

namespace gardu::pusher::testing {

inline Json basic_settings() {
  return {{"listen", "127.0.0.1:0"},
          {"gateway_app", "3"},
          {"apps", {{{"id", "3"}, {"key", kKey}, {"secret", kSecret}}}}};
}

// `query`: further parameters, sorted by key, as they are signed and sent.
inline std::string signed_target(const std::string& method, const std::string& path,
                                 const std::string& body = {}, const std::string& query = {},
                                 int64_t now = std::time(nullptr)) {
  std::string text = "auth_key=" + std::string(kKey) + "&auth_timestamp=" + std::to_string(now) +
                     "&auth_version=1.0";
  if (!body.empty()) text += "&body_md5=" + md5_hex(body);
  if (!query.empty()) text += '&' + query;
  return path + '?' + text +
         "&auth_signature=" + hmac_sha256_hex(kSecret, method + '\n' + path + '\n' + text);
}

class Listener : public ::testing::Test {
 protected:
  void start(const Json& changes = Json::object()) {
    Json settings = basic_settings();
    settings.merge_patch(changes);
    plugin = std::make_unique<PusherPlugin>(host.table());
    const Status status = plugin->start(settings.dump());
    ASSERT_TRUE(status.ok()) << status.message();
    port = plugin->port();
  }
  void TearDown() override {
    if (plugin) plugin->stop();
  }

  RawClient connected() {
    RawClient client(port);
    client.open();
    return client;
  }
  Reply publish(RawClient& client, const Json& event) {
    const std::string body = event.dump();
    return client.request("POST", signed_target("POST", "/apps/3/events", body), body);
  }
  Reply get(RawClient& client, const std::string& path, const std::string& query = {}) {
    return client.request("GET", signed_target("GET", path, {}, query));
  }

  FakeHost host;
  std::unique_ptr<PusherPlugin> plugin;
  uint16_t port = 0;
};

}  // namespace gardu::pusher::testing
