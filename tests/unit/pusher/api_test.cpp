// SPDX-License-Identifier: Apache-2.0
//
// The HTTP API over real connections.
#include "listener.hpp"

namespace gardu::pusher::testing {
namespace {

class ApiTest : public Listener {};

TEST_F(ApiTest, PublishesToEveryThread) {
  start({{"threads", 3}});
  std::vector<RawClient> clients;
  for (int i = 0; i < 6; ++i) {
    clients.push_back(connected());
    clients.back().subscribe("private-a");
  }
  RawClient api(port);
  const Reply reply = publish(
      api, {{"name", "App\\Events\\New"}, {"channels", {"private-a"}}, {"data", R"({"a":"\"é"})"}});
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "{}");
  for (RawClient& client : clients)
    EXPECT_EQ(client.message(), (Json{{"event", "App\\Events\\New"},
                                      {"channel", "private-a"},
                                      {"data", R"({"a":"\"é"})"}}));
}

TEST_F(ApiTest, LeavesOutTheSocketThatIsNamed) {
  start({{"threads", 2}});
  RawClient a = connected(), b = connected(), api(port);
  a.subscribe("news");
  b.subscribe("news");
  for (const std::string& except : {a.socket_id, std::string("1.1")})
    publish(api, {{"name", "n"}, {"channel", "news"}, {"data", except}, {"socket_id", except}});
  EXPECT_EQ(a.message()["data"], "1.1");  // the first one went past
  EXPECT_EQ(b.message()["data"], a.socket_id);
}

TEST_F(ApiTest, KeepsOrderAndConnectionForAHundredRequests) {
  start();
  RawClient client = connected(), api(port);
  client.subscribe("news");
  for (int i = 0; i < 100; ++i)
    ASSERT_EQ(publish(api, {{"name", "n"}, {"channel", "news"}, {"data", std::to_string(i)}}).body,
              "{}");
  for (int i = 0; i < 100; ++i) ASSERT_EQ(client.message()["data"], std::to_string(i));
}

TEST_F(ApiTest, PipelinedAndInPieces) {
  start();
  RawClient api(port);
  const std::string body = R"({"name":"n","channel":"news","data":"x"})";
  const std::string one = "POST " + signed_target("POST", "/apps/3/events", body) +
                          " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) +
                          "\r\n\r\n" + body;
  for (const char c : one) api.write({&c, 1});
  EXPECT_EQ(api.reply().status, 200);
  api.write(one + one + one);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(api.reply().body, "{}");
  api.write(one);
  api.end_output();  // half-closed, but still listening
  EXPECT_EQ(api.reply().body, "{}");
  EXPECT_TRUE(api.at_end());
}

TEST_F(ApiTest, TellsChannels) {
  start({{"threads", 2}});
  RawClient a = connected(), b = connected(), api(port);
  EXPECT_EQ(get(api, "/apps/3/channels").body, R"({"channels":{}})");
  a.subscribe("news");
  b.subscribe("news");
  b.subscribe("private-a,b;c");
  EXPECT_EQ(Json::parse(get(api, "/apps/3/channels", "info=subscription_count").body),
            Json::parse(R"({"channels":{"news":{"subscription_count":2},
                                        "private-a,b;c":{"subscription_count":1}}})"));
  EXPECT_EQ(get(api, "/apps/3/channels", "filter_by_prefix=ne").body,
            R"({"channels":{"news":{}}})");
  EXPECT_EQ(get(api, "/apps/3/channels", "info=user_count").status, 400);
  EXPECT_EQ(get(api, "/apps/3/channels", "filter_by_prefix=presence-&info=user_count").body,
            R"({"channels":{}})");
  EXPECT_EQ(get(api, "/apps/3/channels/news", "info=subscription_count").body,
            R"({"occupied":true,"subscription_count":2})");
  EXPECT_EQ(get(api, "/apps/3/channels/nobody").body, R"({"occupied":false})");
  EXPECT_EQ(get(api, "/apps/3/channels/private-a,b;c").body, R"({"occupied":true})");
  EXPECT_EQ(get(api, "/apps/3/channels/private-a%2Cb%3Bc").body, R"({"occupied":true})");
  EXPECT_EQ(get(api, "/apps/3/channels/news", "info=user_count").status, 400);
}

TEST_F(ApiTest, InfoInTheAnswer) {
  start();
  RawClient client = connected(), api(port);
  client.subscribe("news");
  const Reply reply = publish(api, {{"name", "n"},
                                    {"channels", {"news", "empty", "presence-x"}},
                                    {"data", "x"},
                                    {"info", "subscription_count,user_count"}});
  EXPECT_EQ(Json::parse(reply.body), Json::parse(R"({"channels":{"news":{"subscription_count":1},
                            "empty":{"subscription_count":0},
                            "presence-x":{"user_count":0,"subscription_count":0}}})"));
}

TEST_F(ApiTest, Batches) {
  start();
  RawClient client = connected(), api(port);
  client.subscribe("news");
  const auto post = [&](const Json& events) {
    const std::string body = Json{{"batch", events}}.dump();
    return api.request("POST", signed_target("POST", "/apps/3/batch_events", body), body);
  };
  const Json one{{"name", "n"}, {"channel", "news"}, {"data", "1"}};
  Json excluding = one, asking = one;
  excluding["socket_id"] = client.socket_id;
  asking["info"] = "subscription_count";
  asking["data"] = "3";
  EXPECT_EQ(post({one, excluding}).body, "{}");
  EXPECT_EQ(post({asking, excluding}).body, R"({"batch":[{"subscription_count":1},{}]})");
  EXPECT_EQ(client.message()["data"], "1");
  EXPECT_EQ(client.message()["data"], "3");
  EXPECT_EQ(post(Json::array()).body, "{}");
  EXPECT_EQ(post(Json(11, one)).status, 400);
  EXPECT_EQ(post({one, 7}).status, 400);
  EXPECT_EQ(post("x").status, 400);
}

TEST_F(ApiTest, RefusesWithShortTexts) {
  Json settings = basic_settings();
  settings["apps"].push_back(
      {{"id", "off"}, {"key", "off"}, {"secret", kSecret}, {"enabled", false}});
  start(settings);
  RawClient api(port);
  const std::string body = R"({"name":"n","channel":"news","data":"x"})";
  const int64_t now = std::time(nullptr);
  const auto post = [&](const std::string& target, const std::string& text) {
    const Reply reply = api.request("POST", target, text);
    if (reply.status != 200) {
      EXPECT_NE(reply.head.find("Content-Type: text/plain"), std::string::npos);
    }
    return reply.status;
  };
  EXPECT_EQ(post(signed_target("POST", "/apps/9/events", body), body), 404);
  EXPECT_EQ(post("/apps/3/events", body), 401);
  EXPECT_EQ(post(signed_target("POST", "/apps/3/events", body), body + ' '), 401);
  EXPECT_EQ(post(signed_target("POST", "/apps/3/events", body, {}, now - 590), body), 200);
  EXPECT_EQ(post(signed_target("POST", "/apps/3/events", body, {}, now + 590), body), 200);
  EXPECT_EQ(post(signed_target("POST", "/apps/3/events", body, {}, now - 620), body), 401);
  EXPECT_EQ(post(signed_target("POST", "/apps/3/events", body, {}, now + 620), body), 401);
  EXPECT_EQ(post(signed_target("POST", "/apps/3/events", "{"), "{"), 400);
  EXPECT_EQ(post(signed_target("POST", "/apps/3/channels", body), body), 405);
  EXPECT_EQ(post("/apps/3/nothing", body), 404);
  EXPECT_EQ(publish(api, {{"name", "pusher:x"}, {"channel", "a"}, {"data", ""}}).status, 400);
  const Reply large =
      publish(api, {{"name", "n"}, {"channel", "a"}, {"data", std::string(10241, 'x')}});
  EXPECT_EQ(large.status, 413);
  EXPECT_NE(large.body.find("content of this event"), std::string::npos);
  // The other app's key is of no use here.
  EXPECT_EQ(api.request("GET", "/apps/off/channels?auth_key=" + std::string(kKey)).status, 401);
  const std::string text =
      "auth_key=off&auth_timestamp=" + std::to_string(now) + "&auth_version=1.0";
  EXPECT_EQ(api.request("GET", "/apps/off/channels?" + text + "&auth_signature=" +
                                   hmac_sha256_hex(kSecret, "GET\n/apps/off/channels\n" + text))
                .status,
            403);
}

TEST_F(ApiTest, BodiesBeyondAllLimits) {
  start();
  RawClient api(port);
  api.write("POST /apps/3/events HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n");
  EXPECT_EQ(api.reply().status, 413);
  EXPECT_TRUE(api.at_end());
  RawClient patient(port);
  patient.write(
      "POST /apps/3/events HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
      "Content-Length: 2\r\n\r\n");
  EXPECT_EQ(patient.reply().status, 100);
  patient.write("{}");
  EXPECT_EQ(patient.reply().status, 401);
}

TEST_F(ApiTest, Health) {
  start();
  const Reply reply = RawClient(port).request("GET", "/up");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, R"({"health":"OK"})");
}

}  // namespace
}  // namespace gardu::pusher::testing
