// SPDX-License-Identifier: Apache-2.0
// Plugins' statements: their limits, and what is left when one fails.
#include "plugin_sql_support.hpp"

namespace gardu::storage::testing {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kTenThousandAndOne =
    "with recursive n (i) as (select 1 union all select i + 1 from n where i < 10001) "
    "select i from n";
constexpr std::string_view kEndless =
    "with recursive n (i) as (select 1 union all select i + 1 from n) select count(*) from n";

class PluginLimitsTest : public PluginSqlFixture {};

TEST_F(PluginLimitsTest, AResultHasSoManyRows) {
  const auto too_many = error_in([&] { rows(kTenThousandAndOne); });
  ASSERT_TRUE(too_many);
  EXPECT_EQ(too_many->kind(), ErrorKind::invalid);
  EXPECT_EQ(rows(std::string(kTenThousandAndOne) + " limit 10000").size(), 10'000U);
  EXPECT_EQ(rows("select 1 union select 2", {}, "foo", {2, milliseconds(5000)}).size(), 2U);
  EXPECT_TRUE(error_in([&] {
    rows("select 1 union select 2", {}, "foo", {1, milliseconds(5000)});
  }));
}

TEST_F(PluginLimitsTest, AWriteThatReturnsTooManyRowsIsUndone) {
  write([&](Transaction& tx) {
    const auto e = error_in([&] {
      plugin_sql::execute(tx, "foo", "insert into foo_notes (id) values (1), (2) returning id", {},
                          {}, {1, milliseconds(5000)});
    });
    EXPECT_TRUE(e);
    EXPECT_THROW(
        plugin_sql::execute(tx, "foo", "insert into foo_notes (id) values (1) returning id", {},
                            [](std::span<const SqlValue>) -> bool {
                              throw std::runtime_error("the caller's own");
                            }),
        std::runtime_error);
    plugin_sql::execute(tx, "foo", "insert into foo_notes (id) values (3)", {}, {});
  });
  EXPECT_EQ(count("foo_notes"), 1);
}

TEST_F(PluginLimitsTest, AnEndlessReadIsStopped) {
  const auto e = error_in([&] { rows(kEndless, {}, "foo", {10, milliseconds(20)}); });
  ASSERT_TRUE(e);
  EXPECT_EQ(e->kind(), ErrorKind::timeout) << e->what();
  // In a transaction nothing else is lost.
  write([&](Transaction& tx) {
    plugin_sql::execute(tx, "foo", "insert into foo_notes (id) values (1)", {}, {});
    const auto again = error_in([&] {
      plugin_sql::execute(tx, "foo", kEndless, {}, {}, {10, milliseconds(20)});
    });
    ASSERT_TRUE(again);
    EXPECT_EQ(again->kind(), ErrorKind::timeout);
  });
  EXPECT_EQ(count("foo_notes"), 1);
}

TEST_F(PluginLimitsTest, NoTimeIsATimeout) {
  const auto e = error_in([&] { rows("select 1", {}, "foo", {10, milliseconds(0)}); });
  ASSERT_TRUE(e);
  EXPECT_EQ(e->kind(), ErrorKind::timeout);
}

TEST_F(PluginLimitsTest, AnEndlessWriteIsStoppedAndOthersStay) {
  write([&](Transaction& tx) {
    plugin_sql::execute(tx, "foo", "insert into foo_notes (id) values (1)", {}, {});
    const auto e = error_in([&] {
      plugin_sql::execute(tx, "foo",
                          "insert into foo_tags (id) with recursive n (i) as (select 1 union all "
                          "select i + 1 from n) select i from n",
                          {}, {}, {10, milliseconds(20)});
    });
    ASSERT_TRUE(e);
    EXPECT_EQ(e->kind(), ErrorKind::timeout) << e->what();
    plugin_sql::execute(tx, "foo", "insert into foo_notes (id) values (2)", {}, {});
  });
  EXPECT_EQ(count("foo_notes"), 2);
  EXPECT_EQ(count("foo_tags"), 0);
}

TEST_F(PluginLimitsTest, AFailedStatementIsUndoneAloneAndWhole) {
  write([&](Transaction& tx) {
    plugin_sql::execute(tx, "foo", "insert into foo_notes (id) values (1)", {}, {});
    const auto e = error_in([&] {
      plugin_sql::execute(tx, "foo", "insert into foo_notes (id) values (2), (1), (3)", {}, {});
    });
    EXPECT_TRUE(e);
    plugin_sql::execute(tx, "foo", "insert into foo_notes (id) values (4)", {}, {});
  });
  EXPECT_EQ(count("foo_notes"), 2);
}

TEST_F(PluginLimitsTest, ManyStatementsAndManySessionsStayWithinBounds) {
  run("insert into foo_notes (id) values (1)");
  for (int i = 0; i < 200; ++i)
    EXPECT_EQ(rows("select id + " + std::to_string(i) + " from foo_notes")[0][0].integer, i + 1);
  for (int i = 199; i >= 0; i -= 7)
    EXPECT_EQ(rows("select id + " + std::to_string(i) + " from foo_notes")[0][0].integer, i + 1);
}

// Prepared under one plugin's rights, never run under another's.
TEST_F(PluginLimitsTest, APreparedStatementIsItsPluginsOwn) {
  const std::string select = "select word from foo_bar_secrets";
  db().read([&](Session& s) {
    int seen = 0;
    const auto count = [&](std::span<const SqlValue>) { return ++seen > 0; };
    plugin_sql::execute(s, "foo_bar", select, {}, count);
    EXPECT_TRUE(error_in([&] { plugin_sql::execute(s, "foo", select, {}, count); }));
    EXPECT_TRUE(error_in([&] { plugin_sql::execute(s, "foo_", select, {}, count); }));
    EXPECT_TRUE(error_in([&] { plugin_sql::execute(s, "Foo", select, {}, count); }));
    EXPECT_TRUE(error_in([&] { plugin_sql::execute(s, "", select, {}, count); }));
    plugin_sql::execute(s, "foo_bar", select, {}, count);
    EXPECT_EQ(seen, 2);
  });
}

// A table that goes and comes again as somebody else's takes the prepared statement's rights along.
TEST_F(PluginLimitsTest, APreparedStatementLosesATableThatChangesHands) {
  const std::vector<PluginMigration> mine{
      {1, "first",
       "create table foo_notes (id bigint primary key, body text, weight double precision); "
       "create table foo_tags (id bigint primary key, note bigint references foo_notes (id) on "
       "delete cascade);"},
      {2, "a table", "create table foo_bar_extra (id bigint)"}};
  migrate("foo", mine);
  const std::string select = "select id from foo_bar_extra";
  EXPECT_TRUE(rows(select).empty());
  EXPECT_EQ(run("insert into foo_bar_extra (id) values (1)"), 1);
  auto gone = mine;
  gone.push_back({3, "gone", "drop table foo_bar_extra"});
  migrate("foo", gone);
  migrate("foo_bar", {{1, "first", "create table foo_bar_secrets (id bigint, word text)"},
                      {2, "extra", "create table foo_bar_extra (id bigint)"}});
  expect_invalid(select);
  expect_invalid("insert into foo_bar_extra (id) values (1)");
  EXPECT_TRUE(rows(select, {}, "foo_bar").empty());
}

}  // namespace
}  // namespace gardu::storage::testing
