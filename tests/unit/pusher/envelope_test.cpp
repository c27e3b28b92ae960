// SPDX-License-Identifier: Apache-2.0
//
// Messages in and out.
#include "protocol/envelope.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "protocol/messages.hpp"

namespace gardu::pusher {
namespace {

TEST(Envelope, DataInAllItsForms) {
  const auto object =
      parse_client_message(R"({"event":"pusher:subscribe","data":{"channel":"a","auth":"k:s"}})");
  ASSERT_TRUE(object);
  EXPECT_EQ(object->data_channel, "a");
  EXPECT_EQ(object->auth, "k:s");
  EXPECT_FALSE(object->channel_data);

  const auto text =
      parse_client_message(R"({"event":"pusher:subscribe","data":"{\"channel\":\"a\"}"})");
  ASSERT_TRUE(text);
  EXPECT_EQ(text->data_channel, "a");
  EXPECT_EQ(text->data, R"({"channel":"a"})");

  for (const char* data : {R"(,"data":"")", R"(,"data":null)", R"(,"data":7)", R"(,"data":[1])",
                           R"(,"data":"no json")", R"(,"data":"[]")", ""}) {
    const auto message =
        parse_client_message(R"({"event":"pusher:subscribe")" + std::string(data) + '}');
    ASSERT_TRUE(message) << data;
    EXPECT_FALSE(message->data_channel) << data;
  }
}

TEST(Envelope, MembersOfWrongTypesAreAbsent) {
  const auto message = parse_client_message(
      R"({"event":"pusher:subscribe","channel":5,"data":{"channel":[],"auth":7,"channel_data":{}}})");
  ASSERT_TRUE(message);
  EXPECT_FALSE(message->channel);
  EXPECT_FALSE(message->data_channel);
  EXPECT_FALSE(message->auth);
  EXPECT_FALSE(message->channel_data);
}

TEST(Envelope, DataAsText) {
  const auto data = [](const std::string& value) {
    return parse_client_message(R"({"event":"client-a","data":)" + value + '}')->data;
  };
  EXPECT_EQ(data(R"({"a": 1})"), R"({"a":1})");
  EXPECT_EQ(data(R"("as is ")"), "as is ");
  EXPECT_EQ(data("null"), "null");
  EXPECT_EQ(data("[1, 2]"), "[1,2]");
  EXPECT_EQ(parse_client_message(R"({"event":"client-a"})")->data, "{}");
}

TEST(Envelope, NonsenseIsAStatus) {
  for (const char* text : {"", "x", "{", "[]", "7", "null", "{}", R"({"event":7})",
                           R"({"event":""})", R"({"event":null})", R"("event")"})
    EXPECT_FALSE(parse_client_message(text)) << text;
  EXPECT_FALSE(parse_client_message(R"({"event":"a","data":)" + std::string(60000, '[') +
                                    std::string(60000, ']') + '}'));
}

TEST(Messages, ShapesThatTypedClientsNeed) {
  using Json = nlohmann::json;
  const Json hello = Json::parse(connection_established("1.2", 30));
  EXPECT_EQ(Json::parse(hello["data"].get<std::string>()),
            (Json{{"socket_id", "1.2"}, {"activity_timeout", 30}}));
  const Json error = Json::parse(error_message(Code::unknown_app, "a \"b\""));
  EXPECT_EQ(error["data"], (Json{{"code", 4001}, {"message", "a \"b\""}}));
  const Json succeeded = Json::parse(subscription_succeeded("x"));
  EXPECT_EQ(succeeded["data"], "{}");
  EXPECT_EQ(succeeded["channel"], "x");
  const Json refused = Json::parse(subscription_error("x", "AuthError", "no", 401));
  EXPECT_EQ(Json::parse(refused["data"].get<std::string>())["status"], 401);
}

TEST(Messages, EventsKeepEveryCharacter) {
  const std::string name = "App\\Events\\New";
  const std::string data = "{\"a\":\"\\u00e9 \xC3\xA9\",\"b\":\"\n\t\x01\"}";
  const auto json = nlohmann::json::parse(event_message(event_head(name, data), "private-x"));
  EXPECT_EQ(json["event"], name);
  EXPECT_EQ(json["data"], data);
  EXPECT_EQ(json["channel"], "private-x");
}

}  // namespace
}  // namespace gardu::pusher
