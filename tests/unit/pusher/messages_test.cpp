// SPDX-License-Identifier: Apache-2.0
//
// What the server says, letter by letter: clients in many languages parse it, some of them
// strictly.
#include "protocol/messages.hpp"

#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>
#include <vector>

namespace gardu::pusher {
namespace {

using Json = nlohmann::json;

TEST(Messages, OfTheConnection) {
  EXPECT_EQ(connection_established("12.34", 30),
            R"({"event":"pusher:connection_established",)"
            R"("data":"{\"socket_id\":\"12.34\",\"activity_timeout\":30}"})");
  EXPECT_EQ(error_message(Code::pong_missing, "Say \"pong\""),
            R"({"event":"pusher:error","data":{"code":4201,"message":"Say \"pong\""}})");
  EXPECT_EQ(ping_message(), R"({"event":"pusher:ping","data":"{}"})");
  EXPECT_EQ(pong_message(), R"({"event":"pusher:pong","data":"{}"})");
}

TEST(Messages, OfSubscriptions) {
  EXPECT_EQ(subscription_succeeded("news"),
            R"({"event":"pusher_internal:subscription_succeeded","data":"{}","channel":"news"})");
  EXPECT_EQ(subscription_error("private-x", "AuthError", "why", 401),
            R"({"event":"pusher:subscription_error",)"
            R"("data":"{\"type\":\"AuthError\",\"error\":\"why\",\"status\":401}",)"
            R"("channel":"private-x"})");
  EXPECT_EQ(cache_miss("cache-x"),
            R"({"event":"pusher:cache_miss","data":"{}","channel":"cache-x"})");
  EXPECT_EQ(subscription_count("news", 5),
            R"({"event":"pusher_internal:subscription_count",)"
            R"("data":"{\"subscription_count\":5}","channel":"news"})");
}

TEST(Messages, OfPresence) {
  const std::array<MemberView, 2> members{{{"10", R"({"name":"M"})"}, {"11", "null"}}};
  EXPECT_EQ(presence_succeeded("presence-x", members),
            R"({"event":"pusher_internal:subscription_succeeded",)"
            R"("data":"{\"presence\":{\"ids\":[\"10\",\"11\"],)"
            R"(\"hash\":{\"10\":{\"name\":\"M\"},\"11\":null},\"count\":2}}",)"
            R"("channel":"presence-x"})");
  EXPECT_EQ(member_added("presence-x", members[0]),
            R"({"event":"pusher_internal:member_added",)"
            R"("data":"{\"user_id\":\"10\",\"user_info\":{\"name\":\"M\"}}",)"
            R"("channel":"presence-x"})");
  EXPECT_EQ(member_removed("presence-x", "10"),
            R"({"event":"pusher_internal:member_removed",)"
            R"("data":"{\"user_id\":\"10\"}","channel":"presence-x"})");
}

TEST(Messages, OfUsers) {
  EXPECT_EQ(signin_success(R"({"id":"1"})"),
            R"({"event":"pusher:signin_success",)"
            R"("data":"{\"user_data\":\"{\\\"id\\\":\\\"1\\\"}\"}"})");
  const std::vector<std::string> users{"2", "3"};
  EXPECT_EQ(watchlist_event("online", users),
            R"({"event":"pusher_internal:watchlist_events",)"
            R"("data":"{\"events\":[{\"name\":\"online\",\"user_ids\":[\"2\",\"3\"]}]}"})");
}

TEST(Messages, OfPublishers) {
  const std::string head = event_head("App\\Events\\New", R"({"a":"é"})");
  EXPECT_EQ(event_message(head, "news"),
            "{\"event\":\"App\\\\Events\\\\New\",\"data\":\"{\\\"a\\\":\\\"é\\\"}\","
            "\"channel\":\"news\"}");
  EXPECT_EQ(event_message(event_head("client-x", "1"), "presence-x", "10"),
            R"({"event":"client-x","data":"1","channel":"presence-x","user_id":"10"})");
}

// Whatever is put in, what comes out parses to it.
TEST(Messages, EscapeWhatNeedsIt) {
  std::string all;
  for (char c = 0; c < 0x7F; ++c) all.push_back(c);
  all += "\x7F\xC3\xA9\xF0\x9F\x98\x80";
  const std::string info = Json(all).dump();
  const Json added = Json::parse(member_added(all, {all, info}));
  EXPECT_EQ(added["channel"], all);
  EXPECT_EQ(Json::parse(added["data"].get<std::string>()),
            (Json{{"user_id", all}, {"user_info", all}}));
}

}  // namespace
}  // namespace gardu::pusher
