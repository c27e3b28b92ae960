// SPDX-License-Identifier: Apache-2.0
// How statuses move: every pair of them.
#include "support.hpp"

namespace gardu::storage::testing {
namespace {

class StatusesTest : public StorageTest {
 protected:
  StatusesTest() { add_contact("a", "c"); }
  std::optional<StatusChange> apply(const std::string& id, const std::string& to, std::int64_t at) {
    std::optional<StatusChange> out;
    write([&](Transaction& tx) {
      out = messages::apply_status(
          tx, "w", id, to, at,
          to == "failed" ? std::optional<std::string>("{\"code\":\"x\"}") : std::nullopt);
    });
    return out;
  }
  Message stored(const std::string& id) {
    return *read([&](Session& s) { return messages::get(s, "w", id); });
  }
};

TEST_F(StatusesTest, EveryTransition) {
  const std::vector<std::string> all{"pending", "sent", "delivered", "read", "played", "failed"};
  // Rows: from; columns: to, in the order above.
  const char* const kMoves[] = {".xxxxx", "..xxxx", "...xx.", "....x.", "......", "......"};
  for (std::size_t from = 0; from < all.size(); ++from)
    for (std::size_t to = 0; to < all.size(); ++to) {
      auto m = message(all[from] + "-" + all[to]);
      m.status = all[from];
      write([&](Transaction& tx) { messages::insert(tx, m); });
      const auto change = apply(m.id, all[to], 1'700'000'000'000);
      const bool moves = kMoves[from][to] == 'x';
      EXPECT_EQ(change.has_value(), moves) << m.id;
      EXPECT_EQ(messages::may_move(all[from], all[to]), moves) << m.id;
      EXPECT_EQ(stored(m.id).status, moves ? all[to] : all[from]) << m.id;
      if (!change) continue;
      EXPECT_EQ(change->previous, all[from]);
      EXPECT_EQ(change->message.status, all[to]);
      EXPECT_EQ(stored(m.id).error.has_value(), all[to] == "failed");
    }
}

TEST_F(StatusesTest, ASkippedStepFillsTheTimesThatAreMissingOnly) {
  write([&](Transaction& tx) { messages::insert(tx, message("m")); });
  ASSERT_TRUE(apply("m", "sent", 10));
  ASSERT_TRUE(apply("m", "played", 20));
  const auto m = stored("m");
  EXPECT_EQ(m.sent_at, 10);
  EXPECT_EQ(m.delivered_at, 20);
  EXPECT_EQ(m.read_at, 20);
  EXPECT_EQ(m.played_at, 20);
  EXPECT_FALSE(m.failed_at);
}

TEST_F(StatusesTest, NothingMovesForInboundUnknownOrForeignMessages) {
  auto m = message("in");
  m.direction = "inbound";
  write([&](Transaction& tx) { messages::insert(tx, m); });
  m.id = "out";
  m.direction = "outbound";
  write([&](Transaction& tx) { messages::insert(tx, m); });
  EXPECT_FALSE(apply("in", "read", 1));
  EXPECT_FALSE(apply("out", "exploded", 1));
  EXPECT_FALSE(apply("nobody", "read", 1));
  write([](Transaction& tx) {
    EXPECT_FALSE(messages::apply_status(tx, "other", "out", "read", 1, std::nullopt));
  });
}

TEST_F(StatusesTest, AStaleMessageDoesNotOverwriteWhatMovedMeanwhile) {
  write([&](Transaction& tx) { messages::insert(tx, message("m")); });
  const auto stale = stored("m");
  ASSERT_TRUE(apply("m", "read", 10));
  write([&](Transaction& tx) {
    EXPECT_FALSE(messages::apply_status(tx, stale, "sent", 11, std::nullopt));
  });
  EXPECT_EQ(stored("m").status, "read");
}

TEST_F(StatusesTest, AFailedMessageIsReopenedOnPurposeOnly) {
  write([&](Transaction& tx) { messages::insert(tx, message("m")); });
  write([](Transaction& tx) { EXPECT_FALSE(messages::reopen(tx, "w", "m")); });
  ASSERT_TRUE(apply("m", "sent", 9));
  write([](Transaction& tx) { messages::set_provider_id(tx, "m", "p-failed", "raw"); });
  ASSERT_TRUE(apply("m", "failed", 10));
  EXPECT_EQ(stored("m").failed_at, 10);
  write([](Transaction& tx) {
    const auto m = messages::reopen(tx, "w", "m");
    ASSERT_TRUE(m);
    EXPECT_EQ(m->status, "pending");
    EXPECT_FALSE(m->error);
    EXPECT_FALSE(m->failed_at);
    EXPECT_FALSE(m->sent_at);
    EXPECT_FALSE(m->provider_message_id);  // the next sending has its own
    EXPECT_FALSE(m->raw_id);
  });
}

TEST_F(StatusesTest, EarlyOnesAreTakenOnceInTheirOrder) {
  write([](Transaction& tx) {
    early_statuses::put(tx, {"a", "p1", "delivered", 2, std::nullopt});
    early_statuses::put(tx, {"a", "p1", "sent", 1, "{}"});
    early_statuses::put(tx, {"a", "p2", "sent", 5, std::nullopt});
    const auto taken = early_statuses::take(tx, "a", "p1");
    ASSERT_EQ(taken.size(), 2U);
    EXPECT_EQ(taken[0].status, "delivered");
    EXPECT_FALSE(taken[0].error);
    EXPECT_EQ(taken[1].at, 1);
    EXPECT_EQ(taken[1].error, "{}");
    EXPECT_TRUE(early_statuses::take(tx, "a", "p1").empty());
    early_statuses::purge(tx, 6);
    EXPECT_TRUE(early_statuses::take(tx, "a", "p2").empty());
  });
}

}  // namespace
}  // namespace gardu::storage::testing
