// SPDX-License-Identifier: Apache-2.0
//
// Rates, with a clock of the test's own.
#include "server/pace.hpp"

#include <gtest/gtest.h>

namespace gardu::pusher {
namespace {

using namespace std::chrono_literals;

const Turnstile::Clock::time_point kStart = Turnstile::Clock::time_point(1h);

int admitted(Turnstile& turnstile, Turnstile::Clock::time_point now, int tries) {
  int out = 0;
  for (int i = 0; i < tries; ++i) out += turnstile.allow(now) ? 1 : 0;
  return out;
}

TEST(TurnstileTest, ASecondsWorthAtOnceThenTheRate) {
  Turnstile turnstile(100);
  EXPECT_EQ(admitted(turnstile, kStart, 500), 100);
  EXPECT_EQ(admitted(turnstile, kStart + 9ms, 10), 0);
  EXPECT_EQ(admitted(turnstile, kStart + 10ms, 10), 1);
  EXPECT_EQ(admitted(turnstile, kStart + 510ms, 500), 50);
  EXPECT_EQ(admitted(turnstile, kStart + 1h, 500), 100);
}

TEST(TurnstileTest, ZeroIsNoLimit) {
  Turnstile turnstile(0);
  EXPECT_EQ(admitted(turnstile, kStart, 100000), 100000);
}

TEST(FarewellTest, SpreadsOverTheWindow) {
  const Farewell farewell(10s, 10000, kStart);
  EXPECT_EQ(farewell.due(kStart), 0U);
  EXPECT_EQ(farewell.due(kStart + 1s), 1000U);
  EXPECT_EQ(farewell.due(kStart + 9s), 9000U);
  EXPECT_EQ(farewell.due(kStart + 10s), 10000U);
  EXPECT_EQ(farewell.due(kStart + 1h), 10000U);
}

TEST(FarewellTest, AFewAreSoonGone) {
  const Farewell few(10s, 50, kStart);
  EXPECT_EQ(few.due(kStart + 50ms), 25U);
  EXPECT_EQ(few.due(kStart + 100ms), 50U);
  EXPECT_EQ(Farewell(0s, 50, kStart).due(kStart), 50U);
  EXPECT_EQ(Farewell(10s, 0, kStart).due(kStart), 0U);
}

}  // namespace
}  // namespace gardu::pusher
