// SPDX-License-Identifier: Apache-2.0
// What is SQLite's alone: its file.
#include <sys/stat.h>

#include <fstream>

#include "support.hpp"

namespace gardu::storage::testing {
namespace {

class Sqlite3Test : public StorageTest {};

TEST_F(Sqlite3Test, TheFileIsItsOwnersAlone) {
  struct stat info {};
  ASSERT_EQ(stat(file().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
}

TEST_F(Sqlite3Test, NamesAFileThatIsNoDatabaseOrCannotBeOpened) {
  Options options;
  options.dsn = file() + "-text";
  std::ofstream(options.dsn) << std::string(8192, 'x');
  const Error corrupt = error_of([&] { Database database(options); });
  EXPECT_EQ(corrupt.kind(), ErrorKind::corrupt);
  EXPECT_NE(std::string(corrupt.what()).find(options.dsn), std::string::npos);

  options.dsn = file() + "-missing/gardu.db";
  const Error missing = error_of([&] { Database database(options); });
  EXPECT_EQ(missing.kind(), ErrorKind::unavailable);
  EXPECT_NE(std::string(missing.what()).find(options.dsn), std::string::npos);

  options.dsn = file();
  options.backend = "oracle";
  EXPECT_THROW(Database{options}, Error);
  options.backend = "sqlite3";
  options.synchronous = "full; drop table messages";
  EXPECT_THROW(Database{options}, Error);
}

TEST_F(Sqlite3Test, ReadsLeaveNothingOpenThatHoldsTheCheckpoint) {
  add_contact("a", "c");
  for (int i = 0; i < 20; ++i)
    write([&](Transaction& tx) { messages::insert(tx, message("m" + std::to_string(i))); });
  MessageQuery q;
  q.workspace_id = "w";
  q.limit = 3;
  for (int i = 0; i < 10; ++i) {
    read([&](Session& s) { return messages::list(s, q); });
    read([&](Session& s) { return messages::get(s, "w", "m1"); });
    EXPECT_THROW(db().read([](Session& s) {
      journal::newest(s);
      throw std::runtime_error("the caller's own");
    }),
                 std::runtime_error);
  }
  // busy = 0: every frame of the log could be written back.
  EXPECT_EQ(sql("pragma wal_checkpoint(truncate)"), "0");
}

TEST_F(Sqlite3Test, ABackupIsWholeAndOpens) {
  db().backup(file() + "-copy");
  Options options;
  options.dsn = file() + "-copy";
  Database copy(options);
  EXPECT_EQ(copy.schema_version(), Database::newest_schema());
  EXPECT_EQ(copy.query([](Session& s) { return workspaces::count(s); }), 1);
  EXPECT_THROW(db().backup(file() + "-copy"), Error);
}

TEST_F(Sqlite3Test, WhatWasWrittenIsWhole) {
  add_contact("a", "c");
  write([](Transaction& tx) { messages::insert(tx, message("m")); });
  write([](Transaction& tx) { contacts::remove(tx, "w", "c"); });
  sql("insert into message_text (message_text) values ('integrity-check')");
  EXPECT_EQ(sql("pragma integrity_check"), "ok");
}

}  // namespace
}  // namespace gardu::storage::testing
