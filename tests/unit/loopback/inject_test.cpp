// SPDX-License-Identifier: Apache-2.0
//
// POST /api/v1/loopback/inject: what is taken, what is refused and why, and the answer.
#include "inject.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "inject_message.hpp"
#include "loopback.hpp"

namespace gardu::loopback {
namespace {

using Json = nlohmann::json;

Injection read(const std::string& body) {
  int next = 1;
  return read_injection(body, [&next] { return "id-" + std::to_string(next++); });
}

std::string fields_of(const HttpResponse& response) {
  std::string out;
  for (const Json& e : Json::parse(response.body).value("errors", Json::array()))
    out += e.at("field").get<std::string>() + ";";
  return out;
}

TEST(Inject, OneMessage) {
  const Injection in = read(
      R"({"account_id": "a", "from": "+6281", "name": "Ayu", "type": "text", "text": "hi",
          "occurred_at": "2026-11-21T03:50:40.123Z", "reply_to_provider_id": "loop.m1"})");
  ASSERT_FALSE(in.problem) << in.problem->body;
  EXPECT_EQ(in.account_id, "a");
  ASSERT_EQ(in.publications.size(), 1U);
  const Publication& p = in.publications[0];
  EXPECT_EQ(p.type, GARDU_EVENT_MESSAGE_RECEIVED);
  EXPECT_EQ(p.account_id, "a");
  EXPECT_EQ(p.peer->name, "Ayu");
  EXPECT_EQ(p.peer->address, "+6281");
  EXPECT_EQ(p.message->text, "hi");
  EXPECT_EQ(p.message->provider_message_id, "id-1");
  EXPECT_EQ(p.message->reply_to_provider_id, "loop.m1");
  EXPECT_EQ(p.occurred_at, 1795233040123000);
}

TEST(Inject, AConversationInOrder) {
  const Injection in = read(
      R"({"account_id": "a", "messages": [
          {"from": "+6281", "text": "one", "provider_message_id": "p1"},
          {"from": "+6281", "type": "location", "content": {"location": {"latitude": 1}}},
          {"from": "+6281", "type": "reaction",
           "content": {"reaction": {"provider_message_id": "p1", "emoji": "👍"}}}]})");
  ASSERT_FALSE(in.problem) << in.problem->body;
  ASSERT_EQ(in.publications.size(), 3U);
  EXPECT_EQ(in.publications[0].message->provider_message_id, "p1");
  EXPECT_EQ(in.publications[1].message->type, GARDU_MESSAGE_LOCATION);
  EXPECT_EQ(in.publications[1].message->content, R"({"location":{"latitude":1}})");
  EXPECT_EQ(in.publications[2].type, GARDU_EVENT_MESSAGE_REACTION);
  EXPECT_EQ(in.publications[2].target, "p1");
  EXPECT_EQ(in.publications[2].text, "👍");
}

TEST(Inject, WhatIsNoJsonIsMalformed) {
  for (const std::string& body :
       {std::string(), std::string("{"), std::string("\"\xff\""), std::string(100000, '[')}) {
    const Injection in = read(body);
    ASSERT_TRUE(in.problem);
    EXPECT_EQ(in.problem->status, 400);
    EXPECT_EQ(in.problem->content_type, "application/problem+json");
  }
}

TEST(Inject, EveryWrongMemberIsNamed) {
  const std::pair<const char*, const char*> cases[] = {
      {R"([])", ";"},
      {R"({})", "account_id;from;text;"},
      {R"({"account_id": 1, "from": "6281", "text": "x"})", "account_id;from;"},
      {R"({"account_id": "a", "from": "+62 81", "text": "x"})", "from;"},
      {R"({"account_id": "a", "from": "+6281", "text": 7})", "text;text;"},
      {R"({"account_id": "a", "from": "+6281", "text": "a\u0000b"})", "text;"},
      {R"({"account_id": "a", "from": "+6281", "type": "telegram"})", "type;"},
      {R"({"account_id": "a", "from": "+6281", "type": "image", "content": []})", "content;"},
      {R"({"account_id": "a", "from": "+6281", "type": "image", "content": {"a":["\u0000"]}})",
       "content;"},
      {R"({"account_id": "a", "from": "+6281", "type": "reaction"})", "content;"},
      {R"({"account_id": "a", "from": "+6281", "text": "x", "occurred_at": "today"})",
       "occurred_at;"},
      {R"({"account_id": "a", "from": "+6281", "text": "x", "txet": "y"})", "txet;"},
      {R"({"account_id": "a", "messages": []})", "messages;"},
      {R"({"account_id": "a", "messages": {}, "from": "+6281"})", "from;messages;"},
      {R"({"account_id": "a", "messages": [{"from": "+6281", "text": "x"}, 3, {"text": "y"}]})",
       "messages[1];messages[2].from;"}};
  for (const auto& [body, fields] : cases) {
    const Injection in = read(body);
    ASSERT_TRUE(in.problem) << body;
    EXPECT_EQ(in.problem->status, 422) << body;
    EXPECT_EQ(fields_of(*in.problem), fields) << body;
  }
}

TEST(Inject, TheAnswerSaysWhatEachBecame) {
  gardu_publish_result results[2]{};
  std::strcpy(results[0].message_id, "m1");
  std::strcpy(results[0].contact_id, "c1");
  results[0].seq = 12;
  results[1].flags = GARDU_PUBLISH_DUPLICATE;
  const HttpResponse response = answer_to_injection(GARDU_OK, results);
  EXPECT_EQ(response.status, 202);
  EXPECT_EQ(Json::parse(response.body), Json::parse(R"({"data": [
          {"message_id": "m1", "contact_id": "c1", "seq": 12, "duplicate": false},
          {"message_id": null, "contact_id": null, "seq": null, "duplicate": true}]})"));
  results[1].status = GARDU_INVALID;
  EXPECT_EQ(answer_to_injection(GARDU_OK, results).status, 422);
  EXPECT_EQ(answer_to_injection(GARDU_FULL, {}).status, 503);
  EXPECT_EQ(answer_to_injection(GARDU_FULL, {}).headers.size(), 1U);
  EXPECT_EQ(answer_to_injection(GARDU_INTERNAL, {}).status, 500);
}

TEST(Inject, TimesAreRfc3339) {
  EXPECT_EQ(parse_time("1970-01-01T00:00:01Z"), 1000000);
  EXPECT_EQ(parse_time("1970-01-02T00:00:00.5+01:00"), 82800500000);
  EXPECT_EQ(parse_time("2026-11-21T03:50:40.123456789Z"), 1795233040123456);
  for (const char* bad : {"", "2026-11-21", "2026-11-21T03:50:40", "2026-13-01T00:00:00Z",
                          "2026-02-30T00:00:00Z", "2026-11-21T24:00:00Z", "2026-11-21T03:50:40.Z",
                          "2026-11-21T03:50:40Zx", "2026-11-21T03:50:40+1:00", "now"})
    EXPECT_EQ(parse_time(bad), std::nullopt) << bad;
}

}  // namespace
}  // namespace gardu::loopback
