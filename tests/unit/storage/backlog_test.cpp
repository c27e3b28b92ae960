// SPDX-License-Identifier: Apache-2.0
// What a durable subscriber could not handle yet: heads of lanes, parking, retention.
#include "storage/backlog.hpp"

#include "support.hpp"

namespace gardu::storage::testing {
namespace {

class BacklogTest : public StorageTest {
 protected:
  void put(std::int64_t seq, const std::string& lane, std::int64_t not_before,
           const std::string& state = "waiting", const std::string& plugin = "p") {
    BacklogEntry e;
    e.plugin = plugin;
    e.seq = seq;
    e.lane = lane;
    e.state = state;
    e.not_before = not_before;
    write([&](Transaction& tx) { backlog::put(tx, e); });
  }
  std::vector<std::int64_t> due(std::int64_t now, int limit = 100) {
    std::vector<std::int64_t> out;
    for (const auto& e : read([&](Session& s) { return backlog::due(s, "p", now, limit); }))
      out.push_back(e.seq);
    return out;
  }
  std::optional<std::int64_t> next_due() {
    return read([](Session& s) { return backlog::next_due(s, "p"); });
  }
};

using Seqs = std::vector<std::int64_t>;

TEST_F(BacklogTest, KeepsAnEntryAndReplacesTheOneWithItsSeq) {
  BacklogEntry e{"p", 7, "lane", "waiting", 3, std::int64_t{1} << 41, "it said 'no'", 9};
  write([&](Transaction& tx) { backlog::put(tx, e); });
  e.attempts = 4;
  e.state = "parked";
  write([&](Transaction& tx) { backlog::put(tx, e); });
  const auto found = read([](Session& s) { return backlog::get(s, "p", 7); });
  ASSERT_TRUE(found);
  EXPECT_EQ(found->plugin, "p");
  EXPECT_EQ(found->seq, 7);
  EXPECT_EQ(found->lane, "lane");
  EXPECT_EQ(found->state, "parked");
  EXPECT_EQ(found->attempts, 4);
  EXPECT_EQ(found->not_before, std::int64_t{1} << 41);
  EXPECT_EQ(found->error, "it said 'no'");
  EXPECT_EQ(found->updated_at, 9);
  EXPECT_FALSE(read([](Session& s) { return backlog::get(s, "q", 7); }));
  write([](Transaction& tx) {
    EXPECT_FALSE(backlog::remove(tx, "q", 7));
    EXPECT_TRUE(backlog::remove(tx, "p", 7));
    EXPECT_FALSE(backlog::remove(tx, "p", 7));
  });
}

TEST_F(BacklogTest, OnlyTheOldestOfALaneIsEverDue) {
  put(1, "a", 50);
  put(2, "a", 0);  // behind 1, however early
  put(3, "b", 10);
  put(4, "c", 20);
  put(5, "c", 0, "waiting", "q");
  EXPECT_EQ(due(9), Seqs{});
  EXPECT_EQ(due(10), Seqs{3});
  EXPECT_EQ(due(50), (Seqs{1, 3, 4}));
  EXPECT_EQ(due(50, 2), (Seqs{1, 3}));
  EXPECT_EQ(next_due(), 10);
  write([](Transaction& tx) { backlog::remove(tx, "p", 1); });
  EXPECT_EQ(due(0), Seqs{2});
  EXPECT_EQ(next_due(), 0);
}

TEST_F(BacklogTest, AParkedEntryHoldsNobodyUp) {
  put(1, "a", 0, "parked");
  put(2, "a", 5);
  put(3, "b", 0, "parked");
  put(4, "b", 0, "parked", "q");
  EXPECT_EQ(due(5), Seqs{2});
  EXPECT_EQ(next_due(), 5);
  EXPECT_EQ(read([](Session& s) { return backlog::lanes(s, "p"); }), std::vector<std::string>{"a"});
  read([](Session& s) {
    const auto first = backlog::parked(s, "p", 0, 1);
    EXPECT_EQ(first.size(), 1U);
    EXPECT_EQ(first.at(0).seq, 1);
    const auto rest = backlog::parked(s, "p", 1, 10);
    EXPECT_EQ(rest.size(), 1U);
    EXPECT_EQ(rest.at(0).seq, 3);
    const auto counts = backlog::counts(s, "p");
    EXPECT_EQ(counts.waiting, 1);
    EXPECT_EQ(counts.parked, 2);
    return 0;
  });
}

TEST_F(BacklogTest, NothingIsNothing) {
  EXPECT_EQ(due(100), Seqs{});
  EXPECT_FALSE(next_due());
  read([](Session& s) {
    EXPECT_TRUE(backlog::lanes(s, "p").empty());
    EXPECT_FALSE(backlog::oldest(s));
    EXPECT_EQ(backlog::counts(s, "p").waiting, 0);
    return 0;
  });
}

TEST_F(BacklogTest, TheOldestOfAnyPluginIsWhatRetentionSpares) {
  put(9, "a", 0);
  put(4, "a", 0, "parked", "q");
  EXPECT_EQ(read([](Session& s) { return backlog::oldest(s); }), 4);
  write([](Transaction& tx) { backlog::remove(tx, "q", 4); });
  EXPECT_EQ(read([](Session& s) { return backlog::oldest(s); }), 9);
}

TEST_F(BacklogTest, AnEventIsReadByItsSeq) {
  std::int64_t seq = 0;
  write([&](Transaction& tx) {
    tx.append(event("e1"));
    seq = tx.append(event("e2"));
  });
  EXPECT_EQ(read([&](Session& s) { return journal::at(s, seq); })->id, "e2");
  EXPECT_FALSE(read([&](Session& s) { return journal::at(s, seq + 1); }));
}

}  // namespace
}  // namespace gardu::storage::testing
