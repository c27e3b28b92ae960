// SPDX-License-Identifier: Apache-2.0
// Plugins' statements: what they may ask, that they reach nothing else, values, limits.
#include <cmath>

#include "plugin_sql_support.hpp"
#include "storage/plugin_kv.hpp"

namespace gardu::storage::testing {
namespace {

class PluginSqlTest : public PluginSqlFixture {};

TEST_F(PluginSqlTest, WhatIsInTheSubsetRuns) {
  EXPECT_EQ(run("insert into foo_notes (id, body) values (1, 'a'), (2, 'b')"), 2);
  for (const char* sql : {
           "select * from foo_notes",
           "  SELECT id FROM FOO_NOTES;  ",
           "/* first */ select id -- the id; yes\n from foo_notes; -- end",
           "select \"id\" from \"foo_notes\" n where n.body <> 'a;''b :x'",
           "with x as (select 1 as n) select n from x",
           "with recursive x (n) as (select 1 union all select n + 1 from x where n < 9) "
           "select count(*) from x",
           "with foo_notes as (select 1 as n) select count(*) from foo_notes",
           "select count(*) from foo_notes union all select 2",
           "select (select max(id) from foo_tags t where t.note = n.id) from foo_notes n",
           "select id from foo_notes where exists (select 1 from foo_tags)",
           "select lower(body), coalesce(weight, 0), replace(body, 'a', 'b') from foo_notes",
           "select count(*) from (select 1) as messages",
           "select n.id as messages from foo_notes as n join foo_tags on note = n.id",
           "select case when id > 1 then 'pragma' else 'attach' end from foo_notes limit 1",
           "insert into foo_tags (id, note) select id, id from foo_notes",
           "insert into foo_notes (id, body) values (1, 'z') "
           "on conflict (id) do update set body = excluded.body",
           "update foo_notes set body = 'c' where id in (with x as (select 2 as n) select n from "
           "x)",
           "update foo_notes set body = body || '.' || cast(id as text), weight = weight + 1 where "
           "id "
           "= 2",
           "select cast(body as bigint), cast(id as double precision) from foo_notes where id < 0",
           "select count(distinct n.body), sum(n.id), row_number() over (order by count(*)) from "
           "foo_notes n left join (foo_tags t join foo_notes o on o.id = t.note) on t.note = n.id "
           "where n.body like 'a%' escape '!' and n.id not in (7, 8) group by n.id having count(*) "
           "> 0 order by 2 desc limit 3 offset 0",
           "insert into foo_notes (id, body) values (1, 'y') on conflict (id) do nothing",
           "delete from foo_notes where id = 1",
       }) {
    const auto e = refusal(sql);
    EXPECT_FALSE(e) << sql << ": " << e->what();
  }
  EXPECT_EQ(count("foo_tags"), 1);  // the cascade
}

TEST_F(PluginSqlTest, SomebodyElsesTableIsOutOfReach) {
  for (const char* sql : {
           "select * from messages",
           "select count(*) from messages",
           "select 1 from messages",
           "SELECT * FROM Contacts",
           "select * from \"contacts\"",
           "select * from `contacts`",
           "select * from [contacts]",
           "select * from main.contacts",
           "select * from main . \"contacts\"",
           "select * from/**/contacts",
           "select * from foo_notes, contacts",
           "select * from foo_notes join contacts on 1 = 1",
           "select * from (select * from (select id from contacts))",
           "select (select credentials from accounts limit 1)",
           "select (select count(*) from accounts)",
           "select 1 where exists (select 1 from accounts)",
           "select id from foo_notes where id in (select count(*) from tokens)",
           "select id from foo_notes where id in tokens",
           "select id from foo_notes union select id from contacts",
           "select id from foo_notes except select hash from tokens",
           "select id from foo_notes order by (select max(hash) from tokens)",
           "with x as (select * from contacts) select count(*) from x",
           "with contacts as (select 1) select count(*) from contacts",
           "with x as (select 1), \"Contacts\" as (select 1) select * from x",
           "select (with messages as (select 1) select 1), count(*) from messages",
           "with recursive x (n) as (select 1 union all select id from contacts) select n from x",
           "select * from message_bodies",
           "select * from message_text",
           "select * from foo_bar_secrets",
           "select count(*) from FOO_BAR_SECRETS",
           "insert into foo_notes (body) select word from foo_bar_secrets",
           "insert into foo_notes (body) values ((select word from foo_bar_secrets))",
           "insert into contacts (id) values ('x')",
           "update contacts set name = 'x'",
           "update foo_notes set body = (select word from foo_bar_secrets)",
           "update foo_notes set body = word from foo_bar_secrets",
           "delete from \"outbox\"",
           "delete from foo_notes where id in (select id from foo_bar_secrets)",
           "insert into foo_notes (id) values (1) on conflict (id) do update set "
           "body = (select word from foo_bar_secrets)",
           "insert into foo_notes (id) values (1) returning (select word from foo_bar_secrets)",
           "select * from plugin_tables",
           "insert into plugin_tables (name, plugin) values ('messages', 'foo')",
           "update counters set value = 0",
       })
    expect_invalid(sql);
  EXPECT_EQ(sql("select count(*) from foo_bar_secrets"), "1");
}

TEST_F(PluginSqlTest, TheEnginesInsideIsOutOfReach) {
  for (const char* sql : {
           "select * from sqlite_master",
           "select * from SQLITE_SCHEMA",
           "select * from \"sqlite_master\"",
           "select * from temp.sqlite_temp_master",
           "select * from main.\"sqlite_master\"",
           "update sqlite_sequence set seq = 0",
           "select * from pragma_table_info('messages')",
           "select count(*) from pragma_table_list",
           "select * from \"pragma_database_list\"",
           "select * from json_each('[1]')",
           "select count(*) from json_each('[1]')",
           "select * from dbstat",
           "select * from bytecode('select 1')",
           "select load_extension('x.so')",
           "select fts3_tokenizer('x')",
           "select x'00'",
           "select cast(zeroblob(3) as blob)",
           "select length(zeroblob(100000000))",
           "select count(*) from fts5vocab",
       })
    if (std::string_view(sql) == "select cast(zeroblob(3) as blob)") {
      EXPECT_TRUE(error_in([&] { rows(sql); }));  // a binary cell
    } else {
      expect_invalid(sql);
    }
}

TEST_F(PluginSqlTest, OtherStatementsAreRefused) {
  for (const char* sql : {
           "",
           " ; ",
           "-- only this",
           "pragma table_info(foo_notes)",
           "PRAGMA writable_schema = on",
           "attach database '/tmp/x' as x",
           "detach x",
           "vacuum",
           "vacuum into '/tmp/x'",
           "begin",
           "commit",
           "rollback",
           "savepoint x",
           "release part",
           "rollback to part",
           "end",
           "analyze",
           "reindex",
           "explain select 1",
           "values (1)",
           "replace into foo_notes (id) values (1)",
           "create table foo_x (id bigint)",
           "create trigger foo_t after insert on foo_notes begin delete from contacts; end",
           "create view foo_v as select * from contacts",
           "create temp table foo_x (id bigint)",
           "drop table foo_notes",
           "alter table foo_notes rename to foo_x",
           "select 1; select 2",
           "select 1;; delete from foo_notes",
           "select 1; pragma user_version = 3",
           "select 1 /* ; */; drop table contacts",
           "insert or rollback into foo_notes (id) values (1)",
           "insert or ignore into foo_notes (id) values (1)",
           "update or rollback foo_notes set id = 1",
           "UPDATE/**/OR/**/FAIL foo_notes set id = 1",
           "select * into foo_x from foo_notes",
           "select 'no end",
           "select \"no end",
           "select 1 /* no end",
           "select /*! 1 */ 2",
           "select /* a /* b */ 2",
           "select e'x'",
           "select $$x$$",
           "select @x",
           "select 1 # 2",
           "selec 1",
           "select from where",
           "with",
           "with x",
           "with x as",
           "with x as (select 1",
           "select nobody from foo_notes",
           "select \"nobody\" from foo_notes",
           "select * from foo_missing",
           "select \xff",
       })
    expect_invalid(sql);
  expect_invalid(std::string_view("select 1\0; select 2", 19));
  expect_invalid("select '" + std::string(1'000'001, 'x') + "'");
  EXPECT_EQ(count("foo_notes"), 0);
  EXPECT_EQ(sql("select count(*) from contacts"), "1");
}

TEST_F(PluginSqlTest, ReadsOnlyTellsWhatAReadingSessionTakes) {
  for (const char* sql : {"select 1", " /* */ SELECT 1;", "with x as (select 1) select * from x"})
    EXPECT_TRUE(plugin_sql::reads_only(sql)) << sql;
  for (const char* sql :
       {"insert into foo_notes (id) values (1)", "with x as (select 1) delete from foo_notes",
        "with x as (select 1) insert into foo_notes (id) select * from x", "pragma x", "", "'"})
    EXPECT_FALSE(plugin_sql::reads_only(sql)) << sql;
  const auto e = error_in([&] { rows("delete from foo_notes"); });
  ASSERT_TRUE(e);
  EXPECT_EQ(e->kind(), ErrorKind::invalid);
}

TEST_F(PluginSqlTest, ParametersAreNamedOnceAndBoundInTheirOrder) {
  EXPECT_EQ(run("insert into foo_notes (weight, id, body) values (:w, :id, :_b2)",
                {real_value(0.5), integer_value(7), text_value("x")}),
            1);
  const auto found = rows(
      "select id, ':no', \"body\" from foo_notes where /* :c */ id = :id -- :d\n and body = :b",
      {integer_value(7), text_value("x")});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0][1].text, ":no");
  const auto invalid = [&](std::string_view sql, const std::vector<SqlValue>& values) {
    const auto e = refusal(sql, values);
    return e && e->kind() == ErrorKind::invalid;
  };
  const SqlValue one = integer_value(1);
  EXPECT_TRUE(invalid("select :a", {}));
  EXPECT_TRUE(invalid("select :a", {one, one}));
  EXPECT_TRUE(invalid("select 1", {one}));
  EXPECT_TRUE(invalid("select :a, :a", {one, one}));
  EXPECT_TRUE(invalid("select :a, :a", {one}));
  EXPECT_TRUE(invalid("select ?", {one}));
  EXPECT_TRUE(invalid("select ?1", {one}));
  EXPECT_TRUE(invalid("select @a", {one}));
  EXPECT_TRUE(invalid("select $a", {one}));
  EXPECT_TRUE(invalid("select :1", {one}));
  EXPECT_TRUE(invalid("select ::a", {one}));
  EXPECT_TRUE(invalid("select ::a", {}));
  EXPECT_TRUE(invalid("select ':a'", {one}));
  EXPECT_FALSE(invalid("select :a, :A", {one, one}));
}

