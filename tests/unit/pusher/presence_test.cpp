// SPDX-License-Identifier: Apache-2.0
//
// Presence channels: who is there, who is told, who gets in.
#include <optional>

#include "stage.hpp"

namespace gardu::pusher::testing {
namespace {

using Lines = std::vector<std::string>;

class PresenceTest : public Stage {
 protected:
  const std::string kRoom = "presence-room";

  void expect_member_event(RawClient& client, const std::string& kind, const Json& data) {
    const Json message = client.message();
    EXPECT_EQ(message["event"], "pusher_internal:" + kind) << message;
    EXPECT_EQ(message["channel"], kRoom);
    EXPECT_EQ(data_of(message), data);
  }
  void expect_added(RawClient& client, const std::string& user, const Json& info = nullptr) {
    expect_member_event(client, "member_added", {{"user_id", user}, {"user_info", info}});
  }
  void expect_removed(RawClient& client, const std::string& user) {
    expect_member_event(client, "member_removed", {{"user_id", user}});
  }
};

INSTANTIATE_TEST_SUITE_P(Threads, PresenceTest, ::testing::Values(1U, 4U));

TEST_P(PresenceTest, NewcomersAreToldAndListThemselves) {
  start();
  RawClient a = connected(), b = connected();
  const Json alone = joined(a, kRoom, member("10", {{"name", "M"}}));
  EXPECT_EQ(alone, (Json{{"ids", {"10"}}, {"hash", {{"10", {{"name", "M"}}}}}, {"count", 1}}));
  const Json both = joined(b, kRoom, member("11"));
  EXPECT_EQ(both["ids"], (Json{"10", "11"}));
  EXPECT_EQ(both["hash"], (Json{{"10", {{"name", "M"}}}, {"11", nullptr}}));
  expect_added(a, "11");
  leave(b, kRoom);
  expect_removed(a, "11");
  expect_quiet(b);
  a.close();
  RawClient c = connected();
  while (app->counts.count(kRoom) != 0) expect_quiet(c);
  EXPECT_EQ(joined(c, kRoom, member("12"))["ids"], Json{"12"});
}

TEST_P(PresenceTest, AUserIsThereOnceUntilTheLastConnectionLeaves) {
  start();
  RawClient watcher = connected(), first = connected(), second = connected();
  joined(watcher, kRoom, member("w"));
  joined(first, kRoom, member("7", "first"));
  expect_added(watcher, "7", "first");
  const Json list = joined(second, kRoom, member("7", "second"));
  EXPECT_EQ(list["count"], 2);
  EXPECT_EQ(list["hash"]["7"], "first");  // kept while the user is there
  leave(first, kRoom);
  expect_quiet(first);
  expect_quiet(watcher);
  RawClient late = connected();
  EXPECT_EQ(joined(late, kRoom, member("l"))["hash"]["7"], "first");
  expect_added(watcher, "l");
  expect_added(second, "l");
  second.close();  // leaves everything
  expect_removed(watcher, "7");
  expect_removed(late, "7");
  joined(first, kRoom, member("7", "third"));
  expect_added(watcher, "7", "third");
}

TEST_P(PresenceTest, NumbersBecomeTextsAndInfoStaysAsItWasSigned) {
  start();
  RawClient a = connected(), b = connected();
  ask(a, kRoom, R"( { "user_info" : {"b":1.0, "a":"\u00e9", "b":[ 2e3 ]} , "user\u005fid":10 } )");
  const std::string text = a.message()["data"].get<std::string>();
  EXPECT_EQ(text, R"({"presence":{"ids":["10"],"hash":{"10":{"b":1.0, "a":"\u00e9", "b":[ 2e3 ]}},)"
                  R"("count":1}})");
  ask(b, kRoom, R"({"user_id":"10\n\"","user_info":true})");
  EXPECT_EQ(data_of(b.message())["presence"]["ids"], (Json{"10", "10\n\""}));
  EXPECT_EQ(a.message()["data"], R"({"user_id":"10\n\"","user_info":true})");
}

TEST_P(PresenceTest, SubscribingTwiceTellsNobody) {
  start();
  RawClient a = connected(), b = connected();
  joined(a, kRoom, member("a", 1));
  joined(b, kRoom, member("b"));
  expect_added(a, "b");
  const Json again = joined(a, kRoom, member("other", 2));
  EXPECT_EQ(again["hash"], (Json{{"a", 1}, {"b", nullptr}}));
  expect_quiet(b);
  leave(a, kRoom);
  expect_removed(b, "a");
  leave(a, kRoom);  // is not in it any more
  expect_quiet(a);
  expect_quiet(b);
}

