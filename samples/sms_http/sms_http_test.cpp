// SPDX-License-Identifier: Apache-2.0
//
// The transport on a host that is nothing but memory.
#include <gtest/gtest.h>

#include <chrono>
#include <gardu/testing/harness.hpp>
#include <utility>
#include <vector>

#include "signature.hpp"
#include "transport.hpp"

namespace {

using Harness = gardu::testing::Harness<sms_http::SmsHttp>;
using gardu::testing::fake_account;
using gardu::testing::FakeAnswer;
using gardu::testing::outbound_text;

constexpr const char* kSettings = R"({"api_url": "https://sms.test/v1/"})";
constexpr const char* kMessages = "https://sms.test/v1/messages";
constexpr const char* kBalance = "https://sms.test/v1/balance";
constexpr const char* kPath = "/webhooks/sms_http";
constexpr const char* kKey = "the api key";
constexpr const char* kSecret = "the webhook secret";
constexpr const char* kCredentials =
    R"({"api_key": "the api key", "webhook_secret": "the webhook secret"})";

std::string header_of(const gardu::HttpCall& call, const std::string& name) {
  for (const auto& [key, value] : call.headers)
    if (key == name) return value;
  return {};
}

class SmsHttpTest : public ::testing::Test {
 protected:
  SmsHttpTest() {
    plugin.host().mark_secret(kKey);
    plugin.host().mark_secret(kSecret);
    EXPECT_TRUE(plugin.start(kSettings).ok());
    EXPECT_TRUE(plugin.connect(account).ok());
    plugin.host().run();
  }
  // Stopped, destroyed, and nothing that is forbidden was done.
  ~SmsHttpTest() override { EXPECT_EQ(plugin.end(), ""); }

  // Sends a message, for which the provider has this answer.
  gardu::testing::SendOutcome send(FakeAnswer answer) {
    plugin.host().on_http("POST", kMessages, std::move(answer));
    gardu::testing::SendOutcome outcome = plugin.send(outbound_text("hello"));
    plugin.host().run();
    return outcome;
  }
  std::string told(std::string_view rest) const {
    return R"({"account": ")" + account.address + R"(", )" + std::string(rest) + "}";
  }
  gardu::testing::RouteAnswer post(const std::string& body, std::string_view secret = kSecret) {
    auto answer =
        plugin.request("POST", kPath, body, {{"X-Sms-Signature", sms_http::sign(secret, body)}});
    plugin.host().run();
    return answer;
  }
  gardu::testing::ActionOutcome health(FakeAnswer answer) {
    plugin.host().on_http("GET", kBalance, std::move(answer));
    auto outcome = plugin.act({.kind = GARDU_ACTION_HEALTH});
    plugin.host().run();
    return outcome;
  }

  gardu::Account account = fake_account(kCredentials);
  Harness plugin{{.plugin_id = "sms_http", .roles = 0}};
};

TEST_F(SmsHttpTest, SaysWhatItCan) {
  const gardu_transport_info info = plugin.describe();
  EXPECT_EQ(info.max_in_flight, 4U);
  EXPECT_EQ(info.text_limit, 1600U);
  EXPECT_EQ(info.features, std::uint64_t{GARDU_REFERENCE_ECHOED | GARDU_CAN_HEALTH});
}

TEST_F(SmsHttpTest, AConnectedAccountIsReady) {
  const auto published = plugin.host().published();
  ASSERT_EQ(published.size(), 1U);
  EXPECT_EQ(published[0].type, GARDU_EVENT_ACCOUNT_STATUS);
  EXPECT_EQ(published[0].data, R"({"status":"ready"})");
}

TEST_F(SmsHttpTest, CredentialsThatLackSomethingDisconnect) {
  for (const char* credentials :
       {"{}", R"({"api_key": "k"})", R"({"webhook_secret": "s"})", "no JSON", "[1]"})
    EXPECT_EQ(plugin.connect(fake_account(credentials)).code(), GARDU_UNCONFIGURED) << credentials;
  EXPECT_EQ(send({.status = 201, .body = R"({"id": "p.1"})"}).status().code(), GARDU_NOT_CONNECTED);
  EXPECT_EQ(post(told(R"("type": "status", "id": "p.1", "status": "sent")")).status(), 401);
}

TEST_F(SmsHttpTest, PostsTheMessageAndTakesTheProvidersId) {
  const auto outcome = send({.status = 201, .body = R"({"id": "p.1", "status": "queued"})"});
  EXPECT_TRUE(outcome.status().ok());
  EXPECT_EQ(outcome.provider_message_id(), "p.1");
  EXPECT_FALSE(outcome.confirmed());

  const auto call = plugin.host().http_calls().at(0);
  EXPECT_EQ(call.method, "POST");
  EXPECT_EQ(call.url, kMessages);
  EXPECT_EQ(header_of(call, "Authorization"), "Bearer the api key");
  const std::string id = header_of(call, "Idempotency-Key");
  EXPECT_FALSE(id.empty());
  EXPECT_EQ(call.body, R"({"from":"+62800","reference":")" + id + R"(","text":"hello","to":")" +
                           std::string(gardu::testing::kPhone) + R"("})");
}

