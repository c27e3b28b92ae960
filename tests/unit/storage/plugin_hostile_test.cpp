// SPDX-License-Identifier: Apache-2.0
// What a plugin might try on any engine, in the words of each: nothing of it reaches more than its
// own tables.
#include "plugin_sql_support.hpp"

namespace gardu::storage::testing {
namespace {

class PluginHostileTest : public PluginSqlFixture {
 protected:
  std::string failure(const std::string& migration) {
    const auto e = error_in([&] { migrate("pp", {{1, "the first", migration}}); });
    if (!e) return {};
    EXPECT_EQ(e->kind(), ErrorKind::invalid) << migration << ": " << e->what();
    return e->what();
  }
};

TEST_F(PluginHostileTest, NoWayOfWritingATableReachesOne) {
  for (const char* sql : {
           "select * from public.contacts",
           "select * from foo_notes.contacts",
           "select * from foo_notes contacts, contacts",
           "select * from foo_notes gardu, gardu.contacts",
           "select * from foo_notes offset, contacts",
           "select * from foo_notes returning, contacts",
           "select * from foo_notes window, contacts",
           "select * from foo_notes intersect, contacts",
           "select * from foo_notes use index (a), contacts",
           "select * from foo_notes use, contacts",
           "select * from foo_notes partition (p0), contacts",
           "select * from foo_notes tablesample system (1), contacts",
           "select * from foo_notes straight_join contacts",
           "select * from foo_notes natural join contacts",
           "select * from foo_notes cross join contacts",
           "select * from foo_notes left outer join contacts on 1 = 1",
           "select * from foo_notes a join foo_notes b using (id), contacts",
           "select * from (foo_notes, contacts)",
           "select * from (foo_notes join contacts on 1 = 1)",
           "select * from ((contacts))",
           "select * from only contacts",
           "select * from only (contacts)",
           "select * from contacts *",
           "select * from lateral (select * from contacts) x",
           "select * from rows from (generate_series(1, 2)) x",
           "select * from generate_series(1, 2) x",
           "select * from (table contacts) x",
           "select * from (values (1)) x, contacts",
           "table contacts",
           "select 1 where exists (table contacts)",
           "select 1 union table contacts",
           "select * from foo_notes where id in (select 1 union select id from contacts)",
           "select * from foo_notes where id = (1 + (select max(id) from contacts))",
           "select count((select 1 from contacts)) from foo_notes",
           "select coalesce((select 1 from contacts), 1)",
           "select case when (select 1 from contacts) = 1 then 1 end",
           "select * from foo_notes order by id limit (select count(*) from contacts)",
           "select * from foo_notes a join foo_notes b on a.id = (select 1 from contacts)",
           "select row_number() over (order by (select 1 from contacts)) from foo_notes",
           "with x as (select * from x) select * from x",
           "with x as (select 1) select (with z as (select 1) select 1), (select 1 from z) from x",
           "with x as (delete from contacts returning *) select * from x",
           "with x as (insert into contacts (id) values (1) returning 1) select 1",
           "with x as (table contacts) select * from x",
           "with pg_class as (select 1) select 1 from pg_class where pg_sleep(1) is null",
           "insert into contacts values (1)",
           "insert contacts values (1)",
           "insert into foo_notes, contacts values (1)",
           "insert into foo_notes (id) table contacts",
           "insert into foo_notes (id) (select id from contacts)",
           "insert into foo_notes (id) values (1) on conflict (id) do update set id = "
           "(select 1 from contacts)",
           "insert into foo_notes (id) values (1) on duplicate key update id = 1",
           "insert into foo_notes set id = 1",
           "with x as (select 1) insert into x values (1)",
           "with foo_notes as (select 1) delete from contacts",
           "update foo_notes, contacts set id = 1",
           "update foo_notes a, contacts b set a.id = b.id",
           "update only contacts set id = 1",
           "update low_priority contacts set id = 1",
           "update foo_notes join contacts on 1 = 1 set id = 1",
           "update foo_notes set id = 1 from contacts",
           "delete foo_notes from foo_notes join contacts",
           "delete from foo_notes using contacts",
           "delete from foo_notes using (foo_notes, contacts)",
           "delete from foo_notes, contacts",
           "delete from foo_notes returning (select count(*) from contacts)",
           "select * from \"foo_notes \"",
           "select * from u&\"contacts\"",
       })
    expect_invalid(sql);
  EXPECT_EQ(sql("select count(*) from contacts"), "1");
}

TEST_F(PluginHostileTest, TheEnginesOwnAnswersAreOutOfReach) {
  for (const char* sql : {
           "select * from pg_catalog.pg_class",
           "select * from pg_class",
           "select * from pg_shadow",
           "select * from information_schema.tables",
           "select * from \"information_schema\".\"tables\"",
           "select * from mysql.user",
           "select * from performance_schema.threads",
           "select * from seq_1_to_10",
           "select pg_sleep(1)",
           "select pg_read_file('/etc/passwd')",
           "select lo_import('/etc/passwd')",
           "select set_config('a.b', 'c', false)",
           "select current_setting('data_directory')",
           "select query_to_xml('select 1', true, true, '')",
           "select nextval('x')",
           "select next value for x",
           "select version()",
           "select current_user",
           "select current_user()",
           "select user",
           "select session_user",
           "select current_schema",
           "select database()",
           "select sleep(1)",
           "select benchmark(1000000, 1)",
           "select load_file('/etc/passwd')",
           "select get_lock('gardu', 1)",
           "select release_lock('gardu')",
           "select last_insert_id(5)",
           "select row_count()",
           "select @@version",
           "select @x := 1",
           "select @x",
           "select ctid from foo_notes",
           "select n.xmin from foo_notes n",
           "select n.pg_column_size from foo_notes n",
           "select 'contacts'::regclass",
           "select regclass 'contacts'",
           "select date '2020-01-01'",
           "select now()",
           "select current_timestamp",
           "select random()",
           "select repeat('x', 100000000)",
           "select extract(year from foo_notes) from foo_notes",
           "select count (*) from contacts",
           "select foo_notes.count(*) from foo_notes",
           "select 1 into outfile '/tmp/x'",
           "select id from foo_notes into outfile '/tmp/x'",
           "select id from foo_notes into dumpfile '/tmp/x'",
           "select id from foo_notes into @x",
           "select id into x from foo_notes",
           "select id from foo_notes procedure analyse()",
           "select id from foo_notes for update",
           "select id from foo_notes lock in share mode",
           "do sleep(1)",
           "call x()",
           "handler contacts open",
           "copy contacts to stdout",
           "copy (select 1) to program 'id'",
           "set search_path = x",
           "set session sql_mode = ''",
           "show tables",
           "listen x",
           "prepare x as select 1",
           "execute x",
           "lock table contacts",
           "load data infile '/etc/passwd' into table foo_notes",
           "truncate foo_notes",
           "merge into foo_notes using contacts on true when matched then delete",
       })
    expect_invalid(sql);
}

// Where engines cut the text into other tokens than those that were checked.
TEST_F(PluginHostileTest, WhatEnginesReadDifferentlyHidesNothing) {
  for (const char* sql : {
           "select 1 /*! from contacts */",
           "select 1 /*!50000 from contacts */",
           "select 1 /*M! from contacts */",
           "select 1 /*M!100100 from contacts */",
           "select '\\' from contacts -- '",
           "select \"\\\" from contacts -- \"",
           "select 'a' 'b' from contacts",
           "select _utf8'a'",
           "select _utf8 'a' from contacts",
           "select n'a'",
           "select u&'\\0061'",
           "select b'1'",
           "select 0x41 from contacts",
           "select 1and 1",
           "select 1_000",
           "select $1",
           "select $x$ from contacts $x$",
           "select `id` from foo_notes",
           "select {d '2020-01-01'}",
           "select [id] from foo_notes",
           "select 1 # from contacts",
           "select id from foo_notes\\g",
           "select :a from contacts",
           "select (1",
           "select 1)",
           "select 1) from contacts where (1 = 1",
           "select id from foo_notes where (id = 1)) or (select 1 from contacts",
       })
    expect_invalid(sql);
  // A text, or nothing.
  const std::string quotes = "select '\\'' from contacts; -- '";
  if (!refusal(quotes)) {
    EXPECT_EQ(rows(quotes)[0][0].text, "\\' from contacts; -- ");
  }
  run("insert into foo_notes (id, body) values (1, 'a')");
  // A comment for all of them, or for none.
  EXPECT_EQ(rows("select 1 --1 from contacts\n")[0][0].integer, 1);
  EXPECT_EQ(rows("select 1 /*+ set_var(sql_mode='') */ from foo_notes")[0][0].integer, 1);
  EXPECT_EQ(rows("select 5 - - 1")[0][0].integer, 6);
  EXPECT_EQ(rows("select '--', '/*', body from foo_notes -- x\n where id = 1")[0][2].text, "a");
}

class ServerPluginHostileTest : public PluginHostileTest {};

// Harmless on SQLite.
TEST_F(ServerPluginHostileTest, WhatOnlyServersUnderstandIsRefusedThere) {
  for (const char* sql : {
           "with y as (select * from x), x as (select 1) select * from y",
           "select * from \"FOO_NOTES\"",
           "select cast('contacts' as regclass)",
           "select cast(1 as unsigned)",
           "select \"lower\"('X')",
           "select \"ctid\" from foo_notes",
           "select 1.e5",
           "select id from foo_notes offset 1",
           "select sql_calc_found_rows \"x\".id from foo_notes",
       })
    expect_invalid(sql);
  EXPECT_NE(failure("create table pp_a (like contacts)"), "");
  EXPECT_NE(failure("create table pp_a (id bigint generated always as (sleep(1)) stored)"), "");
  EXPECT_NE(failure("create table pp_a (id regclass)"), "");
  EXPECT_NE(failure("create table pp_a (id bigint default (sleep(1)))"), "");
  EXPECT_NE(failure("create table pp_a (id bigint default current_user)"), "");
  EXPECT_NE(failure("create table pp_a (id bigint, key x (id))"), "");
  EXPECT_NE(failure("create table pp_a (id bigint auto_increment primary key)"), "");
  EXPECT_NE(failure("create table pp_a (id bigint, constraint contacts_x unique (id))"), "");
  EXPECT_EQ(relations("pp"), "");
}

TEST_F(PluginHostileTest, NoTableIsTiedToAnothersOrLaidElsewhere) {
  const std::string before = relations();
  for (const char* sql : {
           "create table pp_a like contacts",
           "create table pp_a (id bigint) inherits (contacts)",
           "create table pp_a (id bigint) engine = myisam",
           "create table pp_a (id bigint) engine = connect file_name = '/etc/passwd'",
           "create table pp_a (id bigint) data directory = '/tmp'",
           "create table pp_a (id bigint) tablespace x",
           "create table pp_a (id bigint) with (autovacuum_enabled = false)",
           "create table pp_a partition of contacts default",
           "create table pp_a (id bigint) partition by hash (id)",
           "create table pp_a (id bigint references public.contacts (id))",
           "create table pp_a (id bigint, foreign key (id) references contacts (id))",
           "create table pp_a (id bigint default nextval('x'))",
           "create table pp_a (id bigint check (pg_sleep(1) is null))",
           "create table pp_a (id bigint); drop table pp_a, contacts",
           "create table pp_a (id bigint); drop table pp_a cascade",
           "create table pp_a (id bigint); alter table pp_a inherit contacts",
           "create table pp_a (id bigint); alter table pp_a owner to postgres",
           "create table pp_a (id bigint); alter table pp_a set schema pg_catalog",
           "create table pp_a (id bigint); alter table pp_a engine = memory",
           "create table pp_a (id bigint); alter table pp_a exchange partition p with table "
           "contacts",
           "create table pp_a (id bigint); alter table pp_a add column b bigint, rename to "
           "contacts",
           "create table pp_a (id bigint); alter table pp_a rename to contacts",
           "create table pp_a (id bigint); create index pp_i on pp_a (id) tablespace x",
           "create table pp_a (id bigint); create index pp_i on pp_a ((sleep(1)))",
           "create table pp_a (id bigint); create index pp_i on pp_a using gist (id)",
           "alter table pp_none add column x bigint",
           "create index pp_i on pp_none (id)",
           "drop index pp_none",
           "create table pp_a (id bigint); insert into pp_a select id from contacts",
           "create table pp_a (id bigint); insert into pp_a (id) values (pg_sleep(1))",
       })
    EXPECT_NE(failure(sql), "") << sql;
  EXPECT_TRUE(relations() == before);
  EXPECT_EQ(column("select name from plugin_tables where plugin = 'pp' order by name"), "");
}

// The name begins as the plugin's own do, but the index is another's.
TEST_F(PluginHostileTest, AnIndexGoesWithItsTablesOwner) {
  const std::string first = "create table foo_bar_secrets (id bigint, word text)";
  migrate("foo_bar",
          {{1, "first", first}, {2, "index", "create index foo_bar_i on foo_bar_secrets (id)"}});
  const std::vector<PluginMigration> steal{
      {1, "first",
       "create table foo_notes (id bigint primary key, body text, weight double precision); create "
       "table foo_tags (id bigint primary key, note bigint references foo_notes (id) on delete "
       "cascade);"},
      {2, "steal", "drop index foo_bar_i"}};
  const auto e = error_in([&] { migrate("foo", steal); });
  ASSERT_TRUE(e);
  EXPECT_EQ(e->kind(), ErrorKind::invalid) << e->what();
  migrate("foo_bar", {{1, "first", first},
                      {2, "index", "create index foo_bar_i on foo_bar_secrets (id)"},
                      {3, "gone", "drop index foo_bar_i"}});
}

}  // namespace
}  // namespace gardu::storage::testing
