// SPDX-License-Identifier: Apache-2.0
//
// Settings, and events as publishers send them.
#include "protocol/settings.hpp"

#include <gtest/gtest.h>

#include "protocol/publish_request.hpp"

namespace gardu::pusher {
namespace {

TEST(Settings, Defaults) {
  const auto s = parse_settings("{}");
  ASSERT_TRUE(s);
  EXPECT_EQ(s->host, "127.0.0.1");
  EXPECT_EQ(s->port, 8080);
  EXPECT_EQ(s->send_queue, 1048576U);
  ASSERT_EQ(s->apps.size(), 1U);
  EXPECT_EQ(s->apps[0].keys[0].key, "gardu-key");
  EXPECT_EQ(s->apps[0].limits.event_data, 10240U);
}

TEST(Settings, Read) {
  const auto s = parse_settings(
      R"({"listen":"[::1]:0","path":"ws/","send_queue":"64KiB","activity_timeout_s":5,"gateway_app":"a",
          "apps":[{"id":"a","key":"k","secret":"s","keys":[{"key":"k2","secret":"s2"}],
                   "limits":{"event_data":5},"allowed_origins":["x.org"]}]})");
  ASSERT_TRUE(s);
  EXPECT_EQ(s->host, "::1");
  EXPECT_EQ(s->port, 0);
  EXPECT_EQ(s->path, "/ws");
  EXPECT_EQ(s->send_queue, 65536U);
  EXPECT_EQ(s->activity_timeout, std::chrono::seconds(5));
  EXPECT_EQ(s->apps[0].keys.size(), 2U);
  EXPECT_EQ(s->apps[0].limits.event_data, 5U);
  EXPECT_EQ(s->apps[0].limits.event_name, 200U);
}

TEST(Settings, ProblemsNameTheKey) {
  const std::vector<std::pair<std::string, std::string>> table{
      {R"({"listen":"nowhere"})", "listen"},
      {R"({"listen":"a:99999"})", "listen"},
      {R"({"send_queue":"much"})", "send_queue"},
      {R"({"tls":{"certificate":"x"}})", "tls"},
      {R"({"gateway_app":"zzz"})", "gateway_app"},
      {R"({"activity_timeout_s":0})", "activity_timeout_s"},
      {R"({"apps":[{"key":"k"}],"gateway_app":""})", "apps[0].id"},
      {R"({"apps":[{"id":"a","key":"k"},{"id":"b","key":"k"}],"gateway_app":"a"})", "apps[1]"},
  };
  for (const auto& [text, key] : table) {
    const auto s = parse_settings(text);
    ASSERT_FALSE(s) << text;
    EXPECT_NE(s.status().message().find(key), std::string::npos) << s.status().message();
  }
}

int refused(const std::string& body) {
  const auto result = parse_publish_request(body, Limits{});
  const auto* refusal = std::get_if<Refusal>(&result);
  return refusal == nullptr ? 0 : refusal->status;
}

TEST(PublishRequest, Read) {
  const auto result = parse_publish_request(
      R"({"name":"n","data":{"a":[1, 2]},"channels":["x","y","x"],"socket_id":"1.2","info":"subscription_count"})",
      Limits{});
  const auto& request = std::get<PublishRequest>(result);
  EXPECT_EQ(request.data, R"({"a":[1,2]})");
  EXPECT_EQ(request.channels, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(request.except, "1.2");
  EXPECT_TRUE(request.subscription_count);
  EXPECT_FALSE(request.user_count);
}

TEST(PublishRequest, Refused) {
  EXPECT_EQ(refused(R"({"name":"n","data":"","channel":"x"})"), 0);
  EXPECT_EQ(refused(R"({"name":"n","data":"x","channels":["x"],"socket_id":null})"), 0);
  for (const char* bad :
       {"", "[]", "{", R"({"data":"","channel":"x"})", R"({"name":"","data":"","channel":"x"})",
        R"({"name":7,"data":"","channel":"x"})", R"({"name":"n","channel":"x"})",
        R"({"name":"n","data":""})", R"({"name":"n","data":"","channels":[]})",
        R"({"name":"n","data":"","channels":"x"})", R"({"name":"n","data":"","channels":[7]})",
        R"({"name":"n","data":"","channel":"a b"})",
        R"({"name":"pusher:x","data":"","channel":"x"})",
        R"({"name":"pusher_internal:x","data":"","channel":"x"})",
        R"({"name":"n","data":"","channel":"x","socket_id":"x"})",
        R"({"name":"n","data":"","channel":"x","socket_id":7})"})
    EXPECT_EQ(refused(bad), 400) << bad;
  const std::string long_name(201, 'n');
  EXPECT_EQ(refused(R"({"name":")" + long_name + R"(","data":"","channel":"x"})"), 400);
  const std::string data(10241, 'd');
  EXPECT_EQ(refused(R"({"name":"n","data":")" + data + R"(","channel":"x"})"), 413);
  std::string many = R"({"name":"n","data":"","channels":["c0")";
  for (int i = 1; i < 101; ++i) many += ",\"c" + std::to_string(i) + '"';
  EXPECT_EQ(refused(many + "]}"), 400);
}

}  // namespace
}  // namespace gardu::pusher
