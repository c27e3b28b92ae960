// SPDX-License-Identifier: Apache-2.0
//
// What the authorization endpoints sign: subscriptions, members, users.
#include "gateway_listener.hpp"

namespace gardu::pusher::testing {
namespace {

const std::string kPresence = "presence-workspace.w1.presence";

class AuthRouteTest : public GatewayListener {
 protected:
  std::string signed_with(const std::string& text) {
    return std::string(kKey) + ':' + hmac_sha256_hex(kSecret, text);
  }
};

TEST_F(AuthRouteTest, AfterSeqIsSignedAlong) {
  start();
  host.may_follow = {"w1//"};
  const std::string channel = "private-workspace.w1", data = R"({"after_seq":7})";
  const Json wanted{{"auth", signed_with("1.1:" + channel + ':' + data)}, {"channel_data", data}};
  EXPECT_EQ(authorize_form("1.1", channel, "&after_seq=7").json(), wanted);
  for (const Json& seq : {Json(7), Json("7")}) {
    const Json body{{"socket_id", "1.1"}, {"channel_name", channel}, {"after_seq", seq}};
    EXPECT_EQ(authorize(body.dump(), "application/json").json(), wanted);
  }
}

TEST_F(AuthRouteTest, AChannelsOwnPlaceCountsFirst) {
  start();
  host.may_follow = {"w1//"};
  for (const std::string more :
       {"&after_seq=9&after_seq[private-workspace.w1]=7",
        "&after_seq%5Bprivate-workspace.w1%5D=7&after_seq=9", "&after_seq=7&after_seq[other]=9"})
    EXPECT_EQ(authorize_form("1.1", "private-workspace.w1", more).json()["channel_data"],
              R"({"after_seq":7})")
        << more;
  const Json body{{"socket_id", "1.1"},
                  {"channel_name", "private-workspace.w1"},
                  {"after_seq", 9},
                  {"after_seq[private-workspace.w1]", 7}};
  EXPECT_EQ(authorize(body.dump(), "application/json").json()["channel_data"],
            R"({"after_seq":7})");
}

TEST_F(AuthRouteTest, AfterSeqMustBeANumber) {
  start();
  host.may_follow = {"w1//"};
  for (const std::string seq : {"x", "-1", "1.5", "1x", "undefined", "99999999999999999999"}) {
    const Answer answer = authorize_form("1.1", "private-workspace.w1", "&after_seq=" + seq);
    EXPECT_EQ(answer.status, 422) << seq;
    EXPECT_EQ(answer.type, "application/problem+json");
  }
  for (const Json& seq : {Json(-1), Json(1.5), Json::array(), Json(true)}) {
    const Json body{
        {"socket_id", "1.1"}, {"channel_name", "private-workspace.w1"}, {"after_seq", seq}};
    EXPECT_EQ(authorize(body.dump(), "application/json").status, 422) << seq;
  }
  // A first connection knows nothing yet.
  EXPECT_FALSE(
      authorize_form("1.1", "private-workspace.w1", "&after_seq=").json().contains("channel_data"));
}

TEST_F(AuthRouteTest, TheUserIsTheMember) {
  start();
  principal_is(GARDU_AUTH_AGENT, "u1", "Ann \"the\" agent");
  const Json answer = authorize_form("1.1", kPresence).json();
  const std::string data = answer["channel_data"];
  EXPECT_EQ(answer["auth"], signed_with("1.1:" + kPresence + ':' + data));
  EXPECT_EQ(Json::parse(data), (Json{{"user_id", "u1"},
                                     {"user_info",
                                      {{"id", "u1"},
                                       {"name", "Ann \"the\" agent"},
                                       {"role", "agent"},
                                       {"avatar", nullptr}}}}));
}

TEST_F(AuthRouteTest, ATokenOfNobodyIsAMemberOfItsOwn) {
  start();
  for (const auto& [role, name] :
       {std::pair{GARDU_AUTH_VIEWER, "viewer"}, std::pair{GARDU_AUTH_ADMIN, "admin"},
        std::pair{GARDU_AUTH_OWNER, "owner"}}) {
    principal_is(role, "", "robot");
    const Json member =
        Json::parse(authorize_form("1.1", kPresence).json()["channel_data"].get<std::string>());
    EXPECT_EQ(member["user_id"], "token-t1");
    EXPECT_EQ(member["user_info"]["role"], name);
    EXPECT_EQ(member["user_info"]["name"], "robot");
  }
}

TEST_F(AuthRouteTest, PresenceIsForMembersAlone) {
  start();
  // A platform token has no workspace; another workspace's is not this one's.
  EXPECT_EQ(authorize_form("1.1", kPresence).status, 403);
  principal_is(GARDU_AUTH_OWNER, "u1", "Ann");
  for (const std::string channel :
       {"presence-workspace.w2.presence", "presence-workspace.w1", "presence-workspace.w1.x",
        "presence-workspace..presence", "presence-w1"})
    EXPECT_EQ(authorize_form("1.1", channel).status, 403) << channel;
}

TEST_F(AuthRouteTest, EncryptedChannelsOfTheGatewayAreNotOffered) {
  start();
  host.may_follow = {"w1//"};
  principal_is(GARDU_AUTH_OWNER, "u1", "Ann");
  EXPECT_EQ(authorize_form("1.1", "private-encrypted-workspace.w1").status, 403);
}

TEST_F(AuthRouteTest, TheUserSignsIn) {
  start();
  principal_is(GARDU_AUTH_ADMIN, "u1", "Ann");
  const Answer answer =
      call("/broadcasting/user-auth", "socket_id=1.1", "application/x-www-form-urlencoded");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const std::string data = answer.json()["user_data"];
  EXPECT_EQ(answer.json()["auth"], signed_with("1.1::user::" + data));
  EXPECT_EQ(Json::parse(data),
            (Json{{"id", "u1"},
                  {"user_info",
                   {{"id", "u1"}, {"name", "Ann"}, {"role", "admin"}, {"avatar", nullptr}}}}));
  EXPECT_EQ(call("/broadcasting/user-auth", "{}", "application/json").status, 422);
}

TEST_F(AuthRouteTest, WithoutUserAuthenticationNobodySignsIn) {
  Json settings = basic_settings();
  settings["apps"][0]["user_authentication"] = false;
  plugin = std::make_unique<PusherPlugin>(host.table());
  ASSERT_TRUE(plugin->start(settings.dump()).ok());
  ASSERT_FALSE(host.mounted.empty());
  EXPECT_EQ(view(host.mounted[0].pattern), "/broadcasting/auth");
  for (const gardu_route& route : host.mounted)
    EXPECT_NE(view(route.pattern), "/broadcasting/user-auth");
}

TEST_F(AuthRouteTest, AgentsWhisperOnATypingChannel) {
  start();
  host.may_follow = {"w1/c1/"};
  const std::string channel = "private-workspace.w1.typing.c1";
  RawClient one = connected(), other = connected();
  for (RawClient* client : {&one, &other}) {
    const Json answer = authorize_form(client->socket_id, channel).json();
    client->say({{"event", "pusher:subscribe"},
                 {"data", {{"channel", channel}, {"auth", answer["auth"]}}}});
    EXPECT_EQ(client->message()["event"], "pusher_internal:subscription_succeeded");
  }
  one.say({{"event", "client-typing"}, {"channel", channel}, {"data", {{"name", "Ann"}}}});
  const Json heard = other.message();
  EXPECT_EQ(heard["event"], "client-typing");
  EXPECT_EQ(heard["data"], R"({"name":"Ann"})");
}

}  // namespace
}  // namespace gardu::pusher::testing
