// SPDX-License-Identifier: Apache-2.0
//
// The gateway's events on its channels, and who is let into them.
#include "gateway_event.hpp"
#include "gateway_listener.hpp"
#include "stage.hpp"

namespace gardu::pusher::testing {
namespace {

class GatewayTest : public GatewayListener {};

TEST_F(GatewayTest, EventsArriveWithTheirPlace) {
  start({{"threads", 2}});
  RawClient workspace = connected(), chat = connected();
  workspace.subscribe("private-workspace.w1");
  chat.subscribe("private-workspace.w1.chat.c1");
  chat.subscribe("private-workspace.w1.typing.c1");
  hand_over({gateway_event(GARDU_EVENT_MESSAGE_RECEIVED, "message.received",
                           R"({"message":{"text":"\"é"}})"),
             gateway_event(GARDU_EVENT_PLUGIN_STATUS, "plugin.status", "{}"),
             gateway_event(GARDU_EVENT_TYPING_STARTED, "typing.started", "{}"),
             gateway_event(GARDU_EVENT_OTHER, "campaign.progress", R"({"sent":1})")});
  const Json message = workspace.message();
  EXPECT_EQ(message["event"], "message.received");
  EXPECT_EQ(message["channel"], "private-workspace.w1");
  const Json data = Json::parse(message["data"].get<std::string>());
  EXPECT_EQ(data["seq"], 42);
  EXPECT_EQ(data["message"]["text"], "\"é");
  EXPECT_EQ(workspace.message()["event"], "campaign.progress");
  EXPECT_EQ(chat.message()["channel"], "private-workspace.w1.chat.c1");
  EXPECT_EQ(chat.message()["event"], "typing.started");
  EXPECT_EQ(chat.message()["channel"], "private-workspace.w1.typing.c1");
}

TEST_F(GatewayTest, TheSocketThatCausedItIsLeftOut) {
  start();
  RawClient cause = connected(), other = connected();
  cause.subscribe("private-workspace.w1");
  other.subscribe("private-workspace.w1");
  gardu_event own = gateway_event(GARDU_EVENT_MESSAGE_SENT, "message.sent", "{}");
  own.origin_socket = str(cause.socket_id);
  hand_over({own, gateway_event(GARDU_EVENT_CONTACT_CREATED, "contact.created", "{}")});
  EXPECT_EQ(cause.message()["event"], "contact.created");
  EXPECT_EQ(other.message()["event"], "message.sent");
}

TEST_F(GatewayTest, LetsInWhoMayFollow) {
  start();
  host.may_follow = {"w1//", "w1/c1/", "w1//a1"};
  ASSERT_FALSE(host.mounted.empty());
  EXPECT_EQ(view(host.mounted[0].method), "POST");
  EXPECT_EQ(view(host.mounted[0].pattern), "/broadcasting/auth");
  EXPECT_EQ(host.mounted[0].auth, static_cast<uint32_t>(GARDU_AUTH_VIEWER));
  EXPECT_EQ(host.mounted[0].body_limit, 65536U);
  RawClient client = connected();
  for (const std::string channel :
       {"private-workspace.w1", "private-workspace.w1.chat.c1", "private-workspace.w1.typing.c1",
        "private-workspace.w1.session.a1"}) {
    const Answer answer = authorize_form(client.socket_id, channel);
    EXPECT_EQ(answer.status, 200) << channel;
    EXPECT_EQ(Json::parse(answer.body), (Json{{"auth", client.sign(channel)}}));
  }
  const Json body{{"socket_id", client.socket_id}, {"channel_name", "private-workspace.w1"}};
  EXPECT_EQ(authorize(body.dump(), "application/json; charset=utf-8").status, 200);
  EXPECT_EQ(client.subscribe("private-workspace.w1")["event"],
            "pusher_internal:subscription_succeeded");
}

TEST_F(GatewayTest, RefusesTheRest) {
  start();
  host.may_follow = {"w1//"};
  for (const std::string channel : {"private-workspace.w2", "private-workspace.w1.chat.c1",
                                    "private-chat.c1", "news", "private-encrypted-workspace.w1"}) {
    const Answer answer = authorize_form("1.1", channel);
    EXPECT_EQ(answer.status, 403) << channel;
    EXPECT_EQ(answer.type, "application/problem+json");
    const Json problem = Json::parse(answer.body);
    EXPECT_EQ(problem["type"], "about:blank");
    EXPECT_EQ(problem["title"], "Forbidden");
    EXPECT_EQ(problem["status"], 403);
  }
  EXPECT_EQ(authorize_form("1", "private-workspace.w1").status, 422);
  EXPECT_EQ(authorize_form("1.1:x", "private-workspace.w1").status, 422);
  EXPECT_EQ(authorize_form("1.1", "private-workspace.w1%0Ax").status, 422);
  EXPECT_EQ(authorize("", "application/x-www-form-urlencoded").status, 422);
  EXPECT_EQ(authorize("[]", "application/json").status, 422);
  EXPECT_EQ(authorize(R"({"socket_id":1,"channel_name":{}})", "application/json").status, 422);
}

TEST_F(GatewayTest, OtherNodesAreToldOnlyWhatTheyCannotRead) {
  start();
  NotedCluster cluster;
  plugin->hub()->cluster = &cluster;  // nobody is connected: no other thread looks at it
  gardu_event typing = gateway_event(GARDU_EVENT_TYPING_STARTED, "typing.started", "{}");
  typing.seq = 0;
  hand_over({gateway_event(GARDU_EVENT_MESSAGE_RECEIVED, "message.received", "{}"), typing});
  const auto told = cluster.notes.take();
  ASSERT_EQ(told.size(), 2U);
  for (size_t i = 0; i < 2; ++i)
    EXPECT_TRUE(told[i].starts_with(std::string("publish private-workspace.w1.") +
                                    (i == 0 ? "chat" : "typing") + ".c1 typing.started {"))
        << told[i];
  plugin->hub()->cluster = nullptr;
}

TEST_F(GatewayTest, AMissingSecretIsMadeUp) {
  Json settings = basic_settings();
  settings["apps"][0].erase("secret");
  plugin = std::make_unique<PusherPlugin>(host.table());
  ASSERT_TRUE(plugin->start(settings.dump()).ok());
  port = plugin->port();
  RawClient client = connected();
  const std::string auth =
      std::string(kKey) + ':' +
      hmac_sha256_hex(FakeHost::secret_of("apps.3.secret"), client.socket_id + ":private-a");
  client.say({{"event", "pusher:subscribe"}, {"data", {{"channel", "private-a"}, {"auth", auth}}}});
  EXPECT_EQ(client.message()["event"], "pusher_internal:subscription_succeeded");
}

TEST_F(GatewayTest, WithoutAGatewayAppNothingIsMounted) {
  start({{"gateway_app", ""}});
  for (const gardu_route& route : host.mounted)
    EXPECT_FALSE(view(route.pattern).starts_with("/broadcasting")) << view(route.pattern);
  hand_over({gateway_event(GARDU_EVENT_MESSAGE_RECEIVED, "message.received", "{}")});
}

}  // namespace
}  // namespace gardu::pusher::testing