TEST_F(PluginSqlTest, ValuesComeBackAsTheyWere) {
  std::int64_t id = 0;
  for (const std::int64_t v :
       {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1} << 62,
        std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}) {
    run("insert into foo_tags (id) values (:a)", {integer_value(v)});
    const auto found = rows("select id, note from foo_tags where id = :a", {integer_value(v)});
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0][0].kind, SqlValue::Kind::integer);
    EXPECT_EQ(found[0][0].integer, v);
    EXPECT_EQ(found[0][1].kind, SqlValue::Kind::null);
  }
  for (const double v : {0.0, 0.1, -1.5e300, 5e-324, 2.0, 1e15}) {
    run("insert into foo_notes (id, weight) values (:a, :b)", {integer_value(++id), real_value(v)});
    const auto cell = rows("select weight from foo_notes where id = :a", {integer_value(id)})[0][0];
    EXPECT_EQ(cell.kind, SqlValue::Kind::real);
    EXPECT_EQ(cell.real, v);
  }
  for (const std::string v :
       {"", "x", "\xf0\x9f\x98\x80 \xc3\xa9", "'; drop table contacts; --", "a\nb\x01\x7f"}) {
    run("insert into foo_notes (id, body) values (:a, :b)", {integer_value(++id), text_value(v)});
    const auto cell = rows("select body from foo_notes where id = :a", {integer_value(id)})[0][0];
    EXPECT_EQ(cell.kind, SqlValue::Kind::text);
    EXPECT_EQ(cell.text, v);
  }
  run("insert into foo_notes (id, body) values (:a, :b)", {integer_value(++id), SqlValue{}});
  EXPECT_EQ(rows("select body from foo_notes where id = :a", {integer_value(id)})[0][0].kind,
            SqlValue::Kind::null);
}

