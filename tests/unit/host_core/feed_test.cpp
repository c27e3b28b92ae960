// SPDX-License-Identifier: Apache-2.0
#include "journal/feed.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <gardu/event.hpp>
#include <utility>

namespace gardu::host {
namespace {

// A journal in memory beside the feed.
class FeedTest : public ::testing::Test {
 protected:
  storage::JournalEntry entry(std::int64_t seq, const char* type = "message.received") {
    storage::JournalEntry e;
    e.seq = seq;
    e.id = std::to_string(seq);
    e.type = type;
    e.data = "{}";
    return e;
  }
  void commit(std::int64_t from, std::int64_t to) {
    std::vector<EventRef> events;
    for (std::int64_t s = from; s <= to; ++s) {
      journal_.push_back(entry(s));
      events.push_back(EventBlock::committed(entry(s)));
    }
    feed_.publish(std::move(events));
  }
  void typing() {
    std::vector<EventRef> one;
    one.push_back(EventBlock::make(entry(0, "typing.started"), GARDU_EVENT_EPHEMERAL, {}, {}));
    feed_.publish(std::move(one));
  }
  static std::vector<std::int64_t> all(EventFeed::Subscription& s, std::size_t batch = 3) {
    std::vector<std::int64_t> out;
    while (s.pending())
      for (const auto& e : s.poll(batch)) out.push_back(e->view().seq);
    return out;
  }
  static std::vector<std::int64_t> range(std::int64_t from, std::int64_t to) {
    std::vector<std::int64_t> out;
    for (auto s = from; s <= to; ++s) out.push_back(s);
    return out;
  }

