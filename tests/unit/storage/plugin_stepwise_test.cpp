// SPDX-License-Identifier: Apache-2.0
// Plugins' schemas where each statement that defines a table takes effect at once (MySQL): a
// failure keeps its place, and nothing runs twice.
#include <thread>

#include "plugin_sql_support.hpp"

namespace gardu::storage::testing {
namespace {

class StepwisePluginMigrateTest : public PluginSqlFixture {
 protected:
  static constexpr const char* kTable = "create table pp_a (id bigint primary key, n bigint)";

  std::string failure(const std::string& sql) {
    const auto e = error_in([&] { migrate("pp", {{1, "first", sql}}); });
    return e ? e->what() : "";
  }
  std::string tables() const {
    return column("select name from plugin_tables where plugin = 'pp' order by name");
  }
  std::string done() const {
    return sql("select concat(done, ' ', begun) from plugin_migration_steps where plugin = 'pp'");
  }
  bool is_applied() const {
    return sql("select count(*) from plugin_migrations where plugin = 'pp'") == "1";
  }
  // As a process that ended in the middle of a statement leaves it.
  void leave(int done, const std::string& text) {
    sql("insert into plugin_migration_steps (plugin, number, \"sql\", done, begun) values ('pp', "
        "1, '" +
        text + "', " + std::to_string(done) + ", 1)");
  }
};

TEST_F(StepwisePluginMigrateTest, AFailureKeepsItsPlace) {
  const std::string head =
      std::string(kTable) + "; insert into pp_a (id, n) values (1, 0); update pp_a set n = n + 1; ";
  EXPECT_NE(
      failure(head + "insert into pp_a (id, n) values (2, 0), (1, 5); create index pp_i on pp_a "
                     "(n)")
          .find("'first'"),
      std::string::npos);
  EXPECT_EQ(done(), "3 0");
  EXPECT_EQ(tables(), "pp_a");
  EXPECT_FALSE(is_applied());
  EXPECT_EQ(sql("select n from pp_a"), "1");
  // What is done must stay as it was.
  EXPECT_NE(failure("create table pp_b (id bigint)").find("statement 1"), std::string::npos);
  EXPECT_NE(failure("").find("statement 1"), std::string::npos);
  const auto e = error_in([&] { migrate("pp", {}); });
  ASSERT_TRUE(e);
  EXPECT_EQ(e->kind(), ErrorKind::invalid);
  // The rest was mended.
  EXPECT_EQ(failure(head + "update pp_a set n = n + 10; create index pp_i on pp_a (n); insert into "
                           "pp_a (id, n) values (2, 7)"),
            "");
  EXPECT_EQ(done(), "");
  EXPECT_TRUE(is_applied());
  EXPECT_EQ(column("select n from pp_a order by id"), "11,7");
}

TEST_F(StepwisePluginMigrateTest, WhatIsRefusedIsRefusedBeforeAnythingRuns) {
  EXPECT_NE(failure(std::string(kTable) + "; insert into pp_a (id) select id from contacts"), "");
  EXPECT_NE(failure(std::string(kTable) + "; drop table pp_a; insert into pp_a (id) values (1)"),
            "");
  EXPECT_EQ(done() + tables() + relations("pp"), "");
  EXPECT_EQ(
      failure(std::string(kTable) + "; alter table pp_a rename to pp_b; insert into pp_b (id) "
                                    "values (1); drop table pp_b"),
      "");
  EXPECT_EQ(tables() + relations("pp"), "");
}

TEST_F(StepwisePluginMigrateTest, AStatementThatRanBeforeTheEndIsNotRunAgain) {
  leave(0, kTable);
  sql(kTable);
  EXPECT_EQ(failure(std::string(kTable) + "; insert into pp_a (id) values (1)"), "");
  EXPECT_EQ(tables(), "pp_a");
  EXPECT_EQ(sql("select count(*) from pp_a"), "1");
}

TEST_F(StepwisePluginMigrateTest, AStatementThatDidNotRunBeforeTheEndIsRun) {
  leave(0, kTable);
  EXPECT_EQ(failure(std::string(kTable) + "; insert into pp_a (id) values (1)"), "");
  EXPECT_EQ(tables(), "pp_a");
}

TEST_F(StepwisePluginMigrateTest, EveryKindOfStatementIsFoundAgain) {
  const std::vector<std::string> steps{kTable,
                                       "alter table pp_a add column c bigint",
                                       "alter table pp_a rename column c to d",
                                       "create index pp_i on pp_a (d)",
                                       "drop index pp_i",
                                       "alter table pp_a drop column d",
                                       "alter table pp_a rename to pp_b",
                                       "drop table pp_b"};
  std::string all;
  for (const std::string& s : steps) all += s + ";";
  for (std::size_t ran = 0; ran < steps.size(); ++ran)
    for (const bool also_the_next : {false, true}) {
      std::string head;
      for (std::size_t i = 0; i < ran; ++i) head += steps[i] + ";";
      if (ran > 0) {
        ASSERT_EQ(failure(head), "");
      }
      sql("delete from plugin_migrations where plugin = 'pp'");
      leave(static_cast<int>(ran), all);
      if (also_the_next) sql(steps[ran] + (steps[ran].starts_with("drop index") ? " on pp_a" : ""));
      EXPECT_EQ(failure(all), "") << steps[ran] << also_the_next;
      EXPECT_EQ(tables() + relations("pp"), "") << steps[ran] << also_the_next;
      sql("delete from plugin_migrations where plugin = 'pp'");
    }
}

TEST_F(StepwisePluginMigrateTest, TwoAtOnceComeOneAfterTheOther) {
  const std::vector<PluginMigration> steps{
      {1, "first", std::string(kTable) + "; insert into pp_a (id, n) values (1, 1)"},
      {2, "second", "create table pp_b (id bigint); update pp_a set n = n + 1"}};
  const auto other = open();
  std::thread thread([&] { plugin_sql::migrate(*other, "pp", steps); });
  migrate("pp", steps);
  thread.join();
  EXPECT_EQ(sql("select n from pp_a"), "2");
  EXPECT_EQ(tables(), "pp_a,pp_b");
}

// Its text is compared by bytes, without padding, and is not short.
TEST_F(StepwisePluginMigrateTest, ATableIsMadeAsTheGatewaysOwn) {
  migrate("pp", {{1, "first", "create table pp_a (id varchar(20) primary key, body text)"}});
  EXPECT_EQ(
      sql("select table_collation from information_schema.tables where table_name = 'pp_a' and "
          "table_schema = database()"),
      sql("select table_collation from information_schema.tables where table_name = 'contacts' "
          "and table_schema = database()"));
  EXPECT_EQ(sql("select lower(engine) from information_schema.tables where table_name = 'pp_a' and "
                "table_schema = database()"),
            "innodb");
  EXPECT_EQ(run("insert into pp_a (id) values ('a'), ('A'), ('a ')", {}, "pp"), 3);
}

}  // namespace
}  // namespace gardu::storage::testing