TEST_F(SmsHttpTest, ANumberHasItsPlus) {
  auto number = outbound_text("hello", "6281200000001");
  number.identities = {{GARDU_IDENTITY_PHONE, "+6281200000001"}};
  (void)plugin.send(std::move(number));
  auto code = outbound_text("hello", "80800");
  code.identities = {{GARDU_IDENTITY_OTHER, "80800"}};
  (void)plugin.send(std::move(code));
  const auto calls = plugin.host().http_calls();
  EXPECT_NE(calls.at(0).body.find(R"("to":"+6281200000001")"), std::string::npos);
  EXPECT_NE(calls.at(1).body.find(R"("to":"80800")"), std::string::npos);
}

TEST_F(SmsHttpTest, ADuplicateWasAccepted) {
  const auto outcome = send(
      {.status = 409, .body = R"({"id": "p.1", "error": {"code": "1409", "title": "Duplicate"}})"});
  EXPECT_TRUE(outcome.status().ok());
  EXPECT_EQ(outcome.provider_message_id(), "p.1");
}

TEST_F(SmsHttpTest, WaitsAsLongAsTheProviderAsksFor) {
  const std::vector<std::pair<std::string, std::chrono::seconds>> waits{
      {"7", std::chrono::seconds(7)},
      {"soon", std::chrono::seconds(0)},
      {"-7", std::chrono::seconds(0)},
      {"99999999999999999999", std::chrono::hours(24)}};
  for (const auto& [header, wait] : waits) {
    const auto status = send({.status = 429, .headers = {{"Retry-After", header}}}).status();
    EXPECT_EQ(status.code(), GARDU_THROTTLED);
    EXPECT_EQ(status.retry_after(), wait) << header;
    EXPECT_EQ(status.scope(), GARDU_SCOPE_ACCOUNT);
  }
}

TEST_F(SmsHttpTest, AMessageThatIsRefusedSaysWhy) {
  const auto status =
      send({.status = 400, .body = R"({"error": {"code": "1001", "title": "Invalid number"}})"})
          .status();
  EXPECT_EQ(status.code(), GARDU_INVALID);
  EXPECT_EQ(status.provider_code(), "1001");
  EXPECT_EQ(status.title(), "Invalid number");
}

TEST_F(SmsHttpTest, TellsApartWhatFailed) {
  const std::vector<std::pair<FakeAnswer, gardu_status>> answers{
      {{.status = 400, .body = "no JSON"}, GARDU_INVALID},
      {{.status = 401}, GARDU_AUTH},
      {{.status = 403}, GARDU_AUTH},
      {{.status = 404}, GARDU_REJECTED},
      {{.status = 302}, GARDU_REJECTED},
      {{.status = 500}, GARDU_RETRY},
      {{.status = 503, .body = R"({"error": 3})"}, GARDU_RETRY},
      {{.progress = GARDU_HTTP_UNREACHABLE}, GARDU_NOT_CONNECTED},
      {{.progress = GARDU_HTTP_UNSENT}, GARDU_NOT_CONNECTED},
      {{.progress = GARDU_HTTP_UNKNOWN}, GARDU_TIMEOUT},
      {{.status = 201, .body = "{}"}, GARDU_TIMEOUT},
      {{.status = 201, .body = "[]"}, GARDU_TIMEOUT},
      {{.status = 409, .body = R"({"id": 1})"}, GARDU_TIMEOUT}};
  for (const auto& [answer, code] : answers)
    EXPECT_EQ(send(answer).status().code(), code) << answer.status << answer.body;
}

