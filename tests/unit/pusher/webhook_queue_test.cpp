// SPDX-License-Identifier: Apache-2.0
//
// Order, retries and bounds of what waits for one endpoint.
#include "webhooks/queue.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gardu::pusher {
namespace {

double none() { return 0; }
double all() { return 1; }

WebhookItem item(const std::string& id, Millis at = 0, size_t size = 2) {
  return {id, at, std::string(size, '1')};
}
WebhookAnswer status(int code, Millis retry_after = 0) { return {true, code, retry_after, {}}; }
using Ids = WebhookQueue::Ids;

TEST(WebhookQueue, OneEventARequestAndOneRequestAtATime) {
  WebhookQueue queue(false, {}, &none);
  queue.push(item("a", 5));
  queue.push(item("b", 6));
  const auto first = queue.next(10);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->delivery_id, "a");
  EXPECT_EQ(first->body, R"({"time_ms":5,"events":[11]})");
  EXPECT_FALSE(queue.next(1'000'000));
  EXPECT_EQ(queue.answered(status(204), 20), Ids{"a"});
  EXPECT_EQ(queue.next(20)->delivery_id, "b");
}

TEST(WebhookQueue, AFailedOneGoesAgainBeforeTheNext) {
  WebhookQueue queue(false, {}, &none);
  queue.push(item("a"));
  queue.push(item("b"));
  std::vector<Millis> pauses;
  Millis now = 0;
  for (int i = 0; i < 10; ++i) {
    ASSERT_EQ(queue.next(now)->delivery_id, "a");
    EXPECT_EQ(queue.answered(status(500), now), Ids{});
    const Millis wake = queue.wake();
    EXPECT_FALSE(queue.next(wake - 1));
    pauses.push_back(wake - now);
    now = wake;
  }
  EXPECT_EQ(pauses, (std::vector<Millis>{1000, 2000, 4000, 8000, 16000, 32000, 48000, 48000, 48000,
                                         48000}));
  EXPECT_EQ(queue.next(now)->delivery_id, "a");
  queue.answered(status(200), now);
  EXPECT_EQ(queue.next(now)->delivery_id, "b");
  queue.answered(status(500), now);
  EXPECT_EQ(queue.wake(), now + 1000);  // anew
}

TEST(WebhookQueue, TheJitterAddsAQuarterAndNeverPassesAMinute) {
  WebhookLimits limits;
  limits.life = 3'600'000;
  WebhookQueue queue(false, limits, &all);
  queue.push(item("a"));
  std::vector<Millis> pauses;
  Millis now = 0;
  for (int i = 0; i < 8; ++i) {
    ASSERT_TRUE(queue.next(now));
    queue.answered(status(500), now);
    pauses.push_back(queue.wake() - now);
    now = queue.wake();
  }
  EXPECT_EQ(pauses, (std::vector<Millis>{1250, 2500, 5000, 10000, 20000, 40000, 60000, 60000}));
}

TEST(WebhookQueue, WhateverIsNoSuccessIsAFailure) {
  for (const int code : {0, 100, 199, 300, 302, 304, 400, 401, 404, 410, 429, 500, 503, 599, 999}) {
    WebhookQueue queue(false, {}, &none);
    queue.push(item("a"));
    ASSERT_TRUE(queue.next(0));
    EXPECT_EQ(queue.answered(status(code), 0), Ids{}) << code;
    EXPECT_EQ(queue.wake(), 1000) << code;
  }
  WebhookQueue queue(false, {}, &none);
  queue.push(item("a"));
  ASSERT_TRUE(queue.next(0));
  EXPECT_EQ(queue.answered({false, 200, 0, "no whole answer"}, 0), Ids{});
}

