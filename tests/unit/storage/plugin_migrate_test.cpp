// SPDX-License-Identifier: Apache-2.0
// Plugins' schemas: applied once, in order, whole or not at all, on their own names alone.
#include "plugin_sql_support.hpp"

namespace gardu::storage::testing {
namespace {

class PluginMigrateTest : public PluginSqlFixture {
 protected:
  using Migrations = std::vector<PluginMigration>;

  // The text of what it fails with; empty: nothing.
  std::string failure(const Migrations& migrations, const std::string& plugin = "pp") {
    const auto e = error_in([&] { migrate(plugin, migrations); });
    if (!e) return {};
    EXPECT_EQ(e->kind(), ErrorKind::invalid) << e->what();
    return e->what();
  }
  std::string tables() {
    return column("select name from plugin_tables where plugin = 'pp' order by name");
  }
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_F(PluginMigrateTest, EachIsAppliedOnceInTheOrderOfTheNumbers) {
  const PluginMigration one{1, "first",
                            "create table pp_a (id bigint primary key, n bigint not null);\n"
                            "create index pp_a_n on pp_a (n);\n"
                            "insert into pp_a (id, n) values (1, 0); -- the first\n"};
  const PluginMigration two{5, "second", "update pp_a set n = n + 1;"};
  migrate("pp", {two, one});
  migrate("pp", {one, two});
  EXPECT_EQ(rows("select n from pp_a", {}, "pp")[0][0].integer, 1);
  const PluginMigration three{7, "third", "update pp_a set n = n + 10"};
  migrate("pp", {one, two, three});
  close();
  auto again = open();
  plugin_sql::migrate(*again, "pp", Migrations{one, two, three});
  EXPECT_EQ(sql("select n from pp_a"), "11");
  EXPECT_EQ(column("select number from plugin_migrations where plugin = 'pp' order by number"),
            "1,5,7");
}

TEST_F(PluginMigrateTest, AChangedMissingNewerOrLateOneIsRefusedByName) {
  const PluginMigration one{2, "first", "create table pp_a (id bigint)"};
  const PluginMigration two{4, "second", "create table pp_b (id bigint)"};
  migrate("pp", {one, two});
  auto changed = one;
  changed.sql += " ";
  std::string text = failure({changed, two});
  EXPECT_TRUE(has(text, "'first'") && has(text, "changed")) << text;
  text = failure({two});
  EXPECT_TRUE(has(text, "'first'") && has(text, "not there")) << text;
  text = failure({one});
  EXPECT_TRUE(has(text, "'second'") && has(text, "newer")) << text;
  EXPECT_TRUE(has(failure({}), "newer"));
  text = failure({one, {3, "late", "create table pp_c (id bigint)"}, two});
  EXPECT_TRUE(has(text, "'late'") && has(text, "before 4")) << text;
  EXPECT_TRUE(has(failure({one, two, {5, "x", ""}, {5, "y", ""}}), "twice"));
  EXPECT_FALSE(failure({one, two, {0, "zero", ""}}).empty());
  EXPECT_FALSE(failure({one, two, {5, "", ""}}).empty());
  auto renamed = two;
  renamed.name = "the second";
  EXPECT_EQ(failure({one, renamed}), "");
  EXPECT_EQ(tables(), "pp_a,pp_b");
}

class TransactionalPluginMigrateTest : public PluginMigrateTest {};

TEST_F(TransactionalPluginMigrateTest, AFailingOneUndoesAllOfThem) {
  const Migrations bad{{1, "good", "create table pp_a (id bigint)"},
                       {2, "bad",
                        "create table pp_b (id bigint primary key); insert into pp_b (id) "
                        "values (1); insert into pp_b (id) values (1)"}};
  const auto e = error_in([&] { migrate("pp", bad); });
  ASSERT_TRUE(e);
  EXPECT_EQ(e->kind(), ErrorKind::constraint);
  EXPECT_TRUE(has(e->what(), "'bad'") && has(e->what(), "pp_b")) << e->what();
  EXPECT_EQ(tables(), "");
  EXPECT_EQ(relations("pp"), "");
  EXPECT_EQ(sql("select count(*) from plugin_migrations where plugin = 'pp'"), "0");
  EXPECT_TRUE(has(failure({{1, "typo", "create table pp_a (id bigint"}}), "typo"));
  migrate("pp", {{1, "good", "create table pp_a (id bigint)"}});
  EXPECT_EQ(tables(), "pp_a");
}

TEST_F(TransactionalPluginMigrateTest, AnIndexMayHaveACondition) {
  migrate("pp", {{1, "index",
                  "create table pp_a (id bigint); create unique index if not exists pp_a_i on pp_a "
                  "(id desc) where id > 1"}});
  EXPECT_EQ(run("insert into pp_a (id) values (1), (1), (2)", {}, "pp"), 3);
  const auto e = error_in([&] { run("insert into pp_a (id) values (2)", {}, "pp"); });
  ASSERT_TRUE(e);
  EXPECT_TRUE(e->duplicate());
}

TEST_F(PluginMigrateTest, TablesAndIndexesAreMadeChangedAndDropped) {
  Migrations steps{
      {1, "make",
       "CREATE TABLE IF NOT EXISTS PP_A (id bigint primary key, \"order\" varchar(20) "
       "not null default 'x;y', unique (\"order\"));\n"
       "create table pp_b (id bigint, a bigint check (a > 0) references pp_a (id) on delete "
       "cascade, b bigint);\n"
       "create unique index pp_b_b on pp_b (b, id);"
       "insert into pp_a (id) values (1);"
       "insert into pp_b (id, a) with x as (select 1 as n) select n, n from x"},
      {2, "change",
       "alter table pp_b add column c bigint not null default 3;"
       "alter table pp_b add d text;"
       "alter table pp_b rename column d to e;"
       "alter table pp_b drop column e;"
       "alter table pp_b rename to pp_c"}};
  migrate("pp", steps);
  EXPECT_EQ(tables(), "pp_a,pp_c");
  EXPECT_EQ(rows("select c from pp_c", {}, "pp")[0][0].integer, 3);
  EXPECT_TRUE(error_in([&] { rows("select c from pp_b", {}, "pp"); }));
  steps.push_back({3, "drop", "drop index pp_b_b; drop table pp_c; drop table if exists pp_none"});
  migrate("pp", steps);
  EXPECT_EQ(tables(), "pp_a");
  EXPECT_TRUE(db().health().ok);
}

TEST_F(PluginMigrateTest, NothingElsesSchemaIsTouched) {
  const std::string before = relations();
  for (const char* sql : {
           "create table other (id bigint)",
           "create table ppa (id bigint)",
           "create table main.pp_a (id bigint)",
           "create table pp_a.x (id bigint)",
           "create table \"PP_a\" (id bigint)",
           "create table `pp_a` (id bigint)",
           "create table [pp_a] (id bigint)",
           "create table 'pp_a' (id bigint)",
           "create temp table pp_a (id bigint)",
           "create temporary table pp_a (id bigint)",
           "create virtual table pp_a using fts5 (body)",
           "create view pp_a as select * from messages",
           "create trigger pp_a after insert on messages begin select 1; end",
           "create table pp_a as select * from messages",
           "create table pp_a as with x as (select 1) select * from x",
           "create table pp_a (id bigint references messages (id))",
           "create table pp_a (id varchar(36) references \"messages\" (id))",
           "create table pp_a (id bigint references pp_none (id))",
           "create table pp_a (id bigint primary key on conflict rollback)",
           "create table pp_a (id bigint primary key, b bigint references pp_a (id) deferrable "
           "initially deferred)",
           "create table pp_a (id bigint check (load_extension('x')))",
           "create table pp_a (id bigint default (:a))",
           "create index pp_i on messages (text)",
           "create unique index pp_i on \"contacts\" (name)",
           "create index other on pp_a (id)",
           "create table pp_a (id bigint); create index pp_i on foo_notes (id)",
           "create table pp_a (id bigint); alter table pp_a rename to other",
           "create table pp_a (id bigint); alter table pp_a rename to foo_x",
           "create table pp_a (id bigint); alter table pp_a add column b bigint references "
           "foo_notes (id)",
           "alter table messages add column pp_x bigint",
           "alter table messages rename to pp_messages",
           "alter table foo_notes rename to pp_notes",
           "drop table messages",
           "drop table foo_notes",
           "drop index messages_raw",
           "drop trigger messages_updated",
           "drop view message_bodies",
           "insert into contacts (id) values ('x')",
           "update counters set value = 9",
           "update sqlite_sequence set seq = 0",
           "update sqlite_master set sql = ''",
           "delete from \"sqlite_sequence\"",
           "delete from foo_notes",
           "create table pp_a (id text); insert into pp_a select word from foo_bar_secrets",
           "create table pp_a (id text); insert or rollback into pp_a values (1)",
           "create table pp_a (id text); insert into pp_a values (:a)",
           "select 1",
           "with x as (select 1) select 1",
           "pragma foreign_keys = off",
           "begin; create table pp_a (id bigint)",
           "commit",
           "attach database '/tmp/x' as pp_x",
           "vacuum",
           "reindex",
           "create",
           "create table",
           "create table pp_",
           "alter index pp_a rename to pp_b",
       })
    EXPECT_TRUE(has(failure({{1, "the first", sql}}), "'the first' of plugin 'pp'")) << sql;
  EXPECT_FALSE(failure({{1, "zero", std::string("create table pp_a (id bigint)\0", 30)}}).empty());
  EXPECT_TRUE(relations() == before);
  EXPECT_EQ(tables(), "");
  EXPECT_TRUE(db().health().ok);
}

// "foo" may make a name that begins with "foo_bar_", but reaches none that "foo_bar" made.
TEST_F(PluginMigrateTest, APluginWhoseIdBeginsTheNameIsNotItsOwner) {
  const auto foo = [](const std::string& sql) {
    return Migrations{{1, "first",
                       "create table foo_notes (id bigint primary key, body text, weight double "
                       "precision); create table foo_tags (id bigint primary key, note bigint "
                       "references foo_notes (id) on delete cascade);"},
                      {2, "next", sql}};
  };
  for (const char* sql :
       {"drop table foo_bar_secrets", "alter table foo_bar_secrets add column x bigint",
        "alter table foo_bar_secrets rename to foo_mine",
        "create index foo_i on foo_bar_secrets (id)",
        "create table if not exists foo_bar_secrets (id bigint)",
        "create table foo_bar_secrets (id bigint)",
        "create table foo_x (id bigint references foo_bar_secrets (id))",
        "insert into foo_bar_secrets (id) values (2)", "delete from foo_bar_secrets"})
    EXPECT_NE(failure(foo(sql), "foo"), "") << sql;
  EXPECT_EQ(failure(foo("create table foo_bar_mine (id bigint)"), "foo"), "");
  EXPECT_TRUE(error_in([&] { rows("select * from foo_bar_mine", {}, "foo_bar"); }));
  EXPECT_EQ(rows("select word from foo_bar_secrets", {}, "foo_bar").size(), 1U);
}

TEST_F(PluginMigrateTest, AnIdThatIsNoneIsRefused) {
  for (const char* id : {"", "Foo", "1a", "a-b", "a b", "_a", "a'"})
    EXPECT_NE(failure({}, id), "") << id;
  EXPECT_NE(failure({}, std::string(64, 'a')), "");
  EXPECT_EQ(failure({}, "nothing"), "");
}

}  // namespace
}  // namespace gardu::storage::testing
