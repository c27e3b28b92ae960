// SPDX-License-Identifier: Apache-2.0
#include "journal/follower.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <gardu/event.hpp>

namespace gardu::host {
namespace {

// A journal that others write to, too.
class FollowerTest : public ::testing::Test {
 protected:
  static storage::JournalEntry entry(std::int64_t seq) {
    storage::JournalEntry e;
    e.seq = seq;
    e.id = std::to_string(seq);
    e.type = "message.received";
    e.data = "{}";
    return e;
  }
  void store(std::int64_t from, std::int64_t to) {
    const std::lock_guard lock(mutex_);
    for (auto s = from; s <= to; ++s) journal_.push_back(entry(s));
  }
  std::vector<storage::JournalEntry> read(std::int64_t after, int limit) {
    const std::lock_guard lock(mutex_);
    if (away_) throw std::runtime_error("the database is away");
    std::vector<storage::JournalEntry> out;
    for (const auto& e : journal_)
      if (e.seq > after && out.size() < static_cast<std::size_t>(limit)) out.push_back(e);
    return out;
  }
  // This host commits: it is in the journal, and told.
  void commit(JournalFollower& follower, std::int64_t from, std::int64_t to) {
    store(from, to);
    std::vector<storage::JournalEntry> own;
    for (auto s = from; s <= to; ++s) own.push_back(entry(s));
    follower.committed(std::move(own));
  }
  std::vector<std::int64_t> seen() {
    std::vector<std::int64_t> out;
    while (subscription_->pending())
      for (const auto& e : subscription_->poll(64)) out.push_back(e->view().seq);
    return out;
  }

  std::mutex mutex_;
  std::condition_variable woken_;
  std::vector<storage::JournalEntry> journal_;
  bool away_ = false;
  EventFeed feed_{[this](std::int64_t after, int limit) { return read(after, limit); }, 0};
  const std::unique_ptr<EventFeed::Subscription> subscription_ =
      feed_.subscribe(events::all, -1, [this] { woken_.notify_all(); });
  const EventFeed::ReadJournal reader_ = [this](std::int64_t after, int limit) {
    return read(after, limit);
  };
};

using Seqs = std::vector<std::int64_t>;

TEST_F(FollowerTest, WhatOthersCommittedComesBeforeTheOwn) {
  JournalFollower follower(feed_, reader_, std::chrono::milliseconds(0));
  commit(follower, 1, 2);
  store(3, 5);  // another host
  commit(follower, 6, 6);
  EXPECT_EQ(seen(), (Seqs{1, 2, 3, 4, 5, 6}));
}

TEST_F(FollowerTest, OthersAreFollowedWithoutOwnCommits) {
  JournalFollower follower(feed_, reader_, std::chrono::milliseconds(1));
  store(1, 700);
  std::unique_lock lock(mutex_);
  ASSERT_TRUE(
      woken_.wait_for(lock, std::chrono::seconds(20), [&] { return feed_.newest() == 700; }));
  lock.unlock();
  Seqs all;
  for (std::int64_t s = 1; s <= 700; ++s) all.push_back(s);
  EXPECT_EQ(seen(), all);
}

TEST_F(FollowerTest, WhatOthersCommittedHasItsMessageAndContact) {
  JournalFollower follower(feed_, reader_, std::chrono::milliseconds(0));
  storage::JournalEntry theirs = entry(1);
  theirs.data = R"({"message":{"id":"m","type":"text","direction":"inbound","text":"hi"},)"
                R"("contact":{"id":"c","address":"+62"}})";
  journal_.push_back(theirs);
  commit(follower, 2, 2);
  const auto events = subscription_->poll(1);
  ASSERT_EQ(events.size(), 1U);
  const gardu_event& e = events.front()->view();
  EXPECT_EQ(e.flags, 0U);
  ASSERT_NE(e.message, nullptr);
  EXPECT_EQ(view(e.message->text), "hi");
  ASSERT_NE(e.contact, nullptr);
  EXPECT_EQ(view(e.contact->id), "c");
}

TEST_F(FollowerTest, WhatWasDeletedBeforeItWasReadHoldsNobodyUp) {
  JournalFollower follower(feed_, reader_, std::chrono::milliseconds(1));
  {
    const std::lock_guard lock(mutex_);
    for (const std::int64_t seq : {1, 2, 5, 6, 9}) journal_.push_back(entry(seq));
  }
  std::unique_lock lock(mutex_);
  ASSERT_TRUE(woken_.wait_for(lock, std::chrono::seconds(20), [&] { return feed_.newest() == 9; }));
  lock.unlock();
  EXPECT_EQ(seen(), (Seqs{1, 2, 5, 6, 9}));
}

TEST_F(FollowerTest, WhereNobodyElseWritesAnOwnCommitWaitsForNoDeletedOne) {
  JournalFollower follower(feed_, reader_, std::chrono::milliseconds(0));
  commit(follower, 1, 1);
  commit(follower, 4, 4);
  EXPECT_EQ(seen(), (Seqs{1, 4}));
}

TEST_F(FollowerTest, AnOwnCommitThatWasFollowedAlreadyIsNotToldTwice) {
  JournalFollower follower(feed_, reader_, std::chrono::milliseconds(0));
  commit(follower, 1, 1);
  store(2, 4);
  follower.committed({entry(4)});
  follower.committed({entry(3)});  // late: its commit came first
  EXPECT_EQ(seen(), (Seqs{1, 2, 3, 4}));
}

TEST_F(FollowerTest, WhileTheJournalCannotBeReadNothingLaterIsTold) {
  JournalFollower follower(feed_, reader_, std::chrono::milliseconds(0));
  store(1, 2);
  away_ = true;
  commit(follower, 3, 3);
  EXPECT_EQ(seen(), Seqs{});
  away_ = false;
  commit(follower, 4, 4);
  EXPECT_EQ(seen(), (Seqs{1, 2, 3, 4}));
}

}  // namespace
}  // namespace gardu::host
