// SPDX-License-Identifier: Apache-2.0
//
// The error table, value by value.
#include "error_table.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sender.hpp"

namespace gardu::meta_cloud {
namespace {

std::string error_body(int64_t code, int64_t subcode = 0) {
  return R"({"error":{"message":"oops","type":"OAuthException","code":)" + std::to_string(code) +
         R"(,"error_subcode":)" + std::to_string(subcode) +
         R"(,"error_data":{"details":"why"},"fbtrace_id":"Tr4ce"}})";
}

Status refused(int64_t code, int http = 400, uint32_t attempt = 1, int64_t subcode = 0) {
  const std::string body = error_body(code, subcode);
  Refusal r;
  r.http_status = http;
  r.body = body;
  r.attempt = attempt;
  return status_of(r);
}

void expect_all(const std::vector<int64_t>& codes, int32_t status) {
  for (const int64_t code : codes) EXPECT_EQ(refused(code).code(), status) << code;
}

TEST(ErrorTable, Retries) {
  expect_all({1, 2, 131000, 131016, 131057, 133000, 133004, 133015, 131052, 131053}, GARDU_RETRY);
  EXPECT_EQ(refused(131057).retry_after(), std::chrono::seconds(60));
  EXPECT_EQ(refused(133015).retry_after(), std::chrono::seconds(300));
  for (const int64_t once : {131052, 131053})
    EXPECT_EQ(refused(once, 400, 2).code(), GARDU_REJECTED) << once;
  EXPECT_EQ(refused(131000, 500, 3).code(), GARDU_RETRY);
}

TEST(ErrorTable, Throttles) {
  expect_all({4, 17, 32, 613, 80007, 80008, 130429, 131048, 131056, 132069, 133016},
             GARDU_THROTTLED);
  for (const int64_t code : {4, 17, 32, 613, 80007, 80008, 130429, 131048, 133016})
    EXPECT_EQ(refused(code).scope(), static_cast<uint32_t>(GARDU_SCOPE_ACCOUNT)) << code;
  EXPECT_EQ(refused(131056).scope(), static_cast<uint32_t>(GARDU_SCOPE_PAIR));
  EXPECT_GE(refused(131048).retry_after(), std::chrono::hours(1));
  EXPECT_EQ(refused(133016).retry_after(), std::chrono::hours(72));
}

TEST(ErrorTable, RejectsForGood) {
  expect_all({100,    130472, 130497, 131008, 131009, 131021,  131026, 131030, 131047, 131049,
              131050, 131051, 131060, 131062, 132000, 132001,  132005, 132007, 132008, 132012,
              132015, 132016, 132018, 132068, 134100, 134101,  134102, 135000, 137000, 139000,
              139004, 139100, 139103, 147001, 147004, 2593107, 2593108},
             GARDU_REJECTED);
}

TEST(ErrorTable, StopsTheAccount) {
  expect_all({0,      3,      10,     33,     104,    190,    200,    250,
              299,    368,    131005, 131031, 131037, 131042, 131044, 131045,
              131063, 131064, 133005, 133006, 133008, 133009, 133010, 134011},
             GARDU_AUTH);
  EXPECT_EQ(refused(100, 400, 1, 33).code(), GARDU_AUTH);
}

TEST(ErrorTable, UnlistedCodes) {
  for (const int64_t code : {5, 101, 199, 300, 130430, 131001, 999999})
    EXPECT_EQ(refused(code).code(), GARDU_REJECTED) << code;
  EXPECT_NE(refused(999999).message().find("does not know"), std::string::npos);
  EXPECT_EQ(refused(999999, 500).code(), GARDU_RETRY);
  EXPECT_EQ(refused(131026, 429).code(), GARDU_THROTTLED);
}

TEST(ErrorTable, IsInOrder) {
  int64_t last = -1;
  for (const ErrorRule& rule : error_rules()) {
    EXPECT_GT(rule.first, last) << rule.first;
    EXPECT_GE(rule.last, rule.first);
    last = rule.last;
  }
}

TEST(ErrorTable, TellsCodeTitleAndDetails) {
  const Status s = refused(131047);
  EXPECT_EQ(s.provider_code(), "131047");
  EXPECT_EQ(s.title(), "oops");
  EXPECT_EQ(s.message(), "why (fbtrace_id Tr4ce)");
}

TEST(ErrorTable, PairsWaitPowersOfFour) {
  const std::string body = error_body(131056);
  const auto wait = [&](uint32_t attempt, uint32_t strikes) {
    Refusal r;
    r.http_status = 400;
    r.body = body;
    r.attempt = attempt;
    r.pair_strikes = strikes;
    return status_of(r).retry_after();
  };
  EXPECT_EQ(wait(1, 0), std::chrono::seconds(4));
  EXPECT_EQ(wait(1, 1), std::chrono::seconds(16));
  EXPECT_EQ(wait(3, 0), std::chrono::seconds(64));
  EXPECT_EQ(wait(1, 50), std::chrono::seconds(4096));
}

TEST(ErrorTable, HeadersTellTheWait) {
  const std::string body = error_body(130429);
  Refusal r;
  r.http_status = 429;
  r.body = body;
  r.business_usage = R"({"880011":[{"call_count":100,"estimated_time_to_regain_access":3}]})";
  EXPECT_EQ(status_of(r).retry_after(), std::chrono::minutes(3));
  r.retry_after = "17";
  EXPECT_EQ(status_of(r).retry_after(), std::chrono::seconds(17));
  r.retry_after = "Wed, 21 Oct 2026 07:28:00 GMT";
  r.business_usage = "nonsense";
  EXPECT_EQ(status_of(r).retry_after(), std::chrono::seconds(5));
  r.retry_after = "999999999999";
  EXPECT_EQ(status_of(r).retry_after(), std::chrono::hours(7 * 24));
}

TEST(ErrorTable, AnswersWithoutAnErrorObject) {
  const auto code = [](int http, const char* body) {
    Refusal r;
    r.http_status = http;
    r.body = body;
    return status_of(r).code();
  };
  for (const char* body : {"", "<html>", "{}", R"({"error":"x"})", R"({"error":{"code":"x"}})"}) {
    EXPECT_EQ(code(500, body), GARDU_RETRY) << body;
    EXPECT_EQ(code(503, body), GARDU_RETRY) << body;
    EXPECT_EQ(code(502, body), GARDU_TIMEOUT) << body;
    EXPECT_EQ(code(504, body), GARDU_TIMEOUT) << body;
    EXPECT_EQ(code(429, body), GARDU_THROTTLED) << body;
    EXPECT_EQ(code(408, body), GARDU_RETRY) << body;
    EXPECT_EQ(code(401, body), GARDU_AUTH) << body;
    EXPECT_EQ(code(404, body), GARDU_REJECTED) << body;
    EXPECT_EQ(code(302, body), GARDU_REJECTED) << body;
  }
}

TEST(ErrorTable, StatusesUseItToo) {
  EXPECT_TRUE(is_retryable(131000, -1));
  EXPECT_TRUE(is_retryable(130429, -1));
  EXPECT_FALSE(is_retryable(131047, -1));
  EXPECT_FALSE(is_retryable(190, -1));
  EXPECT_FALSE(is_retryable(-1, -1));
}

Result<Accepted> read(int status, std::string_view body, std::string_view to) {
  gardu_http_answer raw{};
  raw.size = sizeof raw;
  raw.status = status;
  raw.body = str(body);
  return read_answer(HttpAnswer(raw), to, {});
}

TEST(Answer, IsTakenByItsMessageId) {
  const auto good =
      read(200, R"({"contacts":[{"input":"5511","wa_id":"5519"}],"messages":[{"id":"wamid.1"}]})",
           "+5511");
  ASSERT_TRUE(good);
  EXPECT_EQ(good->provider_message_id, "wamid.1");
  EXPECT_EQ(good->peer_address, "5519");
  EXPECT_FALSE(good->confirmed);
  const auto same = read(201, R"({"contacts":[{"wa_id":"5511"}],"messages":[{"id":"w"}]})", "5511");
  ASSERT_TRUE(same);
  EXPECT_EQ(same->peer_address, "");
  const auto scoped =
      read(200, R"({"contacts":[{"user_id":"ID.u1"}],"messages":[{"id":"w"}]})", "ID.u1");
  ASSERT_TRUE(scoped);
  EXPECT_EQ(scoped->peer_address, "");
}

TEST(PairStrikes, GrowUntilASuccess) {
  PairStrikes strikes;
  const Status throttled = refused(131056);
  strikes.note("a b", throttled);
  strikes.note("a b", throttled);
  strikes.note("a b", refused(130429));
  EXPECT_EQ(strikes.count("a b"), 2U);
  EXPECT_EQ(strikes.count("a c"), 0U);
  strikes.note("a b", Status{});
  EXPECT_EQ(strikes.count("a b"), 0U);
}

}  // namespace
}  // namespace gardu::meta_cloud
