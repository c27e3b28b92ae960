// SPDX-License-Identifier: Apache-2.0
// Opening, migrating, errors, and what readers and the writer do to each other.
#include <atomic>
#include <thread>

#include "support.hpp"

namespace gardu::storage::testing {
namespace {

class DatabaseTest : public StorageTest {};

TEST_F(DatabaseTest, MigratesFromEmptyAndAgainChangesNothing) {
  EXPECT_EQ(db().schema_version(), Database::newest_schema());
  db().migrate();
  open()->migrate();
  EXPECT_EQ(sql("select count(*) from schema_migrations"),
            std::to_string(Database::newest_schema()));
}

TEST_F(DatabaseTest, TwoThatMigrateAtOnceRunItOnce) {
  const EmptyDatabase empty;
  const Options options = empty.options();
  std::vector<std::thread> threads;
  std::atomic<int> fine{0};
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      Database database(options);
      database.migrate();
      if (database.schema_version() == Database::newest_schema()) ++fine;
    });
  for (auto& t : threads) t.join();
  EXPECT_EQ(fine, 4);
}

TEST_F(DatabaseTest, RefusesANewerSchemaNamingBothVersions) {
  sql("insert into schema_migrations values (99, 'later', 0)");
  const Error e = error_of([&] { db().migrate(); });
  EXPECT_EQ(e.kind(), ErrorKind::newer_schema);
  EXPECT_NE(std::string(e.what()).find("99"), std::string::npos);
  EXPECT_NE(std::string(e.what()).find(std::to_string(Database::newest_schema())),
            std::string::npos);
  EXPECT_NE(std::string(e.what()).find(place()), std::string::npos);
}

TEST_F(DatabaseTest, AnErrorNeverHoldsABoundValue) {
  add_contact("a", "c");
  auto m = message("m1");
  m.provider_message_id = "p1";
  m.text = "the s3cret text";
  write([&](Transaction& tx) { messages::insert(tx, m); });
  m.id = "m2";
  const Error e = error_of([&] { write([&](Transaction& tx) { messages::insert(tx, m); }); });
  EXPECT_EQ(e.kind(), ErrorKind::constraint);
  EXPECT_TRUE(e.duplicate());
  const std::string text = e.what();
  EXPECT_EQ(text.find("s3cret"), std::string::npos) << text;
  EXPECT_EQ(text.find("m2"), std::string::npos) << text;
  EXPECT_NE(text.find(place()), std::string::npos) << text;
  EXPECT_NE(text.find("messages"), std::string::npos) << text;

  m.provider_message_id.reset();
  m.contact_id = "nobody";
  const Error missing = error_of([&] { write([&](Transaction& tx) { messages::insert(tx, m); }); });
  EXPECT_EQ(missing.kind(), ErrorKind::constraint);
  EXPECT_FALSE(missing.duplicate());
}

TEST_F(DatabaseTest, AReadIsOfOneMomentAndDoesNotHoldTheWriter) {
  db().read([&](Session& s) {
    EXPECT_EQ(workspaces::count(s), 1);
    add_workspace("w2");  // commits while this read is open
    EXPECT_EQ(workspaces::count(s), 1);
  });
  EXPECT_EQ(read([](Session& s) { return workspaces::count(s); }), 2);
}

TEST_F(DatabaseTest, ManyReadersShareThePoolWhileTheWriterWrites) {
  add_contact("a", "c");
  std::atomic<bool> done{false};
  std::vector<std::thread> readers;
  std::atomic<int> reads{0};
  for (int i = 0; i < 8; ++i)
    readers.emplace_back([&] {
      std::size_t seen = 0;
      do {
        MessageQuery q;
        q.workspace_id = "w";
        q.limit = 1000;
        const auto now = read([&](Session& s) { return messages::list(s, q); }).size();
        EXPECT_GE(now, seen);
        seen = now;
        ++reads;
      } while (!done);
    });
  for (int i = 0; i < 100; ++i)
    write([&](Transaction& tx) { messages::insert(tx, message("m" + std::to_string(i))); });
  done = true;
  for (auto& t : readers) t.join();
  EXPECT_GE(reads, 8);
}

TEST_F(DatabaseTest, HealthTellsAFailedTransaction) {
  EXPECT_TRUE(db().health().ok);
  sql("drop table counters");
  EXPECT_FALSE(db().health().ok);
  EXPECT_NE(db().health().text.find(place()), std::string::npos);
}

}  // namespace
}  // namespace gardu::storage::testing
