// SPDX-License-Identifier: Apache-2.0
//
// The plugin on a host that is nothing but memory; FakeTable stands for its table.
#include "forward_events.hpp"

#include <gtest/gtest.h>

#include <gardu/testing/harness.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "fake_table.hpp"
#include "signature.hpp"

namespace forward_events {
namespace {

using namespace std::chrono_literals;
using gardu::testing::FakeAnswer;
using gardu::testing::message_received;
using nlohmann::json;

constexpr const char* kUrl = "https://receiver.example/hook?key=in-the-query";
constexpr const char* kSecret = "a secret of the receiver";
constexpr const char* kPath = "/api/v1/forward_events/deliveries";

class ForwardEventsTest : public ::testing::Test {
 protected:
  // Stopped, destroyed, and nothing that is forbidden was done, as logging the secret.
  ~ForwardEventsTest() override { EXPECT_EQ(plugin.end(), ""); }

  void start(json more = json::object()) {
    json settings = {
        {"targets", {{{"url", kUrl}, {"secret", kSecret}, {"headers", {{"X-A", "b"}}}}}},
        {"attempts", 3},
        {"first_retry_ms", 1000}};
    settings.update(more);
    host.mark_secret(kSecret);
    host.mark_secret("in-the-query");
    host.on_sql(std::ref(table));
    host.on_http("", "", FakeAnswer{});
    plugin.plugin().use_clock([this] { return host.now(); });
    ASSERT_TRUE(plugin.start(settings.dump()).ok());
    target = parse_settings(settings.dump()).targets.at(0).id;
  }
  std::int64_t metric(const std::string& name) {
    return host.metrics()[name + "{target=\"" + target + "\"}"];
  }
  std::string header(const gardu::HttpCall& call, std::string_view name) {
    for (const auto& [have, value] : call.headers)
      if (have == name) return value;
    return {};
  }
  void answer(int status, gardu::testing::Headers headers = {}) {
    host.on_http("", "", FakeAnswer{.status = status, .headers = std::move(headers)});
  }