TEST(WebhookQueue, RetryAfterIsHeardButNotForever) {
  WebhookLimits limits;
  limits.life = 3'600'000;
  WebhookQueue queue(false, limits, &none);
  queue.push(item("a"));
  ASSERT_TRUE(queue.next(0));
  queue.answered(status(429, 7000), 0);
  EXPECT_EQ(queue.wake(), 7000);
  ASSERT_TRUE(queue.next(7000));
  queue.answered(status(503, 500), 7000);  // less than our own pause
  EXPECT_EQ(queue.wake(), 9000);
  ASSERT_TRUE(queue.next(9000));
  queue.answered(status(429, 3'600'000), 9000);
  EXPECT_EQ(queue.wake(), 309'000);
}

TEST(WebhookQueue, IsGivenUpAfterFiveMinutesAndTheNextHasItsOwn) {
  WebhookQueue queue(false, {}, &none);
  queue.push(item("a", 0));
  queue.push(item("b", 1000));
  ASSERT_TRUE(queue.next(0));
  EXPECT_EQ(queue.expire(300'000), Ids{});  // under way: its end decides
  queue.answered(status(500), 299'990);
  EXPECT_EQ(queue.wake(), 300'000);
  EXPECT_EQ(queue.expire(299'999), Ids{});
  EXPECT_EQ(queue.expire(300'000), Ids{"a"});
  EXPECT_FALSE(queue.next(300'000));  // the endpoint's pause goes on
  EXPECT_EQ(queue.next(300'990)->delivery_id, "b");
}

TEST(WebhookQueue, ABatchIsBoundedByNumberAndBytes) {
  WebhookLimits limits;
  limits.batch_events = 3;
  limits.batch_bytes = 10;
  WebhookQueue queue(true, limits, &none);
  for (const char* id : {"a", "b", "c", "d"}) queue.push(item(id));
  queue.push(item("e", 0, 6));
  queue.push(item("f", 0, 5));
  queue.push(item("g", 0, 50));
  const auto delivered = [&] {
    const auto request = queue.next(0);
    queue.answered(status(200), 0);
    return request ? request->delivery_id + ' ' + std::to_string(request->events) : "";
  };
  EXPECT_EQ(delivered(), "a-3 3");
  EXPECT_EQ(delivered(), "d-2 2");
  EXPECT_EQ(delivered(), "f 1");
  EXPECT_EQ(delivered(), "g 1");  // bigger than a batch may be: alone
  EXPECT_EQ(delivered(), "");
}

TEST(WebhookQueue, AFailedBatchGoesAgainAsItWas) {
  WebhookQueue queue(true, {}, &none);
  queue.push(item("a", 1));
  queue.push(item("b", 2));
  const auto first = queue.next(0);
  queue.push(item("c", 3));
  queue.answered(status(500), 0);
  const auto again = queue.next(1000);
  ASSERT_TRUE(first && again);
  EXPECT_EQ(again->body, first->body);
  EXPECT_EQ(again->delivery_id, first->delivery_id);
  EXPECT_EQ(queue.answered(status(200), 1000), (Ids{"a", "b"}));
  EXPECT_EQ(queue.next(1000)->delivery_id, "c");
}

TEST(WebhookQueue, TheOldestMakeRoomButNotWhatIsUnderWay) {
  WebhookLimits limits;
  limits.events = 2;
  WebhookQueue queue(false, limits, &none);
  EXPECT_EQ(queue.push(item("a")), Ids{});
  EXPECT_EQ(queue.push(item("b")), Ids{});
  EXPECT_EQ(queue.push(item("c")), Ids{"a"});
  ASSERT_EQ(queue.next(0)->delivery_id, "b");
  EXPECT_EQ(queue.push(item("d")), Ids{"c"});
  EXPECT_EQ(queue.answered(status(200), 0), Ids{"b"});
  EXPECT_EQ(queue.next(0)->delivery_id, "d");
}

TEST(WebhookQueue, BytesAreBoundedToo) {
  WebhookLimits limits;
  limits.bytes = 100;
  WebhookQueue queue(false, limits, &none);
  queue.push(item("a", 0, 49));
  EXPECT_EQ(queue.push(item("b", 0, 49)), Ids{});
  EXPECT_EQ(queue.push(item("c", 0, 49)), Ids{"a"});
  EXPECT_EQ(queue.bytes(), 100U);
  EXPECT_EQ(queue.push(item("d", 0, 200)), (Ids{"b", "c", "d"}));
  EXPECT_EQ(queue.bytes(), 0U);
}

TEST(WebhookQueue, OlderOnesFindTheirPlaces) {
  WebhookQueue queue(false, {}, &none);
  queue.push(item("b", 20));
  queue.push(item("d", 40));
  queue.insert({item("e", 40), item("c", 30), item("a", 10)});
  std::string order;
  while (const auto request = queue.next(50)) {
    order += request->delivery_id;
    queue.answered(status(200), 50);
  }
  EXPECT_EQ(order, "abcde");
}

}  // namespace
}  // namespace gardu::pusher
