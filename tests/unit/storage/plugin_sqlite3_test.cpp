// SPDX-License-Identifier: Apache-2.0
// Plugins' statements, where SQLite differs from the servers.
#include "plugin_sql_support.hpp"
#include "storage/lent_transaction.hpp"

namespace gardu::storage::testing {
namespace {

using std::chrono::milliseconds;

class Sqlite3PluginTest : public PluginSqlFixture {};

// It writes no row that could fail, so all is undone, and nothing runs outside of the transaction.
TEST_F(Sqlite3PluginTest, AfterAnAbortedTransactionNothingRunsOutsideOfIt) {
  write([&](Transaction& tx) {
    for (int i = 0; i < 10; ++i)
      plugin_sql::execute(tx, "foo", "insert into foo_notes (id) values (:a)",
                          std::vector<SqlValue>{integer_value(i)}, {});
    plugin_sql::execute(tx, "foo", "insert into foo_tags (id) values (1)", {}, {});
  });
  std::string product = "foo_notes t0";
  for (int i = 1; i < 14; ++i) product += ", foo_notes t" + std::to_string(i);
  const std::string endless =
      "delete from foo_tags where id < (select sum(t0.id + t1.id) from " + product + ")";
  LentTransaction lent(db().writer(), milliseconds(60'000));
  const auto use = [&](std::string_view sql, milliseconds time) {
    return error_in([&] {
      lent.use([&](Transaction& tx) { plugin_sql::execute(tx, "foo", sql, {}, {}, {10, time}); });
    });
  };
  EXPECT_FALSE(use("insert into foo_notes (id) values (100)", milliseconds(5000)));
  const auto e = use(endless, milliseconds(20));
  ASSERT_TRUE(e);
  EXPECT_EQ(e->kind(), ErrorKind::timeout) << e->what();
  const auto after = use("insert into foo_notes (id) values (101)", milliseconds(5000));
  ASSERT_TRUE(after);
  EXPECT_EQ(after->kind(), ErrorKind::timeout);
  EXPECT_THROW(lent.commit(), std::exception);
  EXPECT_EQ(count("foo_notes"), 10);
  EXPECT_EQ(count("foo_tags"), 1);
}

}  // namespace
}  // namespace gardu::storage::testing