TEST_F(SmsHttpTest, AFullHostSendsLater) {
  plugin.host().refuse(GARDU_EXT_HTTP_CLIENT, GARDU_FULL, 1);
  EXPECT_EQ(plugin.send(outbound_text("hello")).status().code(), GARDU_FULL);
}

TEST_F(SmsHttpTest, SendsTextAlone) {
  auto picture = outbound_text("look");
  picture.message.type = GARDU_MESSAGE_IMAGE;
  EXPECT_EQ(plugin.send(std::move(picture)).status().code(), GARDU_UNSUPPORTED);
  EXPECT_TRUE(plugin.host().http_calls().empty());
}

TEST_F(SmsHttpTest, HealthIsTheBalance) {
  const auto outcome = health({.body = R"({"balance": 12.5, "currency": "EUR"})"});
  EXPECT_TRUE(outcome.status().ok());
  EXPECT_EQ(outcome.data(), R"({"balance":12.5,"currency":"EUR","status":"ok"})");
  EXPECT_EQ(header_of(plugin.host().http_calls().at(0), "Authorization"), "Bearer the api key");
  EXPECT_EQ(health({.status = 401}).status().code(), GARDU_AUTH);
  EXPECT_EQ(health({.body = "{}"}).status().code(), GARDU_RETRY);
  EXPECT_EQ(plugin.act({.kind = GARDU_ACTION_TYPING}).status().code(), GARDU_UNSUPPORTED);
}

TEST_F(SmsHttpTest, AnswersAWebhookAfterItsMessageIsStored) {
  plugin.host().hold(GARDU_EXT_PUBLISH);
  const auto answer =
      post(told(R"("type": "message", "id": "in.1", "from": "+6281200000001", "text": "hi",)"
                R"( "timestamp": 1767225600)"));
  EXPECT_FALSE(answer.answered());
  EXPECT_TRUE(plugin.host().complete_publish());
  plugin.host().run();
  EXPECT_EQ(answer.status(), 200);
  const auto message = plugin.host().published().back();
  EXPECT_EQ(message.type, GARDU_EVENT_MESSAGE_RECEIVED);
  EXPECT_EQ(message.account_id, account.id);
  EXPECT_EQ(message.occurred_at, 1767225600'000'000);
  EXPECT_EQ(message.peer->identities.at(0).kind, GARDU_IDENTITY_PHONE);
  EXPECT_EQ(message.peer->address, "+6281200000001");
  EXPECT_EQ(message.message->provider_message_id, "in.1");
  EXPECT_EQ(message.message->text, "hi");
}

TEST_F(SmsHttpTest, ASenderMayBeAName) {
  EXPECT_EQ(post(told(R"("type": "message", "id": "in.1", "from": "BANK", "text": "1")")).status(),
            200);
  EXPECT_EQ(plugin.host().published().back().peer->identities.at(0).kind, GARDU_IDENTITY_OTHER);
}

TEST_F(SmsHttpTest, PublishesStatuses) {
  plugin.host().forget();
  EXPECT_EQ(post(told(R"("type": "status", "id": "p.1", "status": "queued")")).status(), 200);
  EXPECT_TRUE(plugin.host().published().empty());

  const std::vector<std::pair<std::string, gardu_message_status>> words{
      {"sent", GARDU_STATUS_SENT},
      {"delivered", GARDU_STATUS_DELIVERED},
      {"failed", GARDU_STATUS_FAILED}};
  for (const auto& [word, status] : words) {
    EXPECT_EQ(post(told(R"("type": "status", "id": "p.1", "reference": "ours", "status": ")" +
                        word + R"(", "error": {"code": "30003", "title": "Absent"})"))
                  .status(),
              200);
    const auto published = plugin.host().published().back();
    EXPECT_EQ(published.type, GARDU_EVENT_MESSAGE_STATUS_UPDATED);
    EXPECT_EQ(published.status->status, status);
    EXPECT_EQ(published.status->provider_message_id, "p.1");
    EXPECT_EQ(published.status->message_id, "ours");
    EXPECT_EQ(published.status->error_code, word == "failed" ? "30003" : "");
    EXPECT_EQ(published.status->error_title, word == "failed" ? "Absent" : "");
  }
}

