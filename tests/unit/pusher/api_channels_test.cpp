// SPDX-License-Identifier: Apache-2.0
//
// What the HTTP API tells of channels and their users.
#include "api_caller.hpp"

namespace gardu::pusher::testing {
namespace {

class ApiChannelsTest : public ApiCaller {};

TEST_F(ApiChannelsTest, OnlyOccupiedOnesByPrefix) {
  start({{"threads", 2}});
  RawClient a = connected(), b = connected(), api(port);
  EXPECT_EQ(get(api, "/apps/3/channels").body, R"({"channels":{}})");
  a.subscribe("news");
  join(a, "presence-room", "7");
  join(b, "presence-room", "7");
  b.subscribe("private-a");
  EXPECT_EQ(get(api, "/apps/3/channels").body,
            R"({"channels":{"news":{},"presence-room":{},"private-a":{}}})");
  EXPECT_EQ(get(api, "/apps/3/channels", "filter_by_prefix=pr").body,
            R"({"channels":{"presence-room":{},"private-a":{}}})");
  EXPECT_EQ(get(api, "/apps/3/channels", "filter_by_prefix=__fish").body, R"({"channels":{}})");
  EXPECT_EQ(get(api, "/apps/3/channels", "filter_by_prefix=presence-&info=user_count").body,
            R"({"channels":{"presence-room":{"user_count":1}}})");
  EXPECT_EQ(get(api, "/apps/3/channels", "info=subscription_count,unknown").body,
            R"({"channels":{"news":{"subscription_count":1},)"
            R"("presence-room":{"subscription_count":2},"private-a":{"subscription_count":1}}})");
  EXPECT_EQ(get(api, "/apps/3/channels", "filter_by_prefix=test_&info=user_count").status, 400);
  a.say({{"event", "pusher:unsubscribe"}, {"data", {{"channel", "news"}}}});
  a.say({{"event", "pusher:ping"}});
  EXPECT_EQ(a.message()["event"], "pusher:pong");
  EXPECT_EQ(get(api, "/apps/3/channels", "filter_by_prefix=n").body, R"({"channels":{}})");
}

TEST_F(ApiChannelsTest, AttributesByKind) {
  start();
  RawClient a = connected(), b = connected(), api(port);
  join(a, "presence-room", "7");
  join(b, "presence-room", "8");
  EXPECT_EQ(get(api, "/apps/3/channels/presence-room", "info=user_count").body,
            R"({"occupied":true,"user_count":2})");
  EXPECT_EQ(get(api, "/apps/3/channels/presence-room", "info=subscription_count,user_count").body,
            R"({"occupied":true,"user_count":2,"subscription_count":2})");
  EXPECT_EQ(get(api, "/apps/3/channels/presence-none", "info=user_count,subscription_count").body,
            R"({"occupied":false,"user_count":0,"subscription_count":0})");
  EXPECT_EQ(get(api, "/apps/3/channels/presence-room/stats").body, R"({"occupied":true})");
  EXPECT_EQ(get(api, "/apps/3/channels/nobody/stats").body, R"({"occupied":false})");
  EXPECT_EQ(get(api, "/apps/3/channels/private-x", "info=user_count").status, 400);
  EXPECT_EQ(get(api, "/apps/3/channels/private-x", "info=cache").status, 400);
  EXPECT_EQ(get(api, "/apps/3/channels/a%2Fb").status, 400);
}

TEST_F(ApiChannelsTest, CachedEventsWithTheirTime) {
  Json settings = basic_settings();
  settings["apps"][0]["cache_ttl_s"] = 600;
  start(settings);
  RawClient api(port);
  for (const std::string name : {"cache-a", "private-cache-a", "presence-cache-a"}) {
    EXPECT_EQ(get(api, "/apps/3/channels/" + name, "info=cache").body,
              R"({"occupied":false,"cache":null})");
    publish(api, {{"name", "n"}, {"channel", name}, {"data", R"({"a":"é"})"}});
    const Json answer = Json::parse(get(api, "/apps/3/channels/" + name, "info=cache").body);
    EXPECT_FALSE(answer["occupied"].get<bool>());
    EXPECT_EQ(answer["cache"]["data"], R"({"a":"é"})");
    EXPECT_GT(answer["cache"]["ttl"].get<int>(), 0);
    EXPECT_LE(answer["cache"]["ttl"].get<int>(), 600);
    EXPECT_EQ(answer["cache"].size(), 2U);
  }
  EXPECT_EQ(get(api, "/apps/3/channels/my-cache-a", "info=cache").status, 400);
}

TEST_F(ApiChannelsTest, NamesAreDecodedAndSignedEitherWay) {
  start();
  RawClient client = connected(), api(port);
  const std::string name = "private-a@b,c;d=e.f_g";
  client.subscribe(name);
  const std::string raw = "/apps/3/channels/" + name;
  const std::string escaped = "/apps/3/channels/private-a%40b%2Cc%3bd%3De.f_g";
  EXPECT_EQ(get(api, raw).body, R"({"occupied":true})");
  EXPECT_EQ(get(api, escaped).body, R"({"occupied":true})");
  // Signed before it was escaped.
  const std::string signed_raw = signed_target("GET", raw);
  EXPECT_EQ(api.request("GET", escaped + signed_raw.substr(raw.size())).body,
            R"({"occupied":true})");
}

TEST_F(ApiChannelsTest, UsersOfAPresenceChannel) {
  start({{"threads", 2}});
  RawClient a = connected(), b = connected(), c = connected(), api(port);
  EXPECT_EQ(get(api, "/apps/3/channels/presence-room/users").body, R"({"users":[]})");
  join(a, "presence-room", "10");
  join(b, "presence-room", "9");
  join(c, "presence-room", "10");
  EXPECT_EQ(Json::parse(get(api, "/apps/3/channels/presence-room/users").body),
            Json::parse(R"({"users":[{"id":"10"},{"id":"9"}]})"));
  for (const std::string name : {"news", "private-a", "cache-a", "presencex"}) {
    const Reply reply = get(api, "/apps/3/channels/" + name + "/users");
    EXPECT_EQ(reply.status, 400) << name;
    EXPECT_FALSE(reply.body.empty());
  }
}

TEST_F(ApiChannelsTest, TerminatesTheConnectionsOfAUser) {
  start({{"threads", 2}});
  RawClient first = connected(), second = connected(), other = connected(), api(port);
  sign_in(first, "u-1");
  sign_in(second, "u-1");
  sign_in(other, "u-2");
  first.subscribe("news");
  EXPECT_EQ(post(api, "/apps/3/users/nobody/terminate_connections", Json::object()).body, "{}");
  EXPECT_EQ(call(api, "POST", "/apps/3/users/u%2D1/terminate_connections").body, "{}");
  for (RawClient* client : {&first, &second}) {
    EXPECT_EQ(client->message()["data"]["code"], 4009);
    EXPECT_EQ(client->frame().close_code(), 4009);
  }
  other.say({{"event", "pusher:ping"}});
  EXPECT_EQ(other.message()["event"], "pusher:pong");
  EXPECT_EQ(get(api, "/apps/3/channels").body, R"({"channels":{}})");
}

TEST_F(ApiChannelsTest, ConnectionsAreCountedOnce) {
  start();
  RawClient api(port);
  EXPECT_EQ(get(api, "/apps/3/connections").body, R"({"connections":0})");
  RawClient a = connected(), b = connected();
  for (const char* name : {"a", "b", "c"}) a.subscribe(name);
  EXPECT_EQ(get(api, "/apps/3/connections").body, R"({"connections":2})");
}

}  // namespace
}  // namespace gardu::pusher::testing