TEST_P(PresenceTest, FastPairsEndAsTheLastCallSays) {
  start();
  RawClient a = connected(), b = connected();
  joined(a, kRoom, member("a"));
  ask(b, kRoom, member("b"));
  leave(b, kRoom);
  ask(b, kRoom, member("b"));
  for (int i = 0; i < 2; ++i) EXPECT_EQ(data_of(b.message())["presence"]["count"], 2);
  expect_added(a, "b");
  expect_removed(a, "b");
  expect_added(a, "b");
  leave(b, kRoom);
  ask(b, kRoom, member("b"));
  leave(b, kRoom);
  leave(b, kRoom);
  EXPECT_EQ(data_of(b.message())["presence"]["count"], 2);
  expect_quiet(b);
  expect_removed(a, "b");
  expect_added(a, "b");
  expect_removed(a, "b");
  expect_quiet(a);
}

TEST_P(PresenceTest, TheSignatureIsLookedAtFirst) {
  start({{"limits", {{"presence_members", 1}, {"presence_member", 40}}}});
  RawClient a = connected(), b = connected();
  joined(a, kRoom, member("a"));
  const auto unsigned_ask = [&](const Json& channel_data) {
    b.say(
        {{"event", "pusher:subscribe"},
         {"data", {{"channel", kRoom}, {"auth", b.sign(kRoom)}, {"channel_data", channel_data}}}});
    expect_refused(b, kRoom, "AuthError", 4009);
  };
  unsigned_ask(member("b"));            // the room is full
  unsigned_ask("{");                    // cannot be parsed
  unsigned_ask(std::string(100, 'x'));  // too large
  b.say({{"event", "pusher:subscribe"}, {"data", {{"channel", kRoom}}}});
  expect_refused(b, kRoom, "AuthError", 4009);
  b.say({{"event", "pusher:subscribe"},
         {"data", {{"channel", kRoom}, {"auth", b.sign(kRoom)}}}});  // right, but who is it?
  expect_refused(b, kRoom, "AuthError", 4009);
  expect_quiet(a);
}

TEST_P(PresenceTest, ChannelDataThatNamesNobody) {
  start();
  RawClient client = connected();
  for (const char* data : {"{", "", "[]", "null", "7", R"("x")", "{}", R"({"user_id":""})",
                           R"({"user_id":null})", R"({"user_id":{}})", R"({"user_id":true})",
                           R"({"user_info":{"user_id":"1"}})", R"({"user_id":"\ud800"})"}) {
    ask(client, kRoom, data);
    expect_refused(client, kRoom, "InvalidMember", 4200);
  }
  EXPECT_EQ(app->counts.count(kRoom), 0U);
}

TEST_P(PresenceTest, LimitsCountUsers) {
  start({{"limits", {{"presence_members", 2}, {"presence_member", 64}, {"user_id", 8}}}});
  RawClient a = connected(), b = connected(), c = connected(), again = connected();
  joined(a, kRoom, member("a"));
  joined(b, kRoom, member("b"));
  expect_added(a, "b");
  ask(c, kRoom, member("c"));
  expect_refused(c, kRoom, "LimitReached", 4200);
  EXPECT_EQ(joined(again, kRoom, member("b"))["count"], 2);  // is there already
  leave(a, kRoom);
  expect_removed(b, "a");
  expect_removed(again, "a");
  EXPECT_EQ(joined(c, kRoom, member("c"))["ids"], (Json{"b", "c"}));
  ask(a, "presence-other", member("a", std::string(64, 'x')));
  expect_refused(a, "presence-other", "LimitReached", 4200);
  ask(a, "presence-other", member("123456789"));
  expect_refused(a, "presence-other", "LimitReached", 4200);
  joined(a, "presence-other", member("12345678"));
}

TEST_P(PresenceTest, WhoIsSignedInNeedsNoChannelData) {
  start();
  RawClient a = connected(), b = connected();
  sign_in(a, "12345", {{"user_info", {{"name", "S"}}}});
  const Json first = a.subscribe(kRoom);  // signed without channel_data
  EXPECT_EQ(data_of(first)["presence"]["hash"], (Json{{"12345", {{"name", "S"}}}}));
  joined(b, kRoom, member("b"));
  expect_added(a, "b");
  a.close();
  expect_removed(b, "12345");
}

TEST_P(PresenceTest, OwnersAndTheClusterAreTold) {
  start();
  RawClient a = connected(), b = connected();
  joined(a, kRoom, member("u", 1));
  joined(b, kRoom, member("u"));
  leave(a, kRoom);
  leave(b, kRoom);
  expect_quiet(a);
  expect_quiet(b);
  EXPECT_EQ(webhooks.notes.take(),
            (Lines{"channel_occupied presence-room", "member_added presence-room user=u",
                   "member_removed presence-room user=u", "channel_vacated presence-room"}));
  EXPECT_EQ(cluster.notes.take(), (Lines{"count presence-room 1 edge", "joined presence-room u 1",
                                         "count presence-room 2", "count presence-room 1",
                                         "left presence-room u", "count presence-room 0 edge"}));
}

}  // namespace
}  // namespace gardu::pusher::testing
