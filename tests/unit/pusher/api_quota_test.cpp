// SPDX-License-Identifier: Apache-2.0
//
// So many events and reads a second.
#include <thread>

#include "api_caller.hpp"
#include "server/quota.hpp"

namespace gardu::pusher::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const Quota::Clock::time_point kBegin{seconds(1000)};

TEST(Quota, WithoutALimitAllIsAllowed) {
  Quota quota(0);
  EXPECT_FALSE(quota.limited());
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(quota.take(100, kBegin).allowed);
}

TEST(Quota, OneSecondsWorthAtOnceThenAsTheyAreEarned) {
  Quota quota(10);
  for (size_t i = 0; i < 10; ++i) {
    const auto verdict = quota.take(1, kBegin);
    EXPECT_TRUE(verdict.allowed);
    EXPECT_EQ(verdict.limit, 10U);
    EXPECT_EQ(verdict.remaining, 9 - i);
  }
  const auto refused = quota.take(1, kBegin);
  EXPECT_FALSE(refused.allowed);
  EXPECT_EQ(refused.remaining, 0U);
  EXPECT_EQ(refused.retry_after_s, 1);
  EXPECT_FALSE(quota.take(1, kBegin + milliseconds(99)).allowed);
  EXPECT_TRUE(quota.take(1, kBegin + milliseconds(100)).allowed);
  EXPECT_FALSE(quota.take(1, kBegin + milliseconds(100)).allowed);
  EXPECT_EQ(quota.take(1, kBegin + seconds(60)).remaining, 9U);  // no more than a second's
}

TEST(Quota, ABatchBeyondTheLimitHasToBeEarnedAfterwards) {
  Quota quota(2);
  EXPECT_TRUE(quota.take(10, kBegin).allowed);
  const auto refused = quota.take(1, kBegin);
  EXPECT_FALSE(refused.allowed);
  EXPECT_EQ(refused.retry_after_s, 5);
  EXPECT_FALSE(quota.take(1, kBegin + seconds(4)).allowed);
  EXPECT_TRUE(quota.take(1, kBegin + seconds(5)).allowed);
}

TEST(Quota, ThreadsShareIt) {
  Quota quota(1000);
  std::atomic<int> allowed{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) allowed += quota.take(1, kBegin).allowed ? 1 : 0;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(allowed, 1000);
}

class ApiQuotaTest : public ApiCaller {
 protected:
  void start_limited(const char* name, int limit) {
    Json settings = basic_settings();
    settings["apps"][0]["limits"] = {{name, limit}};
    settings["threads"] = 2;
    start(settings);
  }
  static void expect_refused(const Reply& reply, int limit) {
    EXPECT_EQ(reply.status, 429);
    EXPECT_TRUE(has_line(reply, "X-RateLimit-Limit: " + std::to_string(limit))) << reply.head;
    EXPECT_TRUE(has_line(reply, "X-RateLimit-Remaining: 0")) << reply.head;
    EXPECT_NE(reply.head.find("\r\nRetry-After: "), std::string::npos) << reply.head;
    EXPECT_TRUE(has_line(reply, "Connection: keep-alive"));
  }
};

TEST_F(ApiQuotaTest, EventsOverAllConnections) {
  start_limited("events_per_second", 1);
  const Json event{{"name", "n"}, {"channel", "news"}, {"data", "x"}};
  RawClient a(port), b(port);
  // Many at once are in debt long enough for this test, however slow it is.
  EXPECT_EQ(post(a, "/apps/3/batch_events", {{"batch", Json(10, event)}}).status, 200);
  expect_refused(publish(a, event), 1);
  expect_refused(publish(b, event), 1);
  expect_refused(post(b, "/apps/3/batch_events", {{"batch", Json(2, event)}}), 1);
  expect_refused(call(b, "POST", "/apps/3/channels/news/events", "x", "name=n"), 1);
  EXPECT_EQ(get(b, "/apps/3/channels").status, 200);
  EXPECT_EQ(a.request("POST", "/apps/3/events", "{}").status, 401);  // still checked first
}

TEST_F(ApiQuotaTest, ReadsDoNotHinderEvents) {
  start_limited("reads_per_second", 1);
  RawClient api(port);
  Reply reply;
  do reply = get(api, "/apps/3/channels");
  while (reply.status == 200);
  expect_refused(reply, 1);
  EXPECT_EQ(publish(api, {{"name", "n"}, {"channel", "news"}, {"data", "x"}}).status, 200);
  EXPECT_EQ(api.request("GET", "/up").status, 200);
}

}  // namespace
}  // namespace gardu::pusher::testing
