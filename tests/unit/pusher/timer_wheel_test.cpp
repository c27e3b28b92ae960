// SPDX-License-Identifier: Apache-2.0
//
// The timer wheel, the rate limit, and the counts of channels.
#include "server/timer_wheel.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "protocol/rate_limit.hpp"
#include "server/channel_counts.hpp"

namespace gardu::pusher {
namespace {

TEST(TimerWheel, FiresWhenDueAndOnce) {
  TimerWheel wheel;
  WheelNode soon, later, far;
  wheel.schedule(soon, 3);
  wheel.schedule(later, 5);
  wheel.schedule(far, 5 + 512);  // the same slot, a round later
  std::vector<std::pair<uint64_t, WheelNode*>> fired;
  wheel.advance(2000, [&](WheelNode& node) { fired.emplace_back(wheel.now(), &node); });
  EXPECT_EQ(fired,
            (std::vector<std::pair<uint64_t, WheelNode*>>{{3, &soon}, {5, &later}, {517, &far}}));
}

TEST(TimerWheel, RescheduledCancelledDestroyed) {
  TimerWheel wheel;
  WheelNode moved, cancelled;
  auto gone = std::make_unique<WheelNode>();
  auto neighbour = std::make_unique<WheelNode>();
  wheel.schedule(moved, 2);
  wheel.schedule(moved, 9);
  wheel.schedule(cancelled, 4);
  cancelled.unlink();
  wheel.schedule(*gone, 4);
  gone.reset();
  int fired = 0;
  WheelNode killer;
  wheel.schedule(killer, 6);
  wheel.schedule(*neighbour, 6);
  wheel.advance(10, [&](WheelNode& node) {
    ++fired;
    if (&node == &killer) neighbour.reset();
    if (&node == &moved) {
      EXPECT_EQ(wheel.now(), 9U);
    }
  });
  EXPECT_EQ(fired, 2);
}

TEST(TimerWheel, WhatFiresMayScheduleItself) {
  TimerWheel wheel;
  WheelNode node;
  wheel.schedule(node, 1);
  int fired = 0;
  wheel.advance(10, [&](WheelNode& n) {
    ++fired;
    wheel.schedule(n, wheel.now());  // in the past: at the next tick
  });
  EXPECT_EQ(fired, 10);
}

TEST(RateLimit, OneSecondsWorth) {
  RateLimit limit(2);
  RateLimit::Clock::time_point now{std::chrono::seconds(1000)};
  EXPECT_TRUE(limit.allow(now));
  EXPECT_TRUE(limit.allow(now));
  EXPECT_FALSE(limit.allow(now));
  EXPECT_TRUE(limit.allow(now + std::chrono::milliseconds(600)));
  EXPECT_FALSE(limit.allow(now + std::chrono::milliseconds(700)));
  RateLimit none(0);
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(none.allow(now));
}

TEST(ChannelCounts, GoneWithTheLast) {
  ChannelCounts counts;
  EXPECT_EQ(counts.add("b").total, 1U);
  EXPECT_EQ(counts.add("b").total, 2U);
  EXPECT_EQ(counts.add("ab").total, 1U);
  EXPECT_EQ(counts.list("").size(), 2U);
  EXPECT_EQ(counts.list("a").at(0).first, "ab");
  EXPECT_EQ(counts.remove("b").total, 1U);
  EXPECT_EQ(counts.remove("b").total, 0U);
  EXPECT_EQ(counts.remove("b").total, 0U);
  EXPECT_EQ(counts.count("b"), 0U);
  EXPECT_EQ(counts.list("").size(), 1U);
}

}  // namespace
}  // namespace gardu::pusher
