// SPDX-License-Identifier: Apache-2.0
// Plugins' statements on servers, where others write at the same time.
#include <soci/mysql/soci-mysql.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include <future>
#include <thread>

#include "plugin_sql_support.hpp"
#include "storage/lent_transaction.hpp"

namespace gardu::storage::testing {
namespace {

using std::chrono::milliseconds;

class ServerPluginTest : public PluginSqlFixture {
 protected:
  ServerPluginTest() {
    run("insert into foo_notes (id, weight) values (1, 0), (2, 0), (3, 0), (4, 0), (5, 0)");
  }
  // Somebody else's session.
  soci::session& other() {
    if (!other_)
      other_ = backend() == "mysql"
                   ? std::make_unique<soci::session>(soci::mysql, options().dsn)
                   : std::make_unique<soci::session>(soci::postgresql, options().dsn);
    return *other_;
  }
  static std::optional<Error> use(LentTransaction& lent, std::string_view sql,
                                  milliseconds time = milliseconds(30'000)) {
    return error_in([&] {
      lent.use([&](Transaction& tx) { plugin_sql::execute(tx, "foo", sql, {}, {}, {10, time}); });
    });
  }
  std::string weights() {
    return column("select cast(weight as char(1)) from foo_notes order by id");
  }

 private:
  std::unique_ptr<soci::session> other_;
};

TEST_F(ServerPluginTest, ARowThatSomebodyHoldsIsWaitedForUntilTheTimeIsOver) {
  other() << "begin";
  other() << "update foo_notes set weight = 7 where id = 1";
  LentTransaction lent(db().writer(), milliseconds(60'000));
  EXPECT_FALSE(use(lent, "update foo_notes set weight = 1 where id = 2"));
  const auto e = use(lent, "update foo_notes set weight = 1 where id = 1", milliseconds(50));
  ASSERT_TRUE(e);
  EXPECT_EQ(e->kind(), ErrorKind::timeout) << e->what();
  EXPECT_FALSE(use(lent, "update foo_notes set weight = 1 where id = 3"));
  lent.commit();
  other() << "rollback";
  EXPECT_EQ(weights(), "0,1,1,0,0");
}

// MySQL undoes the whole transaction; what comes after must not run outside of one.
TEST_F(ServerPluginTest, AfterADeadlockNothingRunsOutsideOfTheTransaction) {
  // The plugin's is to be the one that is undone: it looks first, or has written less.
  if (backend() == "postgresql") other() << "set deadlock_timeout = '1h'";
  other() << "begin";
  other() << "update foo_notes set weight = 7 where id > 1";
  auto lent = std::make_unique<LentTransaction>(db().writer(), milliseconds(60'000));
  EXPECT_FALSE(use(*lent, "update foo_notes set weight = 1 where id = 1"));
  auto waits = std::async(std::launch::async, [&] {
    other() << "update foo_notes set weight = 7 where id = 1";
    other() << "commit";
  });
  const char* waiting = backend() == "mysql"
                            ? "select count(*) from information_schema.innodb_lock_waits"
                            : "select count(*) from pg_locks where not granted";
  while (sql(waiting) == "0") std::this_thread::yield();
  const auto e = use(*lent, "update foo_notes set weight = 2 where id = 2");
  ASSERT_TRUE(e);
  EXPECT_EQ(e->kind(), ErrorKind::busy) << e->what();
  const auto after = use(*lent, "update foo_notes set weight = 3 where id = 3",
                         backend() == "mysql" ? milliseconds(30'000) : milliseconds(50));
  ASSERT_TRUE(after);
  EXPECT_EQ(after->kind(), ErrorKind::timeout) << after->what();
  if (backend() == "mysql") {
    EXPECT_ANY_THROW(lent->commit());
  }
  lent.reset();
  waits.get();
  EXPECT_EQ(weights(), "7,7,7,7,7");
  EXPECT_EQ(run("update foo_notes set weight = 4"), 5);
}

TEST_F(ServerPluginTest, ALostConnectionIsToldAndMadeAnew) {
  LentTransaction lent(db().writer(), milliseconds(60'000));
  EXPECT_FALSE(use(lent, "update foo_notes set weight = 1 where id = 1"));
  if (backend() == "mysql") {
    const std::string id =
        sql("select cast(trx_mysql_thread_id as char) from information_schema.innodb_trx where "
            "trx_rows_modified > 0");
    other() << "kill " << id;
  } else {
    other() << "select pg_terminate_backend(pid) from pg_stat_activity where datname = "
               "current_database() and state = 'idle in transaction'";
  }
  const auto e = use(lent, "update foo_notes set weight = 1 where id = 2");
  ASSERT_TRUE(e);
  EXPECT_EQ(e->kind(), ErrorKind::unavailable) << e->what();
  EXPECT_ANY_THROW(lent.commit());
  EXPECT_EQ(run("update foo_notes set weight = 4 where id = 1"), 1);
  EXPECT_EQ(weights(), "4,0,0,0,0");
}

}  // namespace
}  // namespace gardu::storage::testing