  FakeTable table;
  gardu::testing::Harness<ForwardEvents> plugin{
      {.plugin_id = "forward_events", .delivery = gardu::Delivery::durable}};
  gardu::testing::FakeHost& host = plugin.host();
  std::string target;
};

TEST_F(ForwardEventsTest, StoresFirstThenPostsAndForgets) {
  start();
  ASSERT_TRUE(plugin.deliver(message_received("hello")).ok());
  ASSERT_EQ(table.rows.size(), 1U);
  const auto stored = table.rows[0];
  EXPECT_TRUE(host.http_calls().empty());

  host.pass(10ms);
  const auto calls = host.http_calls();
  ASSERT_EQ(calls.size(), 1U);
  EXPECT_EQ(calls[0].method, "POST");
  EXPECT_EQ(calls[0].url, kUrl);
  EXPECT_EQ(calls[0].body, stored.body);
  EXPECT_EQ(calls[0].deadline, 10s);
  EXPECT_EQ(header(calls[0], "X-A"), "b");
  EXPECT_EQ(header(calls[0], "X-Gardu-Event"), "message.received");
  EXPECT_EQ(header(calls[0], "X-Gardu-Delivery"), target + "-" + std::to_string(stored.seq));
  const std::string t = header(calls[0], "X-Gardu-Timestamp");
  EXPECT_EQ(header(calls[0], "X-Gardu-Signature"),
            signature_header(kSecret, std::stoll(t), stored.body));
  EXPECT_TRUE(table.rows.empty());
  EXPECT_EQ(metric("delivered_total"), 1);
}

TEST_F(ForwardEventsTest, WhatIsNotStoredComesAgain) {
  start();
  host.refuse(GARDU_EXT_DB, GARDU_RETRY, 1);
  EXPECT_EQ(plugin.deliver(message_received("hello")).why.code(), GARDU_RETRY);
  EXPECT_TRUE(table.rows.empty());
}

TEST_F(ForwardEventsTest, AReplayedEventIsStoredOnce) {
  start();
  auto event = host.filled(message_received("hello"));
  host.hold(GARDU_EXT_HTTP_CLIENT);
  ASSERT_TRUE(plugin.deliver(event).ok());
  event.flags = GARDU_EVENT_REPLAYED;
  ASSERT_TRUE(plugin.deliver(event).ok());
  EXPECT_EQ(table.rows.size(), 1U);
}

TEST_F(ForwardEventsTest, TriesAgainWithTheSameIdUntilItIsDead) {
  start();
  answer(503);
  ASSERT_TRUE(plugin.deliver(message_received("hello")).ok());
  host.pass(10ms);
  EXPECT_EQ(host.http_calls().size(), 1U);
  host.pass(490ms);  // the earliest is half of the first retry
  EXPECT_EQ(host.http_calls().size(), 1U);
  host.pass(1min);
  const auto calls = host.http_calls();
  ASSERT_EQ(calls.size(), 3U);
  EXPECT_EQ(header(calls[0], "X-Gardu-Delivery"), header(calls[2], "X-Gardu-Delivery"));
  EXPECT_NE(header(calls[0], "X-Gardu-Signature"), header(calls[2], "X-Gardu-Signature"));
  ASSERT_EQ(table.rows.size(), 1U);
  EXPECT_EQ(table.rows[0].state, "dead");
  EXPECT_EQ(table.rows[0].last_error, "HTTP 503");
  EXPECT_EQ(metric("failed_total"), 3);
  EXPECT_EQ(metric("dead_total"), 1);
  EXPECT_EQ(metric("queued"), 0);
}

TEST_F(ForwardEventsTest, WhatTheReceiverWillNeverTakeIsDeadAtOnce) {
  start();
  answer(410);
  ASSERT_TRUE(plugin.deliver(message_received("hello")).ok());
  host.pass(1min);
  EXPECT_EQ(host.http_calls().size(), 1U);
  EXPECT_EQ(table.rows.at(0).state, "dead");
}

TEST_F(ForwardEventsTest, WaitsAsLongAsTheReceiverWants) {
  start();
  answer(429, {{"retry-after", "30"}});
  ASSERT_TRUE(plugin.deliver(message_received("one")).ok());
  host.pass(10ms);
  answer(200);
  ASSERT_TRUE(plugin.deliver(message_received("two", "+6281100000002")).ok());
  host.pass(29s);  // all of the target waits
  EXPECT_EQ(host.http_calls().size(), 1U);
  host.pass(2s);
  EXPECT_EQ(host.http_calls().size(), 3U);
  EXPECT_TRUE(table.rows.empty());
}

TEST_F(ForwardEventsTest, KeepsTheOrderOfAConversation) {
  start();
  host.hold(GARDU_EXT_HTTP_CLIENT);
  ASSERT_TRUE(plugin
                  .deliver(message_received("1"), message_received("2"),
                           message_received("other", "+6281100000002"))
                  .ok());
  host.pass(10ms);
  EXPECT_EQ(host.http_calls().size(), 2U);  // one of each
  host.complete_http({.status = 500});      // "1" fails: "2" waits for it
  host.complete_http({});
  host.pass(10ms);
  EXPECT_EQ(host.http_calls().size(), 2U);
  host.pass(2s);
  host.complete_http({});
  host.pass(10ms);
  const auto calls = host.http_calls();
  ASSERT_EQ(calls.size(), 4U);
  EXPECT_EQ(calls[2].body, calls[0].body);
  EXPECT_NE(calls[3].body, calls[0].body);
}

TEST_F(ForwardEventsTest, AtMostEightAreUnderWay) {
  start();
  host.hold(GARDU_EXT_HTTP_CLIENT);
  for (int i = 0; i < 12; ++i) {
    const std::string from = "+62811000000" + std::to_string(10 + i);
    ASSERT_TRUE(plugin.deliver(message_received("hello", from)).ok());
  }
  host.pass(10ms);
  EXPECT_EQ(host.http_calls().size(), 8U);
  host.complete_http({});
  host.pass(10ms);
  EXPECT_EQ(host.http_calls().size(), 9U);
}

TEST_F(ForwardEventsTest, AReceiverOutOfOrderIsTriedWithOne) {
  start({{"attempts", 100}});
  host.on_http("", "", FakeAnswer{.progress = GARDU_HTTP_UNREACHABLE, .error = "refused"});
  for (int i = 0; i < 40; ++i) {
    const std::string from = "+62811000000" + std::to_string(10 + i);
    ASSERT_TRUE(plugin.deliver(message_received("hello", from)).ok());
  }
  host.pass(10min);
  EXPECT_LT(host.http_calls().size(), 40U);
  EXPECT_TRUE(host.logged("out of order"));
  answer(200);
  host.pass(5min);
  EXPECT_TRUE(table.rows.empty());
  EXPECT_TRUE(host.logged("answers again"));
}

TEST_F(ForwardEventsTest, ADatabaseThatIsAwayLosesNothing) {
  start();
  host.hold(GARDU_EXT_HTTP_CLIENT);
  ASSERT_TRUE(plugin.deliver(message_received("hello"), message_received("again")).ok());
  host.pass(10ms);
  host.refuse(GARDU_EXT_DB, GARDU_RETRY, 1);
  host.complete_http({});
  EXPECT_EQ(table.rows.size(), 2U);
  EXPECT_EQ(host.http_calls().size(), 1U);  // not sent twice, and nothing overtakes it
  host.pass(2s);
  EXPECT_EQ(table.rows.size(), 1U);
  EXPECT_EQ(host.http_calls().size(), 2U);
}

TEST_F(ForwardEventsTest, WhatWasUnderWayGoesOutAfterTheNextStart) {
  start();
  host.hold(GARDU_EXT_HTTP_CLIENT);
  ASSERT_TRUE(plugin.deliver(message_received("hello")).ok());
  host.pass(10ms);
  ASSERT_TRUE(plugin.stop().ok());
  ASSERT_EQ(table.rows.size(), 1U);
  EXPECT_EQ(table.rows[0].attempts, 0);
}

TEST_F(ForwardEventsTest, DeliveriesOfAForgottenTargetAreDead) {
  FakeTable::Row row;
  row.target = "x";
  row.state = "queued";
  table.rows.push_back(row);
  start();
  EXPECT_EQ(table.rows.at(0).state, "dead");
}

TEST_F(ForwardEventsTest, AnAdminListsTheDeadAndRevivesThem) {
  start();
  answer(404);
  ASSERT_TRUE(plugin.deliver(message_received("hello"), message_received("again")).ok());
  host.pass(10ms);
  auto page = json::parse(plugin.request("GET", std::string(kPath) + "?state=dead&limit=1").body());
  ASSERT_EQ(page["data"].size(), 1U);
  const json first = page["data"][0];
  EXPECT_EQ(first["last_error"], "HTTP 404");
  EXPECT_EQ(first["target"]["at"], "https://receiver.example");
  const std::string cursor = page["next_cursor"];
  page = json::parse(plugin.request("GET", std::string(kPath) + "?cursor=" + cursor).body());
  ASSERT_EQ(page["data"].size(), 1U);
  EXPECT_NE(page["data"][0]["id"], first["id"]);
  EXPECT_TRUE(page["next_cursor"].is_null());

  answer(200);
  const std::string retry = std::string(kPath) + "/" + first["id"].get<std::string>() + "/retry";
  EXPECT_EQ(plugin.request("POST", retry).status(), 202);
  EXPECT_EQ(plugin.request("POST", retry).status(), 409);
  host.pass(10ms);
  EXPECT_EQ(plugin.request("POST", retry).status(), 404);
  EXPECT_EQ(table.rows.size(), 1U);
}

TEST_F(ForwardEventsTest, AnswersWhatIsNoIdAndWithoutADatabase) {
  start();
  EXPECT_EQ(plugin.request("POST", std::string(kPath) + "/%ff/retry").status(), 404);
  EXPECT_EQ(plugin.request("GET", std::string(kPath) + "?cursor=1.%ff").status(), 422);
  EXPECT_EQ(plugin.request("GET", std::string(kPath) + "?state=other").status(), 422);
  host.refuse(GARDU_EXT_DB, GARDU_RETRY, 1);
  EXPECT_EQ(plugin.request("GET", kPath).status(), 503);
}

TEST_F(ForwardEventsTest, ShowsAWorkspaceItsOwnAlone) {
  start();
  answer(404);
  ASSERT_TRUE(plugin.deliver(message_received("hello")).ok());
  host.pass(10ms);
  gardu::Principal other;
  other.auth = GARDU_AUTH_ADMIN;
  other.workspace_id = "another";
  EXPECT_TRUE(json::parse(plugin.request("GET", kPath, {}, {}, other).body())["data"].empty());
  const std::string retry = std::string(kPath) + "/" + table.rows.at(0).id + "/retry";
  EXPECT_EQ(plugin.request("POST", retry, {}, {}, other).status(), 404);
  other.auth = GARDU_AUTH_AGENT;
  EXPECT_EQ(plugin.request("GET", kPath, {}, {}, other).status(), 403);
}

TEST_F(ForwardEventsTest, TheDeadAreForgottenInTheEnd) {
  start({{"keep_dead_days", 1}});
  answer(404);
  ASSERT_TRUE(plugin.deliver(message_received("hello")).ok());
  host.pass(23h);
  EXPECT_EQ(table.rows.size(), 1U);
  host.pass(2h);
  EXPECT_TRUE(table.rows.empty());
}

TEST(ForwardEvents, WithoutTargetsItStaysIdle) {
  gardu::testing::Harness<ForwardEvents> plugin{{.plugin_id = "forward_events"}};
  EXPECT_EQ(plugin.start(R"({"targets": []})").code(), GARDU_UNCONFIGURED);
  EXPECT_EQ(plugin.end(), "");
}

}  // namespace
}  // namespace forward_events
