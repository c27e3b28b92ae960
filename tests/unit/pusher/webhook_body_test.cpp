// SPDX-License-Identifier: Apache-2.0
//
// What a webhook says, byte for byte, and its signature.
#include "webhooks/body.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>

#include "protocol/crypto.hpp"

namespace gardu::pusher {
namespace {

WebhookEvent of_kind(WebhookKind kind) {
  WebhookEvent event;
  event.kind = kind;
  event.channel = "presence-room";
  event.user_id = "10";
  event.event = "client-typing";
  event.data = "{\"on\":true}";
  event.socket_id = "1234.5678";
  event.subscription_count = 7;
  return event;
}

TEST(WebhookBody, TheSevenKindsHaveExactlyTheirFields) {
  const auto json = [](WebhookKind kind) { return webhook_event_json(of_kind(kind)); };
  EXPECT_EQ(json(WebhookKind::channel_occupied),
            R"({"name":"channel_occupied","channel":"presence-room"})");
  EXPECT_EQ(json(WebhookKind::channel_vacated),
            R"({"name":"channel_vacated","channel":"presence-room"})");
  EXPECT_EQ(json(WebhookKind::member_added),
            R"({"name":"member_added","channel":"presence-room","user_id":"10"})");
  EXPECT_EQ(json(WebhookKind::member_removed),
            R"({"name":"member_removed","channel":"presence-room","user_id":"10"})");
  EXPECT_EQ(json(WebhookKind::client_event),
            R"({"name":"client_event","channel":"presence-room","event":"client-typing",)"
            R"("data":"{\"on\":true}","socket_id":"1234.5678","user_id":"10"})");
  EXPECT_EQ(json(WebhookKind::cache_miss), R"({"name":"cache_miss","channel":"presence-room"})");
  EXPECT_EQ(json(WebhookKind::subscription_count),
            R"({"name":"subscription_count","channel":"presence-room","subscription_count":7})");
}

TEST(WebhookBody, AClientEventOutsideOfPresenceHasNoUser) {
  WebhookEvent event = of_kind(WebhookKind::client_event);
  event.user_id.clear();
  EXPECT_EQ(webhook_event_json(event).find("user_id"), std::string::npos);
}

TEST(WebhookBody, TextsThatAreNoUtf8AreMended) {
  WebhookEvent event = of_kind(WebhookKind::client_event);
  event.data = "\xff\x01\"";
  const std::string json = webhook_event_json(event);
  EXPECT_NE(json.find("\"data\":\"\xEF\xBF\xBD\\u0001\\\"\""), std::string::npos) << json;
}

TEST(WebhookBody, SeveralEventsInOneEnvelope) {
  const std::string_view events[] = {R"({"name":"a"})", R"({"name":"b"})"};
  EXPECT_EQ(webhook_body(1327078148132, events),
            R"({"time_ms":1327078148132,"events":[{"name":"a"},{"name":"b"}]})");
}

TEST(WebhookBody, SignsAsTheReceiversCheck) {
  EXPECT_EQ(hmac_sha256_hex("secret", R"({"hello":"world"})"),
            "2677ad3e7c090b2fa2c0fb13020d66d5420879b8316eb356a2d60fb9073bc778");
  const WebhookHeaders headers =
      webhook_headers({"key", "thisisasecret"}, R"({"hello":"world"})", "d-1", {});
  const WebhookHeaders expected{
      {"Content-Type", "application/json"},
      {"X-Pusher-Key", "key"},
      {"X-Pusher-Signature", "40e0ad3b9aa49529322879e84de1aaaf18bde1efe839ca263d540cc865510d25"},
      {"X-Gardu-Delivery", "d-1"}};
  EXPECT_EQ(headers, expected);
}

TEST(WebhookBody, TheEndpointsOwnHeadersDoNotReplaceTheProtocols) {
  const WebhookHeaders headers = webhook_headers({"key", "secret"}, "{}", "d-1",
                                                 {{"content-type", "text/plain"}, {"X-Mine", "1"}});
  EXPECT_EQ(headers.size(), 5U);
  EXPECT_EQ(headers.back(), (std::pair<std::string, std::string>{"X-Mine", "1"}));
}

TEST(WebhookBody, ReadsItsOwnEventsAndNothingElse) {
  WebhookEvent event;
  ASSERT_TRUE(read_webhook_event(webhook_event_json(of_kind(WebhookKind::member_removed)), event));
  EXPECT_EQ(event.kind, WebhookKind::member_removed);
  EXPECT_EQ(event.channel, "presence-room");
  EXPECT_EQ(event.user_id, "10");
  for (const char* text : {"", "[]", "{", R"({"name":1})", R"({"name":"else","channel":"a"})"})
    EXPECT_FALSE(read_webhook_event(text, event)) << text;
}

}  // namespace
}  // namespace gardu::pusher
