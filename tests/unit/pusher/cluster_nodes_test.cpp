// SPDX-License-Identifier: Apache-2.0
//
// Who is alive and what was missed, by a clock that the test moves.
#include <gtest/gtest.h>

#include "cluster/node_table.hpp"
#include "cluster/outbox.hpp"

namespace gardu::pusher {
namespace {

using namespace std::chrono_literals;
using Heard = NodeTable::Heard;

class Nodes : public ::testing::Test {
 protected:
  Nodes() { table.link_back(now); }
  Heard beat(const std::string& node, uint64_t number) {
    return table.heard(node, number, true, now);
  }
  // Lets time pass while those are heard each second.
  uint64_t pass(std::chrono::seconds time, const std::string& node, uint64_t number) {
    for (const auto end = now + time; now < end; now += 1s) beat(node, ++number);
    return number;
  }
  void tell(const std::string& node) {
    table.snapshot_began(node);
    table.snapshot_came(node);
  }
  std::vector<std::string> asked() {
    std::vector<std::string> out;
    for (const auto& ask : table.take_asks(now)) out.push_back(ask.node);
    return out;
  }
  using Names = std::vector<std::string>;

  NodeTable::Time now = NodeTable::Time(1000h);
  NodeTable table{"m"};
};

TEST_F(Nodes, WhoeverIsMetIsAskedUntilItHasTold) {
  EXPECT_EQ(beat("m", 1), Heard::own);
  EXPECT_EQ(table.size(), 0U);
  EXPECT_EQ(beat("a", 5), Heard::met);
  EXPECT_EQ(beat("a", 6), Heard::known);
  EXPECT_EQ(asked(), Names{"a"});
  EXPECT_EQ(asked(), Names{});
  now += NodeTable::kPatience;
  EXPECT_EQ(asked(), Names{"a"});
  table.listens_anew("a");
  EXPECT_EQ(asked(), Names{"a"}) << "it cannot have heard that";
  tell("a");
  now += NodeTable::kPatience;
  EXPECT_EQ(asked(), Names{});
}

TEST_F(Nodes, AGapInItsNumbersMakesItBeAskedAnew) {
  beat("a", 5);
  asked();
  tell("a");
  beat("a", 6);
  EXPECT_EQ(asked(), Names{});
  beat("a", 8);
  EXPECT_EQ(asked(), Names{"a"});
  beat("a", 9);
  tell("a");
  beat("a", 10);
  EXPECT_EQ(asked(), Names{});
  beat("a", 0);  // to this node alone: has no number
  beat("a", 11);
  EXPECT_EQ(asked(), Names{});
  table.told_less("a");
  EXPECT_EQ(asked(), Names{"a"});
}

TEST_F(Nodes, AGapWhileItTellsIsNotForgotten) {
  beat("a", 5);
  asked();
  table.snapshot_began("a");
  beat("a", 7);
  table.snapshot_came("a");
  EXPECT_EQ(asked(), Names{"a"});
}

TEST_F(Nodes, WhoeverIsSilentIsDeadOnceAndComesBackAsSomebodyMet) {
  beat("a", 1);
  beat("b", 1);
  pass(5s, "b", 1);
  EXPECT_TRUE(table.take_expired(now).nodes.empty());
  pass(1s, "b", 6);
  const auto expired = table.take_expired(now);
  EXPECT_EQ(expired.nodes, Names{"a"});
  EXPECT_TRUE(expired.dead);
  EXPECT_TRUE(table.take_expired(now).nodes.empty());
  EXPECT_EQ(table.heard("a", 2, false, now), Heard::stranger) << "a late answer of a dead node";
  EXPECT_FALSE(table.knows("a"));
  EXPECT_EQ(beat("a", 3), Heard::met);
}

// A process that was stopped for a minute has heard nobody, which says nothing of the others.
TEST_F(Nodes, WhoWasDeafItselfTakesNobodyForDead) {
  beat("a", 1);
  beat("b", 1);
  now += 1min;
  EXPECT_TRUE(table.take_expired(now).nodes.empty());
  beat("m", 0);
  EXPECT_TRUE(table.take_expired(now).nodes.empty()) << "they have time to be heard again";
  for (int i = 0; i < 6; ++i) {
    now += 1s;
    beat("m", 0);
    beat("b", 2);
  }
  EXPECT_EQ(table.take_expired(now).nodes, Names{"a"});
}

TEST_F(Nodes, AfterAGoodbyeNothingIsHeardOfItAnyMore) {
  beat("a", 1);
  EXPECT_TRUE(table.goodbye("a", now));
  EXPECT_FALSE(table.goodbye("a", now));
  EXPECT_FALSE(table.goodbye("m", now));
  EXPECT_EQ(beat("a", 2), Heard::ended);
  EXPECT_EQ(table.size(), 0U);
  now += NodeTable::kLateMessages;
  table.take_expired(now);
  EXPECT_EQ(beat("a", 3), Heard::met);
}

TEST_F(Nodes, WithoutALinkNobodyDiesForAWhile) {
  beat("a", 1);
  asked();
  tell("a");
  table.link_lost(now);
  now += 29s;
  EXPECT_TRUE(table.take_expired(now).nodes.empty());
  EXPECT_EQ(asked(), Names{});
  table.link_back(now);
  now += 5s;
  EXPECT_TRUE(table.take_expired(now).nodes.empty()) << "it has time to be heard again";
  EXPECT_EQ(asked(), Names{"a"}) << "it may have said anything meanwhile";
  beat("a", 77);
  tell("a");
  beat("a", 78);
  EXPECT_EQ(asked(), Names{});

  table.link_lost(now);
  table.link_lost(now + 20s);
  now += 30s;
  const auto expired = table.take_expired(now);
  EXPECT_EQ(expired.nodes, Names{"a"});
  EXPECT_FALSE(expired.dead);
}

TEST_F(Nodes, TheLowestOfThoseThatSurelyLiveSpeaks) {
  EXPECT_TRUE(table.speaks(now));
  beat("z", 1);
  EXPECT_TRUE(table.speaks(now));
  beat("a", 1);
  EXPECT_FALSE(table.speaks(now));
  now += NodeTable::kDoubt;
  EXPECT_TRUE(table.speaks(now)) << "it may be dying, and then nobody would";
}

TEST_F(Nodes, CachedEventsAreAskedOfOneAndLaterOfWhoWasMissed) {
  beat("a", 1);
  beat("b", 1);
  auto asks = table.take_asks(now);
  ASSERT_EQ(asks.size(), 2U);
  EXPECT_EQ(asks[0].cache_ms, NodeTable::kWholeCache);
  EXPECT_EQ(asks[1].cache_ms, 0U);
  tell("b");
  table.goodbye("a", now);  // before it could tell
  asks = table.take_asks(now);
  ASSERT_EQ(asks.size(), 1U);
  EXPECT_EQ(asks[0].node, "b");
  EXPECT_EQ(asks[0].cache_ms, NodeTable::kWholeCache);
  tell("b");
  now += 1s;
  beat("b", 2);
  now += 3s;
  beat("b", 4);
  asks = table.take_asks(now);
  ASSERT_EQ(asks.size(), 1U);
  EXPECT_EQ(asks[0].cache_ms, 5000U) << "since it was heard, and a margin";
}

TEST(ClusterOutbox, TheOldestGoesFirstAndThatIsKnown) {
  Outbox outbox(1000);
  size_t dropped = 0;
  for (int i = 0; i < 100; ++i) {
    Outbox::Item item;
    item.text = std::to_string(i);
    dropped += outbox.push(std::move(item));
  }
  const auto taken = outbox.take({});
  EXPECT_TRUE(taken.lost);
  EXPECT_EQ(taken.items.size() + dropped, 100U);
  ASSERT_FALSE(taken.items.empty());
  EXPECT_EQ(taken.items.back().text, "99");
  EXPECT_FALSE(outbox.take({}).lost);
}

TEST(ClusterOutbox, ChangesOfCountsAreGathered) {
  Outbox outbox(1000);
  const auto now = std::chrono::steady_clock::now();
  outbox.count_changed(0, "c", 1, false, now);
  outbox.count_changed(0, "c", 2, false, now);
  outbox.count_changed(1, "c", 3, false, now);
  const auto taken = outbox.take(now + 1h);
  EXPECT_EQ(taken.counts, (Outbox::Counts{{{0, "c"}, 2}, {{1, "c"}, 3}}));
}

TEST(ClusterOutbox, WhoIsFirstOrLastDoesNotWaitForTheOthersCounts) {
  Outbox outbox(1000);
  const auto now = std::chrono::steady_clock::now();
  const auto later = now + 1h;  // what waits from then on
  outbox.count_changed(0, "busy", 7, false, later);
  outbox.count_changed(0, "new", 1, false, later);
  outbox.count_changed(0, "new", 2, true, now);
  outbox.count_changed(0, "new", 3, false, later);
  EXPECT_EQ(outbox.take(now + 2h).counts, (Outbox::Counts{{{0, "new"}, 3}}));
}

}  // namespace
}  // namespace gardu::pusher
