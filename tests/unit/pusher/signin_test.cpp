// SPDX-License-Identifier: Apache-2.0
//
// Signing in, what only signed-in users may do, and how they are thrown out.
#include "stage.hpp"

namespace gardu::pusher::testing {
namespace {

using Lines = std::vector<std::string>;

class SigninTest : public Stage {
 protected:
  static void subscribe(RawClient& client, const std::string& channel) {
    client.say({{"event", "pusher:subscribe"}, {"data", {{"channel", channel}, {"auth", ""}}}});
  }
  static void expect_subscribed(RawClient& client, const std::string& channel) {
    subscribe(client, channel);
    EXPECT_EQ(client.message(), (Json{{"event", "pusher_internal:subscription_succeeded"},
                                      {"data", "{}"},
                                      {"channel", channel}}));
  }
};

INSTANTIATE_TEST_SUITE_P(Threads, SigninTest, ::testing::Values(1U, 4U));

TEST_P(SigninTest, AnswersWithTheSameText) {
  start();
  RawClient client = connected();
  const std::string user_data = R"( {"id":"12345", "user_info":{"b":1.0,"a":null}} )";
  ask_sign_in(client, user_data);
  const Json answer = client.message();
  EXPECT_EQ(answer["event"], "pusher:signin_success");
  EXPECT_FALSE(answer.contains("channel"));
  EXPECT_EQ(data_of(answer), (Json{{"user_data", user_data}}));
  ask_sign_in(client, user_data);  // as clients do again and again
  EXPECT_EQ(client.message(), answer);
  EXPECT_EQ(app->roster.users(kSignedIn), Lines{"12345"});
  client.close();
  RawClient other = connected();
  while (app->roster.count(kSignedIn) != 0) expect_quiet(other);
}

TEST_P(SigninTest, AWrongSignatureClosesTheConnection) {
  start();
  RawClient client = connected(), other = connected();
  client.say({{"event", "pusher:signin"},
              {"data",
               {{"user_data", R"({"id":"1"})"},
                {"auth", signed_text(other.socket_id + R"(::user::{"id":"1"})")}}}});
  expect_closed(client, 4009);
  ask_sign_in(other, R"({"id":"1"})");
  EXPECT_EQ(other.message()["event"], "pusher:signin_success");
}

TEST_P(SigninTest, UserDataThatNamesNobody) {
  start({{"limits", {{"user_id", 8}}}});
  for (const char* data : {"{", "", "[]", "null", "{}", R"({"id":""})", R"({"id":7})",
                           R"({"id":null})", R"({"id":["1"]})", R"({"id":"123456789"})"}) {
    RawClient client = connected();
    ask_sign_in(client, data);
    expect_closed(client, 4009);
  }
  EXPECT_EQ(app->roster.count(kSignedIn), 0U);
}

TEST_P(SigninTest, MalformedMessagesLeaveTheSocketUsable) {
  start();
  RawClient client = connected();
  for (const Json& data :
       {Json(nullptr), Json(""), Json::array(), Json(5), Json::object(), Json{{"auth", "x"}},
        Json{{"user_data", "{}"}}, Json{{"auth", 5}, {"user_data", Json::object()}}}) {
    client.say({{"event", "pusher:signin"}, {"data", data}});
    expect_error(client, 4200);
  }
  sign_in(client, "1");
}

TEST_P(SigninTest, ADifferentUserOnTheSameConnectionIsThrownOut) {
  start();
  RawClient client = connected();
  sign_in(client, "1");
  ask_sign_in(client, R"({"id":"2"})");
  expect_closed(client, 4009);
  RawClient other = connected();
  while (app->roster.count(kSignedIn) != 0) expect_quiet(other);
}

TEST_P(SigninTest, AnAppCanDoWithout) {
  start({{"user_authentication", false}});
  RawClient client = connected();
  ask_sign_in(client, R"({"id":"1"})");
  expect_error(client, 4009);
  expect_quiet(client);
  subscribe(client, "#server-to-user-1");
  expect_refused(client, "#server-to-user-1", "AuthError", 4009);
}

TEST_P(SigninTest, AUsersOwnChannelIsTheUsersAlone) {
  start();
  RawClient anonymous = connected(), one = connected(), two = connected(), again = connected();
  sign_in(one, "1");
  sign_in(again, "1");
  sign_in(two, "2");
  subscribe(anonymous, "#server-to-user-1");
  expect_refused(anonymous, "#server-to-user-1", "AuthError", 4009);
  subscribe(two, "#server-to-user-1");
  expect_refused(two, "#server-to-user-1", "AuthError", 4009);
  expect_subscribed(one, "#server-to-user-1");
  expect_subscribed(again, "#server-to-user-1");
  expect_subscribed(two, "#server-to-user-2");
  const std::array<std::string, 1> channels{"#server-to-user-1"};
  server.hub()->publish(*app, {"hello", "{}", channels, {}});
  const Json event{{"event", "hello"}, {"data", "{}"}, {"channel", "#server-to-user-1"}};
  EXPECT_EQ(one.message(), event);
  EXPECT_EQ(again.message(), event);
  expect_quiet(two);
  one.say({{"event", "client-x"}, {"channel", "#server-to-user-1"}});
  expect_error(one, 4301);
  EXPECT_EQ(webhooks.notes.take(), Lines{});  // of such channels nobody is told
}

TEST_P(SigninTest, TerminatingAUserClosesAllItsConnections) {
  start();
  std::vector<RawClient> ones;
  for (int i = 0; i < 8; ++i) {
    ones.push_back(connected());
    sign_in(ones.back(), "1");
    joined(ones.back(), "presence-room", member("u"));
  }
  RawClient two = connected(), anonymous = connected();
  sign_in(two, "2");
  joined(two, "presence-room", member("two"));
  for (RawClient& client : ones) client.message();  // of the newcomer
  server.hub()->terminate(*app, "1");
  for (RawClient& client : ones) expect_closed(client, 4009);
  EXPECT_EQ(two.message()["event"], "pusher_internal:member_removed");
  expect_quiet(two);
  expect_quiet(anonymous);
  EXPECT_EQ(app->roster.users(kSignedIn), Lines{"2"});
  const Lines told = cluster.notes.take();
  EXPECT_EQ(std::ranges::count(told, "terminate 1"), 1);
  server.hub()->terminate_here(*app, "2");  // as another node asks for it
  expect_closed(two, 4009);
  EXPECT_EQ(std::ranges::count(cluster.notes.take(), "terminate 2"), 0);
}

}  // namespace
}  // namespace gardu::pusher::testing
