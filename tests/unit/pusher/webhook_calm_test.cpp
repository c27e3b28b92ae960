// SPDX-License-Identifier: Apache-2.0
//
// Grace, counts now and then, misses once.
#include "webhooks/calm.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gardu::pusher {
namespace {

class CalmTest : public ::testing::Test {
 protected:
  using Texts = std::vector<std::string>;
  // What came of it: "tell channel_occupied a", "release ca", …
  Texts take(WebhookKind kind, const std::string& channel, const std::string& user = {},
             size_t count = 0) {
    CalmSteps steps;
    WebhookEvent event;
    event.kind = kind;
    event.channel = channel;
    event.user_id = user;
    event.subscription_count = count;
    event.elsewhere = elsewhere;
    calm.take(std::move(event), now, steps);
    return texts(steps);
  }
  Texts poll() {
    CalmSteps steps;
    calm.poll(now, steps);
    return texts(steps);
  }
  static Texts texts(const CalmSteps& steps) {
    Texts out;
    for (const CalmStep& s : steps) {
      switch (s.kind) {
        case CalmStep::Kind::tell:
          out.push_back("tell " + std::string(name_of(s.event.kind)) + ' ' + s.event.channel);
          if (s.event.subscription_count != 0)
            out.back() += ' ' + std::to_string(s.event.subscription_count);
          break;
        case CalmStep::Kind::hold:
          out.push_back("hold " + s.key + " until " + std::to_string(s.at));
          break;
        case CalmStep::Kind::release:
          out.push_back("release " + s.key);
          break;
        case CalmStep::Kind::cancel:
          out.push_back("cancel " + s.key);
          break;
      }
    }
    return out;
  }

  Calm calm;
  Millis now = 10'000;
  bool elsewhere = false;  // of what is taken
};

TEST_F(CalmTest, AChannelThatComesBackWasNeverAway) {
  EXPECT_EQ(take(WebhookKind::channel_occupied, "a"), Texts{"tell channel_occupied a"});
  EXPECT_EQ(take(WebhookKind::channel_vacated, "a"), Texts{"hold ca until 13000"});
  now += 2999;
  EXPECT_EQ(poll(), Texts{});
  EXPECT_EQ(take(WebhookKind::channel_occupied, "a"), Texts{"cancel ca"});
  now += 10'000;
  EXPECT_EQ(poll(), Texts{});
}

TEST_F(CalmTest, WhatHappensElsewhereUndoesAndIsNotTold) {
  elsewhere = true;
  EXPECT_EQ(take(WebhookKind::channel_occupied, "a"), Texts{});
  EXPECT_EQ(take(WebhookKind::member_added, "presence-a", "1"), Texts{});
  take(WebhookKind::channel_vacated, "a");
  take(WebhookKind::member_removed, "presence-a", "1");
  EXPECT_EQ(take(WebhookKind::channel_occupied, "a"), Texts{"cancel ca"});
  EXPECT_EQ(take(WebhookKind::member_added, "presence-a", "1"), Texts{"cancel mpresence-a\n1"});
}

TEST_F(CalmTest, OneThatStaysAwayIsToldAfterTheGrace) {
  take(WebhookKind::channel_vacated, "a");
  now += 1;
  take(WebhookKind::channel_vacated, "b");
  EXPECT_EQ(calm.next(), 13'000);
  now = 13'000;
  EXPECT_EQ(poll(), Texts{"release ca"});
  EXPECT_EQ(take(WebhookKind::channel_occupied, "a"), Texts{"tell channel_occupied a"});
  now = 13'001;
  EXPECT_EQ(poll(), Texts{"release cb"});
}

TEST_F(CalmTest, MembersAreHeldByUserAndChannel) {
  take(WebhookKind::member_removed, "presence-a", "1");
  EXPECT_EQ(take(WebhookKind::member_added, "presence-a", "2"),
            Texts{"tell member_added presence-a"});
  EXPECT_EQ(take(WebhookKind::member_added, "presence-b", "1"),
            Texts{"tell member_added presence-b"});
  EXPECT_EQ(take(WebhookKind::member_added, "presence-a", "1"), Texts{"cancel mpresence-a\n1"});
}

TEST_F(CalmTest, TheMemberLeavesBeforeTheChannelIsEmpty) {
  take(WebhookKind::member_removed, "presence-a", "1");
  take(WebhookKind::channel_vacated, "presence-a");
  now += kGrace;
  EXPECT_EQ(poll(), (Texts{"release mpresence-a\n1", "release cpresence-a"}));
}

TEST_F(CalmTest, FlappingIsSilence) {
  take(WebhookKind::channel_occupied, "a");
  for (int i = 0; i < 50; ++i) {
    take(WebhookKind::channel_vacated, "a");
    now += 1000;
    EXPECT_EQ(poll(), Texts{});
    EXPECT_EQ(take(WebhookKind::channel_occupied, "a"), Texts{"cancel ca"});
  }
}

TEST_F(CalmTest, ASmallChannelsCountIsToldAtOnce) {
  EXPECT_EQ(take(WebhookKind::subscription_count, "a", "", 1),
            Texts{"tell subscription_count a 1"});
  EXPECT_EQ(take(WebhookKind::subscription_count, "a", "", 99),
            Texts{"tell subscription_count a 99"});
  EXPECT_EQ(poll(), Texts{});
}

TEST_F(CalmTest, ABigOnesEveryFiveSeconds) {
  EXPECT_EQ(take(WebhookKind::subscription_count, "a", "", 100),
            Texts{"tell subscription_count a 100"});
  for (size_t n = 101; n < 200; ++n)
    EXPECT_EQ(take(WebhookKind::subscription_count, "a", "", n), Texts{});
  EXPECT_EQ(take(WebhookKind::subscription_count, "b", "", 100),
            Texts{"tell subscription_count b 100"});
  EXPECT_EQ(calm.next(), now + kCountPause);
  now += kCountPause;
  EXPECT_EQ(poll(), Texts{"tell subscription_count a 199"});
  // Told already: nothing to say five seconds later.
  now += kCountPause;
  EXPECT_EQ(poll(), Texts{});
  EXPECT_EQ(take(WebhookKind::subscription_count, "a", "", 120),
            Texts{"tell subscription_count a 120"});
}

TEST_F(CalmTest, OneThatBecomesSmallIsToldAtOnce) {
  take(WebhookKind::subscription_count, "a", "", 100);
  take(WebhookKind::subscription_count, "a", "", 101);
  EXPECT_EQ(take(WebhookKind::subscription_count, "a", "", 99),
            Texts{"tell subscription_count a 99"});
  now += kCountPause;
  EXPECT_EQ(poll(), Texts{});
}

TEST_F(CalmTest, AStampedeMissesOnce) {
  EXPECT_EQ(take(WebhookKind::cache_miss, "cache-a"), Texts{"tell cache_miss cache-a"});
  EXPECT_EQ(take(WebhookKind::cache_miss, "cache-a"), Texts{});
  EXPECT_EQ(take(WebhookKind::cache_miss, "cache-b"), Texts{"tell cache_miss cache-b"});
  now += kGrace;
  EXPECT_EQ(take(WebhookKind::cache_miss, "cache-a"), Texts{"tell cache_miss cache-a"});
}

}  // namespace
}  // namespace gardu::pusher