  std::vector<storage::JournalEntry> journal_;
  int reads_ = 0;
  std::function<void()> after_reading_;
  EventFeed feed_{[this](std::int64_t after, int limit) {
                    ++reads_;
                    std::vector<storage::JournalEntry> out;
                    for (const auto& e : journal_)
                      if (e.seq > after && out.size() < static_cast<std::size_t>(limit))
                        out.push_back(e);
                    if (after_reading_) std::exchange(after_reading_, nullptr)();
                    return out;
                  },
                  0, 16};
};

TEST_F(FeedTest, ALiveSubscriberGetsWhatComesAfterIt) {
  commit(1, 3);
  int woken = 0;
  const auto s = feed_.subscribe(events::all, -1, [&] { ++woken; });
  EXPECT_FALSE(s->pending());
  commit(4, 6);
  EXPECT_GE(woken, 1);
  EXPECT_EQ(all(*s), range(4, 6));
  EXPECT_EQ(s->seen(), 6);
  EXPECT_EQ(reads_, 0) << "the ring has all that it needs";
}

TEST_F(FeedTest, ADurableOneBeginsAtItsCursorAndGoesOnFromTheRing) {
  commit(1, 100);  // far more than the ring holds
  const auto s = feed_.subscribe(events::all, 10, [] {});
  EXPECT_EQ(s->lag(), 90);
  EXPECT_EQ(all(*s, 7), range(11, 100));
  commit(101, 103);
  const int before = reads_;
  EXPECT_EQ(all(*s), range(101, 103));
  EXPECT_EQ(reads_, before) << "caught up: the ring again";
}

TEST_F(FeedTest, OneThatTheRingOvertookMissesNothingThatIsJournaled) {
  const auto s = feed_.subscribe(events::all, -1, [] {});
  commit(1, 4);
  EXPECT_EQ(s->poll(2).size(), 2U);
  commit(5, 60);
  EXPECT_EQ(all(*s), range(3, 60));
  EXPECT_EQ(s->dropped(), 0U);
}

TEST_F(FeedTest, EphemeralOnesThatTheRingOvertookAreCountedWhereTheyAreWanted) {
  const auto s = feed_.subscribe(events::all, -1, [] {});
  const auto other = feed_.subscribe(events::message_received, -1, [] {});
  typing();
  EXPECT_EQ(s->poll(1).size(), 1U);
  typing();
  typing();
  commit(1, 60);
  EXPECT_EQ(all(*s), range(1, 60));
  EXPECT_EQ(all(*other), range(1, 60));
  EXPECT_EQ(s->dropped(), 2U);
  EXPECT_EQ(other->dropped(), 0U);
}

TEST_F(FeedTest, AReplayIsMarkedUpToWhereItWas) {
  const auto s = feed_.subscribe(events::all, -1, [] {});
  commit(1, 5);
  typing();
  EXPECT_EQ(all(*s).size(), 6U);
  commit(6, 6);
  s->rewind(2, true);
  std::vector<std::pair<std::int64_t, bool>> got;
  while (s->pending())
    for (const auto& e : s->poll(2))
      got.emplace_back(e->view().seq, (e->view().flags & GARDU_EVENT_REPLAYED) != 0);
  // The one that was never seen is not marked; the ephemeral one does not come again.
  EXPECT_EQ(got, (std::vector<std::pair<std::int64_t, bool>>{
                     {3, true}, {4, true}, {5, true}, {6, false}}));
}

TEST_F(FeedTest, CommitsDuringTheCatchingUpComeOnceAndInOrder) {
  commit(1, 50);
  const auto s = feed_.subscribe(events::all, 0, [] {});
  std::vector<std::int64_t> got;
  std::int64_t next = 51;
  while (s->pending()) {
    for (const auto& e : s->poll(3)) got.push_back(e->view().seq);
    if (next <= 120) {
      commit(next, next + 1);
      next += 2;
    }
  }
  EXPECT_EQ(got, range(1, 120));
}

TEST_F(FeedTest, WhatEverybodyHasSeenIsNotHeld) {
  const auto quick = feed_.subscribe(events::all, -1, [] {});
  const auto slow = feed_.subscribe(events::all, -1, [] {});
  commit(1, 8);
  EXPECT_EQ(all(*quick), range(1, 8));
  EXPECT_EQ(slow->poll(6).size(), 6U);
  const auto far = feed_.subscribe(events::message_received, 0, [] {});
  commit(9, 9);
  EXPECT_EQ(feed_.held(), 3U) << "7 to 9, which the slow one has yet to see";
  EXPECT_EQ(all(*slow), range(7, 9));
  EXPECT_EQ(all(*quick), range(9, 9));
  EXPECT_EQ(all(*far), range(1, 9));
  commit(10, 10);
  EXPECT_EQ(feed_.held(), 1U);
  quick->rewind(0);
  EXPECT_EQ(all(*quick), range(1, 10));
}

TEST_F(FeedTest, WhatComesAndLeavesTheRingDuringTheCatchingUpIsNotSkipped) {
  commit(1, 2);
  for (int i = 0; i < 40; ++i) typing();  // the ring has nothing journaled
  const auto s = feed_.subscribe(events::message_received, 0, [] {});
  const auto wants_all = feed_.subscribe(events::all, -1, [] {});
  after_reading_ = [this] {
    commit(3, 3);
    for (int i = 0; i < 40; ++i) typing();
  };
  EXPECT_EQ(all(*s), range(1, 3));
}

TEST_F(FeedTest, RewindGivesThemAgain) {
  const auto s = feed_.subscribe(events::all, -1, [] {});
  commit(1, 5);
  EXPECT_EQ(all(*s), range(1, 5));
  s->rewind(2);
  EXPECT_TRUE(s->pending());
  EXPECT_EQ(all(*s), range(3, 5));
}

TEST_F(FeedTest, TypesAreFilteredAndEphemeralOnesKeepTheirPlace) {
  const auto messages = feed_.subscribe(events::message_received, -1, [] {});
  const auto both = feed_.subscribe(events::message_received | events::typing, -1, [] {});
  commit(1, 1);
  typing();
  commit(2, 2);
  EXPECT_EQ(all(*messages), range(1, 2));
  EXPECT_EQ(all(*both), (std::vector<std::int64_t>{1, 0, 2}));
}

TEST_F(FeedTest, WhatTheJournalThrowsReachesThePollerAndNothingIsSkipped) {
  bool broken = true;
  EventFeed feed(
      [&](std::int64_t after, int) -> std::vector<storage::JournalEntry> {
        if (broken) throw std::runtime_error("away");
        std::vector<storage::JournalEntry> out;
        for (auto s = after + 1; s <= 3; ++s) out.push_back(entry(s));
        return out;
      },
      3);
  const auto s = feed.subscribe(events::all, 0, [] {});
  EXPECT_THROW(s->poll(10), std::runtime_error);
  broken = false;
  EXPECT_EQ(all(*s), range(1, 3));
}

}  // namespace
}  // namespace gardu::host
