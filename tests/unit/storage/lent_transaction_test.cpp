// SPDX-License-Identifier: Apache-2.0
// The writer's transaction in another thread's hands, and parts that are undone alone.
#include "storage/lent_transaction.hpp"

#include <future>

#include "storage/cursors.hpp"
#include "support.hpp"

namespace gardu::storage::testing {
namespace {

using namespace std::chrono_literals;

class LentTransactionTest : public StorageTest {
 protected:
  std::optional<std::int64_t> cursor(const std::string& plugin) {
    return read([&](Session& s) { return cursors::get(s, plugin); });
  }
};

TEST_F(LentTransactionTest, WhatIsKeptIsOneTransactionWithWhatOthersWrote) {
  LentTransaction lent(db().writer(), 5s);
  lent.use([](Transaction& tx) { cursors::set(tx, "one", 1); });
  EXPECT_EQ(cursor("one"), std::nullopt);  // nobody sees it before the end
  lent.use([](Transaction& tx) {
    EXPECT_EQ(cursors::get(tx, "one"), 1);
    tx.append(event("e"));
  });
  lent.commit();
  EXPECT_EQ(cursor("one"), 1);
  EXPECT_EQ(read([](Session& s) { return journal::newest(s); }), 1);
}

TEST_F(LentTransactionTest, WhatIsNotCommittedIsUndone) {
  {
    LentTransaction lent(db().writer(), 5s);
    lent.use([](Transaction& tx) {
      cursors::set(tx, "one", 1);
      tx.append(event("e"));
    });
  }
  write([](Transaction& tx) { tx.append(event("f")); });
  EXPECT_EQ(cursor("one"), std::nullopt);
  EXPECT_EQ(read([](Session& s) { return journal::newest(s); }), 1);  // its number was free again
}

// Whoever hangs with the loan does not hold the others up for longer than it is sure of.
TEST_F(LentTransactionTest, OneThatIsKeptTooLongIsTakenBack) {
  LentTransaction lent(db().writer(), 60s);
  lent.use([](Transaction& tx) { cursors::set(tx, "slow", 1); });
  write([](Transaction& tx) { cursors::set(tx, "other", 2); });  // returns: the loan was ended
  EXPECT_EQ(cursor("other"), 2);
  EXPECT_THROW(lent.use([](Transaction&) {}), Error);
  try {
    lent.commit();
    ADD_FAILURE() << "it was taken back";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::timeout);
  }
  EXPECT_EQ(cursor("slow"), std::nullopt);
}

TEST_F(LentTransactionTest, AnErrorInItIsThrownAndItGoesOn) {
  LentTransaction lent(db().writer(), 5s);
  EXPECT_THROW(lent.use([](Transaction&) { throw std::runtime_error("mine"); }),
               std::runtime_error);
  lent.use([](Transaction& tx) { cursors::set(tx, "one", 1); });
  lent.commit();
  EXPECT_EQ(cursor("one"), 1);
}

TEST_F(LentTransactionTest, PartsAreUndoneAloneAndNest) {
  int effects = 0;
  write([&](Transaction& tx) {
    tx.append(event("kept"));
    tx.begin_part();
    tx.append(event("undone"));
    cursors::set(tx, "undone", 1);
    tx.defer([&] { effects += 100; });
    tx.begin_part();
    tx.append(event("inside"));
    tx.end_part(true);
    tx.end_part(false);
    tx.begin_part();
    EXPECT_EQ(tx.append(event("after")), 2);
    tx.defer([&] { effects += 1; });
    tx.end_part(true);
  });
  EXPECT_EQ(cursor("undone"), std::nullopt);
  EXPECT_EQ(read([](Session& s) { return journal::newest(s); }), 2);
  EXPECT_EQ(effects, 1);
}

}  // namespace
}  // namespace gardu::storage::testing
