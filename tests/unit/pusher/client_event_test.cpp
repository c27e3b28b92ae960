// SPDX-License-Identifier: Apache-2.0
//
// What clients say to each other.
#include "stage.hpp"

namespace gardu::pusher::testing {
namespace {

using Lines = std::vector<std::string>;

class ClientEventTest : public Stage {};

INSTANTIATE_TEST_SUITE_P(Threads, ClientEventTest, ::testing::Values(1U, 4U));

TEST_P(ClientEventTest, OnPresenceTheSenderIsNamed) {
  start();
  RawClient a = connected(), b = connected();
  joined(a, "presence-room", R"({"user_id":10})");
  joined(b, "presence-room", member("b"));
  a.message();
  a.say({{"event", "client-typing"},
         {"channel", "presence-room"},
         {"data", {{"on", true}}},
         {"user_id", "forged"},
         {"more", 1}});
  EXPECT_EQ(b.message(), (Json{{"event", "client-typing"},
                               {"channel", "presence-room"},
                               {"data", R"({"on":true})"},
                               {"user_id", "10"}}));
  expect_quiet(a);
}

TEST_P(ClientEventTest, DataMayBeAnythingOrAbsent) {
  start();
  RawClient a = connected(), b = connected();
  for (RawClient* client : {&a, &b}) client->subscribe("private-a");
  const std::vector<std::pair<std::string, std::string>> table{
      {R"(,"data":{"b":1,"a":[]})", R"({"b":1,"a":[]})"},
      {R"(,"data":"as it is")", "as it is"},
      {R"(,"data":"")", ""},
      {R"(,"data":"{\"a\":1}")", R"({"a":1})"},
      {R"(,"data":null)", "null"},
      {R"(,"data":false)", "false"},
      {R"(,"data":12.5)", "12.5"},
      {R"(,"data":[1,"\u00e9"])", "[1,\"\xc3\xa9\"]"},
      {"", "{}"}};
  for (const auto& [given, expected] : table) {
    a.text(R"({"event":"client-x","channel":"private-a")" + given + "}");
    const Json message = b.message();
    const Json parsed = Json::parse(expected, nullptr, false);
    const Json got = Json::parse(message["data"].get<std::string>(), nullptr, false);
    if (parsed.is_discarded())
      EXPECT_EQ(message["data"], expected);
    else
      EXPECT_EQ(got, parsed);
    EXPECT_FALSE(message.contains("user_id"));
  }
}

TEST_P(ClientEventTest, OnlyAmongMembersOfPrivateAndPresence) {
  start({{"limits", {{"client_events_per_second", 0}}}});
  RawClient a = connected(), b = connected();
  const auto refused = [&](const std::string& event, const std::string& channel, int code) {
    a.say({{"event", event}, {"channel", channel}, {"data", "x"}});
    expect_error(a, code);
    expect_quiet(a);
  };
  for (const std::string channel : {"news", "private-encrypted-a", "cache-a"}) {
    for (RawClient* client : {&a, &b}) client->subscribe(channel);
    if (channel == "cache-a") a.message(), b.message();  // that nothing is kept
    refused("client-x", channel, 4301);
  }
  refused("client-x", "private-a", 4009);
  refused("client-x", "presence-a", 4009);
  for (const std::string event : {"pusher:x", "pusher_internal:member_added", "x", "xclient-x",
                                  "pusher_internal:subscription_succeeded", "pusher:error"})
    refused(event, "private-a", 4200);
  a.say({{"event", "pusher_internal:client-x"}, {"channel", "private-a"}});
  expect_error(a, 4200);
  expect_quiet(b);
}

TEST_P(ClientEventTest, TooManyAreDroppedAndTheConnectionStays) {
  start({{"limits", {{"client_events_per_second", 2}}}});
  RawClient a = connected(), b = connected();
  for (RawClient* client : {&a, &b}) client->subscribe("private-a");
  const std::string event = masked_frame(0x81, R"({"event":"client-a","channel":"private-a"})");
  a.write(event + event + event + event);  // within the same moment
  for (int i = 0; i < 2; ++i) EXPECT_EQ(b.message()["event"], "client-a");
  for (int i = 0; i < 2; ++i) expect_error(a, 4301);
  expect_quiet(a);
  expect_quiet(b);
}

TEST_P(ClientEventTest, OwnersAndTheClusterAreTold) {
  start();
  RawClient a = connected();
  joined(a, "presence-room", member("7"));
  a.subscribe("private-a");
  webhooks.notes.take();
  cluster.notes.take();
  a.say({{"event", "client-x"}, {"channel", "presence-room"}, {"data", {{"n", 1}}}});
  a.say({{"event", "client-y"}, {"channel", "private-a"}, {"data", "text"}});
  expect_quiet(a);
  EXPECT_EQ(webhooks.notes.take(), (Lines{R"(client_event presence-room user=7 client-x {"n":1})",
                                          "client_event private-a client-y text"}));
  EXPECT_EQ(cluster.notes.take(), (Lines{R"(publish presence-room client-x {"n":1} user=7)",
                                         "publish private-a client-y text"}));
  const Hub& hub = *server.hub();
  const Lines room{"presence-room"};
  hub.receive(*app, {room, "client-z", "1", "9.9", "far", false});
  EXPECT_EQ(
      a.message(),
      (Json{
          {"event", "client-z"}, {"channel", "presence-room"}, {"data", "1"}, {"user_id", "far"}}));
}

}  // namespace
}  // namespace gardu::pusher::testing
