// SPDX-License-Identifier: Apache-2.0
//
// Who may call the HTTP API: checked on every endpoint, before anything is read.
#include "api_caller.hpp"

namespace gardu::pusher::testing {
namespace {

class ApiAuthTest : public ApiCaller {
 protected:
  static std::string with_key(const std::string& method, const std::string& path,
                              const std::string& key, std::string_view secret) {
    const std::string text = "auth_key=" + key +
                             "&auth_timestamp=" + std::to_string(std::time(nullptr)) +
                             "&auth_version=1.0";
    return path + '?' + text +
           "&auth_signature=" + hmac_sha256_hex(secret, method + '\n' + path + '\n' + text);
  }
};

TEST_F(ApiAuthTest, EveryEndpointRefusesABadSignature) {
  start();
  RawClient api(port);
  for (const auto& [method, path] : endpoints()) {
    const std::string whole = "/apps/3" + path;
    const std::string body = method == "POST" ? "{}" : "";
    EXPECT_EQ(api.request(method, whole, body).status, 401) << path;
    std::string target = signed_target(method, whole, body);
    target.back() = target.back() == '0' ? '1' : '0';
    EXPECT_EQ(api.request(method, target, body).status, 401) << path;
    target = signed_target(method, whole, body, {}, std::time(nullptr) - 650);
    const Reply late = api.request(method, target, body);
    EXPECT_EQ(late.status, 401) << path;
    EXPECT_NE(late.body.find("Timestamp expired"), std::string::npos) << late.body;
    target = signed_target(method, whole, body, {}, std::time(nullptr) + 650);
    EXPECT_EQ(api.request(method, target, body).status, 401) << path;
    EXPECT_EQ(call(api, method, "/apps/9" + path, body).status, 404) << path;
    EXPECT_NE(call(api, method, whole, body).status, 401) << path;
  }
}

TEST_F(ApiAuthTest, TheBodyIsTheOneThatWasSigned) {
  start();
  RawClient api(port);
  const std::string body = R"({"name":"n","channel":"news","data":"x"})";
  const std::string other = R"({"name":"n","channel":"news","data":"y"})";
  EXPECT_EQ(api.request("POST", signed_target("POST", "/apps/3/events", body), other).status, 401);
  // The digest of another body, but all of it rightly signed.
  EXPECT_EQ(
      api.request("POST", signed_target("POST", "/apps/3/events", {}, "body_md5=" + md5_hex(other)),
                  body)
          .status,
      401);
  EXPECT_EQ(api.request("POST", signed_target("POST", "/apps/3/events"), body).status, 401);
  const std::string path = "/apps/3/users/7/terminate_connections";
  const std::string nothing = "body_md5=d41d8cd98f00b204e9800998ecf8427e";
  EXPECT_EQ(call(api, "POST", path, {}, nothing).status, 200);
  EXPECT_EQ(call(api, "POST", path).status, 200);
  EXPECT_EQ(call(api, "GET", "/apps/3/channels", {}, nothing).status, 200);
  EXPECT_EQ(
      call(api, "GET", "/apps/3/channels", {}, "body_md5=99914b932bd37a50b983c5e7c90ae93b").status,
      401);
}

TEST_F(ApiAuthTest, KeysOfThisAppOnly) {
  Json settings = basic_settings();
  settings["apps"][0]["keys"] = {{{"key", "new-key"}, {"secret", "new-secret"}}};
  settings["apps"].push_back({{"id", "4"}, {"key", "key-4"}, {"secret", "secret-4"}});
  settings["apps"].push_back(
      {{"id", "off"}, {"key", "key-off"}, {"secret", "secret-off"}, {"enabled", false}});
  start(settings);
  RawClient api(port);
  const std::string path = "/apps/3/channels";
  EXPECT_EQ(api.request("GET", with_key("GET", path, "new-key", "new-secret")).status, 200);
  EXPECT_EQ(api.request("GET", with_key("GET", path, "new-key", kSecret)).status, 401);
  EXPECT_EQ(api.request("GET", with_key("GET", path, "key-4", "secret-4")).status, 401);
  EXPECT_EQ(api.request("GET", with_key("GET", "/apps/4/channels", "key-4", "secret-4")).status,
            200);
  for (const auto& [method, end] : endpoints())
    EXPECT_EQ(
        api.request(method, with_key(method, "/apps/off" + end, "key-off", "secret-off")).status,
        403)
        << end;
  EXPECT_EQ(api.request("GET", "/apps/off/channels").status, 401);
}

TEST_F(ApiAuthTest, ParametersAsLibrariesSendThem) {
  start();
  RawClient client = connected(), api(port);
  client.subscribe("a,b");
  const auto status = [&](const std::string& sent, const std::string& signed_text) {
    const Reply reply = api.request("GET", target_as("GET", "/apps/3/channels", sent, signed_text));
    return reply.status;
  };
  EXPECT_EQ(status("filter_by_prefix=a%2Cb", "filter_by_prefix=a,b"), 200);
  EXPECT_EQ(status("filter_by_prefix=a,b", "filter_by_prefix=a,b"), 200);
  EXPECT_EQ(status("x=a+b", "x=a+b"), 200);
  EXPECT_EQ(status("x=a+b", "x=a b"), 200);
  EXPECT_EQ(status("x=a%20b", "x=a b"), 200);
  EXPECT_EQ(status("x=", "x="), 200);
  EXPECT_EQ(status("Zeta=1&ALPHA=2&info=x", "info=x&zeta=1"), 401);
  EXPECT_EQ(status("x=1", "x=2"), 401);
  // Sorted by their names in lower case.
  const std::string now = std::to_string(std::time(nullptr));
  const std::string text = "alpha=2&auth_key=" + std::string(kKey) + "&auth_timestamp=" + now +
                           "&auth_version=1.0&zeta=1";
  EXPECT_EQ(api.request("GET", "/apps/3/channels?Zeta=1&auth_version=1.0&ALPHA=2&auth_timestamp=" +
                                   now + "&auth_key=" + std::string(kKey) + "&auth_signature=" +
                                   hmac_sha256_hex(kSecret, "GET\n/apps/3/channels\n" + text))
                .status,
            200);
}

TEST_F(ApiAuthTest, UnderAMountPrefix) {
  start({{"path", "/ws"}});
  RawClient api(port);
  const std::string body = R"({"name":"n","channel":"news","data":"x"})";
  // Libraries sign what comes behind the prefix; some sign all of it.
  EXPECT_EQ(api.request("POST", "/ws" + signed_target("POST", "/apps/3/events", body), body).status,
            200);
  EXPECT_EQ(call(api, "POST", "/ws/apps/3/events", body).status, 200);
  EXPECT_EQ(call(api, "POST", "/apps/3/events", body).status, 404);
  EXPECT_EQ(api.request("GET", "/ws/up").body, R"({"health":"OK"})");
  EXPECT_EQ(api.request("GET", "/up").status, 404);
  EXPECT_EQ(api.request("GET", "/wsx/up").status, 404);
  RawClient inside(port), outside(port);
  inside.open("/ws/app/" + std::string(kKey));
  EXPECT_EQ(outside.upgrade("/app/" + std::string(kKey)).status, 404);
}

}  // namespace
}  // namespace gardu::pusher::testing
