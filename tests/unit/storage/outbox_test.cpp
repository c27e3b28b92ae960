// SPDX-License-Identifier: Apache-2.0
// The outbox: which entry of a lane goes first, what holds the others back, and what a crash
// leaves.
#include "support.hpp"

namespace gardu::storage::testing {
namespace {

class OutboxTest : public StorageTest {
 protected:
  OutboxTest() {
    add_contact("a", "c");
    add_contact("a", "d");
  }
  // A message and its entry; the id of the entry.
  std::int64_t add(const std::string& id, int priority = 2, std::int64_t not_before = 0,
                   const std::string& contact = "c", const std::string& account = "a") {
    std::int64_t out = 0;
    write([&](Transaction& tx) {
      auto m = message(id);
      m.account_id = account;
      m.contact_id = contact;
      messages::insert(tx, m);
      OutboxEntry e;
      e.message_id = id;
      e.workspace_id = "w";
      e.account_id = account;
      e.contact_id = contact;
      e.priority = priority;
      e.not_before = not_before;
      out = outbox::enqueue(tx, e);
    });
    return out;
  }
  using Ids = std::vector<std::string>;
  Ids lease(std::int64_t now = 100, int limit = 64, std::vector<std::string> blocked = {},
            int max_per_account = 0) {
    Lease l;
    l.now = now;
    l.until = now + 50;
    l.holder = "node";
    l.limit = limit;
    l.max_per_account = max_per_account;
    l.blocked_accounts = std::move(blocked);
    Ids out;
    write([&](Transaction& tx) {
      for (const auto& e : outbox::lease(tx, l)) {
        EXPECT_EQ(e.message.id, e.message_id);
        EXPECT_EQ(e.state, "leased");
        EXPECT_EQ(outbox::get(tx, "w", e.id)->lease_until, l.until);
        out.push_back(e.message_id);
      }
    });
    return out;
  }
  static OutboxEntry seen(Session& s, std::int64_t id) { return *outbox::get(s, "w", id); }
  void done(std::int64_t id) {
    write([&](Transaction& tx) { EXPECT_TRUE(outbox::done(tx, id)); });
  }
};

TEST_F(OutboxTest, OneOfALaneIsOutAtATimeInOrder) {
  const auto first = add("m1");
  add("m2");
  add("other", 2, 0, "d");
  EXPECT_EQ(lease(), (Ids{"m1", "other"}));
  EXPECT_TRUE(lease().empty());
  done(first);
  EXPECT_EQ(lease(), Ids{"m2"});
}

TEST_F(OutboxTest, ABetterPriorityGoesFirstInAndAcrossLanes) {
  add("low", 3);
  add("normal", 2);
  add("urgent", 0);
  add("d-low", 3, 0, "d");
  add("d-high", 1, 0, "d");
  EXPECT_EQ(lease(), (Ids{"urgent", "d-high"}));
}

TEST_F(OutboxTest, AScheduledOneBlocksNothingUntilItIsDue) {
  add("later", 0, 1000);
  const auto now = add("now");
  EXPECT_EQ(lease(100), Ids{"now"});
  done(now);
  add("after");
  EXPECT_EQ(lease(1000), Ids{"later"});
  EXPECT_EQ(read([](Session& s) { return outbox::next_due(s); }), 0);
  EXPECT_EQ(read([](Session& s) { return outbox::next_due(s, 1000); }), std::nullopt);
}

TEST_F(OutboxTest, ARetryHoldsBackTheLaterOnesOfItsPriorityOnly) {
  const auto first = add("m1");
  add("m2");
  EXPECT_EQ(lease(), Ids{"m1"});
  write([&](Transaction& tx) {
    EXPECT_TRUE(outbox::requeue(tx, seen(tx, first), 1, 500, "try again"));
    EXPECT_EQ(outbox::get(tx, "w", first)->last_error, "try again");
  });
  EXPECT_TRUE(lease(200).empty());
  EXPECT_EQ(read([](Session& s) { return outbox::next_due(s, 200); }), 500);
  add("urgent", 0);
  EXPECT_EQ(lease(200), Ids{"urgent"});
  write([](Transaction& tx) { outbox::done(tx, outbox::of_message(tx, "urgent")->id); });
  add("low", 3);
  EXPECT_EQ(lease(200), Ids{});  // m2 is due and before it, and itself held back
  EXPECT_EQ(lease(500), Ids{"m1"});
}

TEST_F(OutboxTest, DoubtHoldsTheLaneAndHeldOrDeadDoNot) {
  const auto first = add("m1");
  add("m2");
  lease();
  write([&](Transaction& tx) {
    EXPECT_TRUE(outbox::doubt(tx, seen(tx, first), 1, 900, "no answer"));
  });
  EXPECT_TRUE(lease().empty());
  write([&](Transaction& tx) { EXPECT_TRUE(outbox::hold(tx, seen(tx, first), "for a person")); });
  EXPECT_EQ(lease(), Ids{"m2"});
  write([&](Transaction& tx) {
    EXPECT_TRUE(outbox::dead(tx, seen(tx, first), "gave up"));
    EXPECT_TRUE(outbox::done(tx, first));  // it was sent all the same
    EXPECT_FALSE(outbox::done(tx, first));
  });
}

TEST_F(OutboxTest, WhatIsInDoubtSaysUntilWhenAndEndsWithTheProvidersWord) {
  add_workspace("v");
  const auto first = add("m1");
  const auto second = add("d1", 2, 0, "d");
  add("m2");
  EXPECT_EQ(lease(), (Ids{"m1", "d1"}));
  write([&](Transaction& tx) {
    EXPECT_TRUE(outbox::doubt(tx, seen(tx, second), 0, 400, "a crash"));
    EXPECT_TRUE(outbox::doubt(tx, seen(tx, first), 1, 900, "no answer"));
  });
  const auto over = [&](std::int64_t now, int limit = 10) {
    return read([&](Session& s) { return outbox::doubts_over(s, now, limit); });
  };
  const auto next = [&](std::int64_t now) {
    return read([&](Session& s) { return outbox::next_doubt(s, now); });
  };
  EXPECT_TRUE(over(399).empty());
  EXPECT_EQ(next(399), 400);
  EXPECT_EQ(next(400), 900);
  EXPECT_EQ(next(900), std::nullopt);
  const auto found = over(900);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].not_before, 400);
  EXPECT_EQ(found[1].message_id, "m1");
  EXPECT_EQ(found[1].message_status, "pending");
  EXPECT_EQ(found[1].state, "in_doubt");
  EXPECT_EQ(found[1].attempts, 1);
  EXPECT_EQ(found[1].not_before, 900);
  EXPECT_EQ(found[1].last_error, "no answer");
  EXPECT_EQ(found[1].lease_holder, std::nullopt);
  EXPECT_EQ(over(900, 1).size(), 1U);
  EXPECT_TRUE(read([](Session& s) { return outbox::abandoned(s, 10'000, "node", 10); }).empty());
  write([&](Transaction& tx) {
    EXPECT_FALSE(outbox::confirmed(tx, "no such message"));
    EXPECT_TRUE(outbox::confirmed(tx, "m1"));
    EXPECT_FALSE(outbox::confirmed(tx, "m1"));
    EXPECT_EQ(outbox::get(tx, "w", first)->state, "done");
  });
  EXPECT_EQ(lease(1000), Ids{"m2"});  // its lane is free; the other's is not
  write([&](Transaction& tx) {
    EXPECT_TRUE(outbox::confirmed(tx, "m2"));  // told before the answer came
    EXPECT_FALSE(outbox::done(tx, outbox::of_message(tx, "m2")->id));
    EXPECT_TRUE(outbox::dead(tx, seen(tx, second), "cancelled"));
    EXPECT_FALSE(outbox::confirmed(tx, "d1"));
  });
}

TEST_F(OutboxTest, BlockedAndFullAccountsWaitWithoutHidingOthers) {
  add_account("w", "b");
  add_contact("b", "e");
  for (int i = 0; i < 5; ++i) {
    add_contact("a", "x" + std::to_string(i));
    add("a" + std::to_string(i), 1, 0, "x" + std::to_string(i));
  }
  add("b1", 3, 0, "e", "b");
  EXPECT_EQ(lease(100, 2, {"a"}), Ids{"b1"});
  EXPECT_EQ(lease(100, 64, {}, 2), (Ids{"a0", "a1"}));
  EXPECT_TRUE(lease(100, 64, {}, 2).empty());
  EXPECT_EQ(lease(100, 1, {"no such account"}), Ids{"a2"});
}

TEST_F(OutboxTest, LeasesThatRanOutOrAreOfAnEarlierRunAreFound) {
  const auto id = add("m1");
  lease(100);
  const auto found = [&](std::int64_t now, const std::string& holder) {
    Ids out;
    for (const auto& e : read([&](Session& s) { return outbox::abandoned(s, now, holder, 10); }))
      out.push_back(e.message_id);
    return out;
  };
  EXPECT_TRUE(found(120, "").empty());
  EXPECT_EQ(found(150, ""), Ids{"m1"});
  EXPECT_EQ(found(120, "node"), Ids{"m1"});
  EXPECT_TRUE(found(120, "another").empty());
  const auto until = [&](const std::string& holder, std::vector<std::int64_t> ids) {
    write([&](Transaction& tx) { outbox::renew(tx, holder, ids, 900); });
    return read([&](Session& s) { return seen(s, id).lease_until; });
  };
  EXPECT_EQ(until("another", {id}), 150);
  EXPECT_EQ(until("node", {}), 150);
  EXPECT_EQ(until("node", {id}), 900);
  EXPECT_TRUE(found(150, "").empty());
  add("d1", 2, 0, "d");
  lease(100);
  EXPECT_EQ(read([](Session& s) { return outbox::abandoned(s, 1000, {}, 1).size(); }), 1U);
}

// A host whose lease ran out knows less than the one that has gone on with the entry.
TEST_F(OutboxTest, OnlyTheLeasesHolderSaysHowATryEnds) {
  const auto id = add("m1");
  lease(100);
  const auto mine = read([&](Session& s) { return seen(s, id); });
  auto stale = mine;
  stale.lease_holder = "another";
  const auto refused = [&](const OutboxEntry& e) {
    write([&](Transaction& tx) {
      EXPECT_FALSE(outbox::told(tx, e));
      EXPECT_FALSE(outbox::requeue(tx, e, 1, 0, "no"));
      EXPECT_FALSE(outbox::dead(tx, e, "no"));
      EXPECT_FALSE(outbox::hold(tx, e, "no"));
      EXPECT_FALSE(outbox::doubt(tx, e, 1, 9, "no"));
      EXPECT_EQ(outbox::get(tx, "w", id)->last_error, std::nullopt);
    });
  };
  refused(stale);
  EXPECT_EQ(read([&](Session& s) { return seen(s, id).lease_holder; }), "node");
  // Nor does the holder, once the entry waits again; but what was sent is done.
  write([&](Transaction& tx) { EXPECT_TRUE(outbox::requeue(tx, mine, 1, 0, std::nullopt)); });
  refused(mine);
  done(id);
  refused(mine);
  EXPECT_EQ(read([&](Session& s) { return seen(s, id).state; }), "done");
}

TEST_F(OutboxTest, APersonRetriesAndCancelsWithinTheWorkspace) {
  const auto id = add("m1");
  write([&](Transaction& tx) {
    EXPECT_FALSE(outbox::cancel(tx, "other", id));
    EXPECT_FALSE(outbox::retry(tx, "other", id, 5));
    EXPECT_FALSE(outbox::get(tx, "other", id));
    EXPECT_TRUE(outbox::cancel(tx, "w", id));
    EXPECT_FALSE(outbox::cancel(tx, "w", id));
    EXPECT_EQ(outbox::get(tx, "w", id)->state, "dead");
    EXPECT_TRUE(outbox::retry(tx, "w", id, 5));
  });
  EXPECT_EQ(lease(5), Ids{"m1"});
  write([&](Transaction& tx) { EXPECT_FALSE(outbox::cancel(tx, "w", id)); });  // it is out
  write([&](Transaction& tx) { EXPECT_FALSE(outbox::reopen(tx, id, 5)); });
  done(id);
  write([&](Transaction& tx) {
    EXPECT_FALSE(outbox::retry(tx, "w", id, 5));
    EXPECT_TRUE(outbox::reopen(tx, id, 7));
  });
  EXPECT_TRUE(lease(6).empty());
  EXPECT_EQ(lease(7), Ids{"m1"});
}

TEST_F(OutboxTest, AMessageHasOneEntry) {
  add("m1");
  EXPECT_THROW(write([](Transaction& tx) {
                 OutboxEntry e;
                 e.message_id = "m1";
                 e.workspace_id = "w";
                 e.account_id = "a";
                 e.contact_id = "c";
                 outbox::enqueue(tx, e);
               }),
               Error);
}

TEST_F(OutboxTest, ListsCountsAndPurges) {
  const auto first = add("m1");
  add("m2", 0, 0, "d");
  add("m3");
  done(first);
  const auto list = [&](const std::string& state, std::int64_t after, const std::string& account) {
    return read([&](Session& s) { return outbox::list(s, "w", state, after, 10, account); });
  };
  EXPECT_EQ(list("", 0, "").size(), 3U);
  EXPECT_EQ(list("queued", 0, "a").size(), 2U);
  EXPECT_EQ(list("", first, "").size(), 2U);
  EXPECT_TRUE(list("queued", 0, "b").empty());
  const auto counts = read([](Session& s) { return outbox::counts(s); });
  ASSERT_EQ(counts.size(), 2U);
  EXPECT_EQ(counts[0].state, "queued");
  EXPECT_EQ(counts[0].priority, 0);
  EXPECT_EQ(counts[0].entries, 1);
  write([](Transaction& tx) {
    EXPECT_EQ(outbox::purge(tx, 1, 10), 1);
    EXPECT_EQ(outbox::purge(tx, 1, 10), 0);
  });
}

}  // namespace
}  // namespace gardu::storage::testing
