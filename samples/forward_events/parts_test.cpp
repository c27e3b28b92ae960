// SPDX-License-Identifier: Apache-2.0
//
// The parts that need no host: the signature, who wants what, and when to try again.
#include <gtest/gtest.h>

#include <gardu/testing/fake_host.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "policy.hpp"
#include "signature.hpp"
#include "target.hpp"

namespace forward_events {
namespace {

using namespace std::chrono_literals;

TEST(Signature, IsThatOfTheRfc) {  // RFC 4231, cases 1, 2 and 6
  EXPECT_EQ(hmac_sha256_hex(std::string(20, '\x0b'), "Hi There"),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hmac_sha256_hex("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hmac_sha256_hex(std::string(131, '\xaa'),
                            "Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Signature, CoversTheTimeAndTheBody) {
  EXPECT_EQ(signature_header("Jefe", 1700000000, "{}"),
            "t=1700000000,v1=" + hmac_sha256_hex("Jefe", "1700000000.{}"));
}

TEST(Policy, WhatFollowsFromAnAnswer) {
  for (const int status : {200, 201, 204, 299})
    EXPECT_EQ(judge(GARDU_HTTP_ANSWERED, status), Verdict::delivered) << status;
  for (const int status : {400, 401, 404, 410, 413, 422})
    EXPECT_EQ(judge(GARDU_HTTP_ANSWERED, status), Verdict::dead) << status;
  for (const int status : {301, 307, 408, 425, 429, 500, 502, 503, 504})
    EXPECT_EQ(judge(GARDU_HTTP_ANSWERED, status), Verdict::retry) << status;
  for (const auto progress :
       {GARDU_HTTP_UNREACHABLE, GARDU_HTTP_UNSENT, GARDU_HTTP_UNKNOWN, GARDU_HTTP_REFUSED})
    EXPECT_EQ(judge(progress, 0), Verdict::retry) << progress;
}

TEST(Policy, BacksOffUpToAnHour) {
  EXPECT_EQ(backoff(1, 5s, 0), 2500ms);
  EXPECT_LT(backoff(1, 5s, 0.999), 5s);
  EXPECT_EQ(backoff(3, 5s, 0), 10s);
  EXPECT_EQ(backoff(100, 5s, 0), 30min);
  EXPECT_LE(backoff(100, 5s, 0.999), 1h);
}

TEST(Policy, ReadsRetryAfter) {
  constexpr std::int64_t kNow = 1445412440LL * 1'000'000;  // 2015-10-21 07:27:20
  EXPECT_EQ(retry_after("120", kNow), 2min);
  EXPECT_EQ(retry_after("Wed, 21 Oct 2015 07:28:00 GMT", kNow), 40s);
  EXPECT_EQ(retry_after("Wed, 21 Oct 2015 07:00:00 GMT", kNow), 0s);
  EXPECT_EQ(retry_after("-5", kNow), 0s);
  EXPECT_EQ(retry_after("99999999999", kNow), 24h);
  EXPECT_EQ(retry_after("", kNow), std::nullopt);
  EXPECT_EQ(retry_after("soon", kNow), std::nullopt);
}

Target wanting(std::vector<std::string> events, std::string workspace_id = {}) {
  Target out;
  out.events = std::move(events);
  out.workspace_id = std::move(workspace_id);
  return out;
}

TEST(Target, WantsWhatItNames) {
  EXPECT_TRUE(wanting({"message.received"}).wants("message.received", "w"));
  EXPECT_FALSE(wanting({"message.received"}).wants("message.sent", "w"));
  EXPECT_TRUE(wanting({"account.status", "message.*"}).wants("message.status.updated", "w"));
  EXPECT_FALSE(wanting({"message.*"}).wants("contact.created", "w"));
  EXPECT_TRUE(wanting({"*"}).wants("contact.created", "w"));
  EXPECT_TRUE(wanting({"*"}, "w").wants("contact.created", "w"));
  EXPECT_FALSE(wanting({"*"}, "other").wants("contact.created", "w"));
}

TEST(Target, APairingCodeIsOnlyForWhoNamesIt) {
  EXPECT_FALSE(wanting({"*", "account.*"}).wants("account.qr", "w"));
  EXPECT_TRUE(wanting({"account.qr"}).wants("account.qr", "w"));
}

constexpr const char* kSecret = "sixteen or more characters";
Settings settings_of(nlohmann::json targets) {
  for (auto& target : targets) target["secret"] = kSecret;
  return parse_settings(nlohmann::json{{"targets", targets}}.dump());
}

TEST(Target, KeepsItsIdAndHidesItsPath) {
  const auto one = settings_of({{{"url", "https://a.example/secret/path?key=1"}}});
  const auto two =
      settings_of({{{"url", "https://b.example"}},
                   {{"url", "https://a.example/secret/path?key=1"}, {"events", {"message.sent"}}}});
  EXPECT_EQ(one.targets[0].id, two.targets[1].id);
  EXPECT_NE(two.targets[0].id, two.targets[1].id);
  EXPECT_EQ(one.targets[0].shown(), "https://a.example");
  EXPECT_EQ(two.targets[0].shown(), "https://b.example");
}

TEST(Target, RefusesWhatCannotBe) {
  using J = nlohmann::json;
  const J a = {{"url", "https://a.example"}};
  EXPECT_THROW(settings_of(J::array({a, a})), gardu::Failure);
  for (const auto& [name, value] : std::map<std::string, std::string>{
           {"X-Gardu-Event", "x"}, {"Host", "x"}, {"A b", "x"}, {"X-A", "x\r\nX-B: y"}}) {
    const J bad = {{"url", "https://a.example"}, {"headers", {{name, value}}}};
    EXPECT_THROW(settings_of(J::array({bad})), gardu::Failure) << name;
  }
}

TEST(Envelope, IsTheEventAsTheGatewayShowsIt) {
  gardu::testing::FakeHost host;
  auto event = gardu::testing::account_status("ready");
  event.seq = 7;
  event.id = "e-1";
  event.occurred_at = 1445412440123456;
  event.recorded_at = 0;
  event.data = R"({"status": "ready"})";  // with its blank: not written anew
  const auto shown = host.show(event);
  const gardu::EventView view(*shown);
  const std::string text = envelope(view);
  const auto json = nlohmann::json::parse(text);
  EXPECT_EQ(json.at("seq"), 7);
  EXPECT_EQ(json.at("type"), "account.status");
  EXPECT_EQ(json.at("occurred_at"), "2015-10-21T07:27:20.123Z");
  EXPECT_TRUE(json.at("contact_id").is_null());
  EXPECT_NE(text.find(R"("data":{"status": "ready"})"), std::string::npos);
  EXPECT_EQ(lane_of(view), gardu::testing::kAccount);
}

}  // namespace
}  // namespace forward_events