TEST_F(SmsHttpTest, AWebhookThatCannotBeStoredIsToComeAgain) {
  const std::string body = told(R"("type": "status", "id": "p.1", "status": "sent")");
  plugin.host().refuse(GARDU_EXT_PUBLISH, GARDU_FULL, 1);
  const auto full = post(body);
  EXPECT_EQ(full.status(), 503);
  EXPECT_FALSE(full.header("Retry-After").empty());

  plugin.host().hold(GARDU_EXT_PUBLISH);
  const auto broken = post(body);
  EXPECT_TRUE(plugin.host().complete_publish(GARDU_INTERNAL));
  plugin.host().run();
  EXPECT_EQ(broken.status(), 503);
}

TEST_F(SmsHttpTest, AWebhookOfAStrangerTellsNothing) {
  plugin.host().forget();
  const std::string body = told(R"("type": "status", "id": "p.1", "status": "sent")");
  const std::string right = sms_http::sign(kSecret, body);
  EXPECT_EQ(plugin.request("POST", kPath, body).status(), 401);
  EXPECT_EQ(post(body, "another secret").status(), 401);
  EXPECT_EQ(post(body, "").status(), 401);
  for (const std::string& wrong :
       {right.substr(1), right + "0", "sha256=" + right, std::string(64, '0')})
    EXPECT_EQ(plugin.request("POST", kPath, body, {{"X-Sms-Signature", wrong}}).status(), 401);
  // Over the raw bytes: the same JSON, written otherwise, is not what was signed.
  EXPECT_EQ(plugin.request("POST", kPath, body + " ", {{"X-Sms-Signature", right}}).status(), 401);
  // Before parsing: what cannot be parsed is told from what is not signed only to who may know.
  EXPECT_EQ(plugin.request("POST", kPath, "no JSON").status(), 401);
  EXPECT_EQ(post("no JSON").status(), 422);
  EXPECT_TRUE(plugin.host().published().empty());
}

TEST_F(SmsHttpTest, WhatCannotBeUnderstoodIsNotToComeAgain) {
  for (const char* rest :
       {R"("type": "status", "id": "p.1", "status": "eaten")", R"("type": "weather", "id": "p.1")",
        R"("type": "status", "status": "sent")", R"("type": "message", "id": "in.1")"})
    EXPECT_EQ(post(told(rest)).status(), 422) << rest;
}

TEST_F(SmsHttpTest, AnAccountSpeaksForItselfAlone) {
  gardu::Account other = fake_account(R"({"api_key": "k", "webhook_secret": "the other secret"})");
  other.id = "0190c0de-0000-7000-8000-0000000000aa";
  other.address = "+6281100000099";
  ASSERT_TRUE(plugin.connect(other).ok());
  plugin.host().run();
  plugin.host().forget();
  EXPECT_EQ(
      post(told(R"("type": "status", "id": "p.1", "status": "sent")"), "the other secret").status(),
      403);
  EXPECT_TRUE(plugin.host().published().empty());
  const std::string own =
      R"({"account": "+6281100000099", "type": "status", "id": "p.1", "status": "sent"})";
  EXPECT_EQ(post(own, "the other secret").status(), 200);
  EXPECT_EQ(plugin.host().published().back().account_id, other.id);
}

TEST(SmsHttpSettings, WithoutTheAddressOfTheApiThePluginStaysIdle) {
  Harness plugin{{.plugin_id = "sms_http", .roles = 0}};
  EXPECT_EQ(plugin.start(R"({"api_url": ""})").code(), GARDU_UNCONFIGURED);
  EXPECT_EQ(plugin.end(), "");
}

}  // namespace