TEST_F(PluginSqlTest, ValuesThatNoEngineKeepsAreRefused) {
  for (const SqlValue& v :
       {text_value(std::string("s3cret\0", 7)), text_value("s3cret\xff"),
        text_value("\xed\xa0\x80"), real_value(std::nan("")), real_value(HUGE_VAL)}) {
    const auto e = refusal("select :a", {v});
    ASSERT_TRUE(e);
    EXPECT_EQ(e->kind(), ErrorKind::invalid);
    EXPECT_EQ(std::string(e->what()).find("s3cret"), std::string::npos);
  }
}

TEST_F(PluginSqlTest, AConstraintIsToldWithoutTheValue) {
  run("insert into foo_notes (id, body) values (1, 'a')");
  auto e = refusal("insert into foo_notes (id, body) values (:a, :b)",
                   {integer_value(1), text_value("s3cret")});
  ASSERT_TRUE(e);
  EXPECT_EQ(e->kind(), ErrorKind::constraint);
  EXPECT_TRUE(e->duplicate());
  EXPECT_NE(std::string(e->what()).find("foo_notes"), std::string::npos) << e->what();
  EXPECT_EQ(std::string(e->what()).find("s3cret"), std::string::npos) << e->what();
  e = refusal("insert into foo_tags (id, note) values (1, 77)");
  ASSERT_TRUE(e);
  EXPECT_EQ(e->kind(), ErrorKind::constraint);
  EXPECT_FALSE(e->duplicate());
  e = refusal("select json_extract(:a, :b)", {text_value("{}"), text_value("$.[s3cret")});
  ASSERT_TRUE(e);
  EXPECT_EQ(e->kind(), ErrorKind::invalid);
  EXPECT_EQ(std::string(e->what()).find("s3cret"), std::string::npos) << e->what();
}

