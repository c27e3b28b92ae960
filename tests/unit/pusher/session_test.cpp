// SPDX-License-Identifier: Apache-2.0
//
// What clients say once they are connected.
#include "listener.hpp"
#include "protocol/utf8.hpp"

namespace gardu::pusher::testing {
namespace {

class SessionTest : public Listener {
 protected:
  static Json succeeded(const std::string& channel) {
    return {
        {"event", "pusher_internal:subscription_succeeded"}, {"data", "{}"}, {"channel", channel}};
  }
  // The next message is an error with that code, and the socket goes on.
  static void expect_error(RawClient& client, int code) {
    const Json error = client.message();
    EXPECT_EQ(error["event"], "pusher:error") << error;
    EXPECT_EQ(error["data"]["code"], code) << error;
    client.say({{"event", "pusher:ping"}});
    EXPECT_EQ(client.message()["event"], "pusher:pong");
  }
  static void expect_refused(RawClient& client, const Json& first, const std::string& channel,
                             int code) {
    EXPECT_EQ(first["event"], "pusher:subscription_error") << first;
    EXPECT_EQ(first["channel"], channel);
    expect_error(client, code);
  }
};

TEST_F(SessionTest, SubscribesToPublicPrivateAndEncrypted) {
  start();
  RawClient client = connected();
  client.say({{"event", "pusher:subscribe"}, {"data", {{"channel", "news"}, {"auth", ""}}}});
  EXPECT_EQ(client.message(), succeeded("news"));
  client.say({{"event", "pusher:subscribe"}, {"data", R"({"channel":"more"})"}});
  EXPECT_EQ(client.message(), succeeded("more"));
  EXPECT_EQ(client.subscribe("private-a"), succeeded("private-a"));
  EXPECT_EQ(client.subscribe("private-a"), succeeded("private-a"));  // again
  EXPECT_EQ(client.subscribe("private-encrypted-a"), succeeded("private-encrypted-a"));
  EXPECT_EQ(client.subscribe("privateer"), succeeded("privateer"));
}

TEST_F(SessionTest, RefusesBadSignatures) {
  start();
  RawClient client = connected();
  client.say({{"event", "pusher:subscribe"}, {"data", {{"channel", "private-a"}}}});
  expect_refused(client, client.message(), "private-a", 4009);
  client.say({{"event", "pusher:subscribe"},
              {"data", {{"channel", "private-a"}, {"auth", client.sign("private-b")}}}});
  expect_refused(client, client.message(), "private-a", 4009);
  client.say({{"event", "pusher:subscribe"},
              {"data", {{"channel", "private-a"}, {"auth", Json::array()}}}});
  expect_refused(client, client.message(), "private-a", 4009);
}

TEST_F(SessionTest, SignedChannelDataOnAPrivateChannel) {
  start();
  RawClient client = connected();
  const std::string data = R"({"after_seq": 7})";
  const std::string auth =
      std::string(kKey) + ':' + hmac_sha256_hex(kSecret, client.socket_id + ":private-a:" + data);
  client.say({{"event", "pusher:subscribe"},
              {"data", {{"channel", "private-a"}, {"auth", auth}, {"channel_data", data}}}});
  EXPECT_EQ(client.message(), succeeded("private-a"));
}

TEST_F(SessionTest, RefusesNamesThatAreNone) {
  start();
  RawClient client = connected();
  for (const std::string name : {"a b", "abc/d", "#", "##user-1", "#signed-in"})
    expect_refused(client, client.subscribe(name), name, 4200);
  const std::string longest(200, 'x');
  EXPECT_EQ(client.subscribe(longest), succeeded(longest));
  expect_refused(client, client.subscribe(longest + 'x'), longest, 4200);
}

// A refusal that quotes what it refuses cuts it, but never within a character: a client would
// close.
TEST_F(SessionTest, WhatIsQuotedBackIsText) {
  start();
  RawClient client = connected(), api(port);
  for (size_t before = 60; before <= 64; ++before) {
    const std::string name = std::string(before, 'x') + "\xF0\x9F\x98\xAE\xF0\x9F\x98\xAE";
    client.say({{"event", name}});
    expect_error(client, 4200);
    const Reply reply = publish(api, {{"name", "n"}, {"channel", name}, {"data", ""}});
    EXPECT_EQ(reply.status, 400);
    EXPECT_TRUE(valid_utf8(reply.body)) << reply.body;
  }
  for (size_t before = 196; before <= 200; ++before) {
    const std::string name = std::string(before, 'x') + "\xF0\x9F\x98\xAE";
    const size_t whole = before == 196 ? 200 : before;
    expect_refused(client, client.subscribe(name), name.substr(0, whole), 4200);
  }
}

TEST_F(SessionTest, WrongTypesHurtNobody) {
  start();
  RawClient client = connected();
  for (const char* text :
       {"", "{", "[]", "null", R"({"event":5})", R"({"event":"pusher:subscribe"})",
        R"({"event":"pusher:subscribe","data":""})", R"({"event":"pusher:subscribe","data":null})",
        R"({"event":"pusher:subscribe","data":{"channel":5}})",
        R"({"event":"pusher:unsubscribe","data":[]})", R"({"event":"client-a"})",
        R"({"event":"client-a","channel":{}})", R"({"event":"pusher:nonsense"})",
        R"({"event":"hello"})"}) {
    client.text(text);
    expect_error(client, 4200);
  }
  client.text(R"({"event":"pusher:pong","data":"x"})");
  client.text(R"({"event":"pusher:ping","data":""})");
  EXPECT_EQ(client.message()["event"], "pusher:pong");
}

TEST_F(SessionTest, ControlFramesAndFragments) {
  start();
  RawClient client = connected();
  client.write(masked_frame(0x89, "abc"));
  const Frame pong = client.frame();
  EXPECT_EQ(pong.opcode, 10);
  EXPECT_EQ(pong.payload, "abc");
  client.write(masked_frame(0x01, R"({"event":)") + masked_frame(0x8A, "") +
               masked_frame(0x80, R"("pusher:ping"})"));
  EXPECT_EQ(client.message()["event"], "pusher:pong");
  client.write(masked_frame(0x88, std::string("\x0F\xA0", 2)));
  EXPECT_EQ(client.frame().close_code(), 4000);
  EXPECT_TRUE(client.at_end());
}

TEST_F(SessionTest, BrokenFramesAreClosedWithTheirCode) {
  start();
  const std::vector<std::pair<std::string, int>> table{
      {masked_frame(0x81, "\xFF"), 1007},
      {std::string("\x81\x01x", 3), 1002},
      {masked_frame(0x82, "x"), 1003},
      {masked_frame(0x81, std::string(65537, 'x')), 1009},
  };
  for (const auto& [bytes, code] : table) {
    RawClient client = connected();
    client.write(bytes);
    const Frame close = client.frame();
    EXPECT_EQ(close.opcode, 8);
    EXPECT_EQ(close.close_code(), code);
    EXPECT_TRUE(client.at_end());
  }
  RawClient client = connected();
  client.text(std::string(65536, 'x'));  // at the limit: read, and found to be nonsense
  expect_error(client, 4200);
}

TEST_F(SessionTest, WhispersReachTheOthersOnly) {
  start({{"threads", 2}});
  RawClient a = connected(), b = connected(), c = connected();
  for (RawClient* client : {&a, &b}) client->subscribe("private-room");
  c.subscribe("private-other");
  a.say({{"event", "client-typing"},
         {"channel", "private-room"},
         {"data", {{"on", true}}},
         {"user_id", "forged"}});
  EXPECT_EQ(
      b.message(),
      (Json{{"event", "client-typing"}, {"channel", "private-room"}, {"data", R"({"on":true})"}}));
  a.say({{"event", "client-x"}, {"channel", "private-room"}, {"data", "as it is"}});
  EXPECT_EQ(b.message()["data"], "as it is");
  for (RawClient* client : {&a, &c}) {  // nothing came before this
    client->say({{"event", "pusher:ping"}});
    EXPECT_EQ(client->message()["event"], "pusher:pong");
  }
}

TEST_F(SessionTest, ClientEventsThatAreRefused) {
  Json settings = basic_settings();
  settings["apps"].push_back({{"id", "quiet"}, {"key", "quiet"}, {"client_events", false}});
  start(settings);
  RawClient client = connected();
  client.subscribe("news");
  client.subscribe("private-encrypted-a");
  client.say({{"event", "client-a"}, {"channel", "news"}});
  expect_error(client, 4301);
  client.say({{"event", "client-a"}, {"channel", "private-encrypted-a"}});
  expect_error(client, 4301);
  client.say({{"event", "client-a"}, {"channel", "private-a"}});
  expect_error(client, 4009);
  client.subscribe("private-a");
  client.say({{"event", "client-" + std::string(200, 'a')}, {"channel", "private-a"}});
  expect_error(client, 4301);
  client.say({{"event", "client-a"}, {"channel", "private-a"}, {"data", std::string(10241, 'x')}});
  expect_error(client, 4301);
  RawClient quiet(port);
  quiet.open("/app/quiet");
  quiet.say({{"event", "client-a"}, {"channel", "private-a"}});
  expect_error(quiet, 4301);
}

TEST_F(SessionTest, TooManyClientEventsAreDropped) {
  Json settings = basic_settings();
  settings["apps"][0]["limits"] = {{"client_events_per_second", 1}};
  start(settings);
  RawClient client = connected();
  client.subscribe("private-a");
  const std::string event = masked_frame(0x81, R"({"event":"client-a","channel":"private-a"})");
  client.write(event + event);  // in one piece: within the same moment
  expect_error(client, 4301);
}

TEST_F(SessionTest, AppsDoNotHearEachOther) {
  Json settings = basic_settings();
  settings["apps"].push_back({{"id", "other"}, {"key", "other"}, {"secret", kSecret}});
  start(settings);
  RawClient ours = connected(), theirs(port), api(port);
  theirs.open("/app/other");
  ours.subscribe("news");
  theirs.subscribe("news");
  EXPECT_EQ(publish(api, {{"name", "n"}, {"channel", "news"}, {"data", "1"}}).status, 200);
  EXPECT_EQ(ours.message()["event"], "n");
  theirs.say({{"event", "pusher:ping"}});
  EXPECT_EQ(theirs.message()["event"], "pusher:pong");
}

TEST_F(SessionTest, UnsubscribingEndsDelivery) {
  start();
  RawClient client = connected(), api(port);
  client.subscribe("news");
  client.subscribe("other");
  client.say({{"event", "pusher:unsubscribe"}, {"data", {{"channel", "news"}}}});
  client.say({{"event", "pusher:unsubscribe"}, {"data", {{"channel", "never"}}}});
  client.say({{"event", "pusher:ping"}});
  EXPECT_EQ(client.message()["event"], "pusher:pong");
  publish(api, {{"name", "n"}, {"channels", {"news", "other"}}, {"data", "1"}});
  EXPECT_EQ(client.message()["channel"], "other");
  EXPECT_EQ(get(api, "/apps/3/channels").body, R"({"channels":{"other":{}}})");
}

}  // namespace
}  // namespace gardu::pusher::testing