TEST_F(PluginSqlTest, ARowCanBeTheLast) {
  run("insert into foo_notes (id) values (1), (2), (3)");
  int seen = 0;
  db().read([&](Session& s) {
    plugin_sql::execute(s, "foo", "select id from foo_notes order by id", {},
                        [&](std::span<const SqlValue>) { return ++seen < 2; });
    // The session is as it was, and the statement runs again.
    plugin_sql::execute(s, "foo", "select id from foo_notes order by id", {},
                        [&](std::span<const SqlValue> cells) {
                          EXPECT_EQ(cells[0].integer, 1);
                          return false;
                        });
  });
  EXPECT_EQ(seen, 2);
}

TEST_F(PluginSqlTest, ARowsCallbackMayUseTheSession) {
  run("insert into foo_notes (id) values (1), (2)");
  std::vector<std::int64_t> seen;
  write([&](Transaction& tx) {
    const std::string select = "select id from foo_notes order by id";
    plugin_sql::execute(tx, "foo", select, {}, [&](std::span<const SqlValue> cells) {
      const std::int64_t id = cells[0].integer;
      seen.push_back(id);
      plugin_sql::execute(tx, "foo", select, {}, [&](std::span<const SqlValue> inner) {
        seen.push_back(10 * inner[0].integer);
        return true;
      });
      // The gateway's own statements are held to nothing.
      plugin_kv::put(tx, "foo", "k" + std::to_string(id), "v", std::nullopt, 1);
      plugin_sql::execute(tx, "foo", "insert into foo_tags (id) values (:a)", {&cells[0], 1}, {});
      return true;
    });
    plugin_sql::execute(tx, "foo", "insert into foo_tags (id) values (8), (9) returning id", {},
                        [&](std::span<const SqlValue> cells) {
                          seen.push_back(cells[0].integer);
                          plugin_sql::execute(tx, "foo", "update foo_tags set note = 1", {}, {});
                          return true;
                        });
  });
  EXPECT_EQ(seen, (std::vector<std::int64_t>{1, 10, 20, 2, 10, 20, 8, 9}));
  EXPECT_EQ(count("foo_tags where note = 1"), 4);
}

}  // namespace
}  // namespace gardu::storage::testing
