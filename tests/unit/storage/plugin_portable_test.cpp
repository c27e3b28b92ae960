// SPDX-License-Identifier: Apache-2.0
// What plugins' statements answer is the same on every engine.
#include "plugin_sql_support.hpp"

namespace gardu::storage::testing {
namespace {

class PluginPortableTest : public PluginSqlFixture {
 protected:
  SqlValue cell(std::string_view sql, const std::vector<SqlValue>& values = {}) {
    const auto found = rows(sql, values);
    return found.empty() || found[0].empty() ? SqlValue{} : found[0][0];
  }
  std::int64_t integer(std::string_view sql, const std::vector<SqlValue>& values = {}) {
    const SqlValue v = cell(sql, values);
    EXPECT_EQ(v.kind, SqlValue::Kind::integer) << sql;
    return v.integer;
  }
  std::string text(std::string_view sql, const std::vector<SqlValue>& values = {}) {
    const SqlValue v = cell(sql, values);
    EXPECT_EQ(v.kind, SqlValue::Kind::text) << sql;
    return v.text;
  }
};

TEST_F(PluginPortableTest, NumbersOfExpressionsAreNumbers) {
  run("insert into foo_notes (id, body, weight) values (1, 'a', 0.5), (2, 'b', 1.5), (3, null, "
      "null)");
  EXPECT_EQ(integer("select count(*) from foo_notes"), 3);
  EXPECT_EQ(integer("select sum(id) from foo_notes"), 6);
  EXPECT_EQ(integer("select max(id) - min(id) from foo_notes"), 2);
  EXPECT_EQ(integer("select 1 = 1"), 1);
  EXPECT_EQ(integer("select id + :n from foo_notes where id = 1", {integer_value(1LL << 40)}),
            (1LL << 40) + 1);
  EXPECT_EQ(integer("select 7 % 4"), 3);
  EXPECT_EQ(integer("select cast('12' as bigint)"), 12);
  EXPECT_EQ(cell("select avg(weight) from foo_notes").real, 1.0);
  EXPECT_EQ(cell("select sum(weight) from foo_notes").real, 2.0);
  EXPECT_EQ(cell("select cast(id as double precision) from foo_notes where id = 2").real, 2.0);
  EXPECT_EQ(cell("select max(id) from foo_notes where id > 9").kind, SqlValue::Kind::null);
}

TEST_F(PluginPortableTest, ParametersAreWhatTheyAreBoundAs) {
  EXPECT_EQ(integer("select :a", {integer_value(-5)}), -5);
  EXPECT_EQ(cell("select :a", {real_value(0.25)}).real, 0.25);
  EXPECT_EQ(text("select :a", {text_value("x")}), "x");
  EXPECT_EQ(cell("select :a", {SqlValue{}}).kind, SqlValue::Kind::null);
  EXPECT_EQ(integer("select :a + :b", {integer_value(1LL << 40), integer_value(2)}),
            (1LL << 40) + 2);
  run("insert into foo_notes (id, body, weight) values (:a, :b, :c)",
      {integer_value(1), text_value("abc"), integer_value(2)});
  EXPECT_EQ(integer("select count(*) from foo_notes where :a is null or body = :b",
                    {SqlValue{}, text_value("none")}),
            1);
  EXPECT_EQ(integer("select count(*) from foo_notes where :a = '' or body = :b",
                    {text_value("x"), text_value("abc")}),
            1);
  EXPECT_EQ(
      text("select substr(body, :from, :n) from foo_notes", {integer_value(2), integer_value(1)}),
      "b");
  EXPECT_EQ(
      rows("select id from foo_notes limit :n offset :m", {integer_value(1), integer_value(0)})
          .size(),
      1U);
  EXPECT_EQ(integer("select case when weight > :a then :b else :c end from foo_notes",
                    {real_value(1.5), integer_value(7), integer_value(8)}),
            7);
  // The same text again, with a value of another kind.
  EXPECT_EQ(run("update foo_notes set weight = :a", {real_value(0.5)}), 1);
  EXPECT_EQ(run("update foo_notes set weight = :a", {SqlValue{}}), 1);
  EXPECT_EQ(run("update foo_notes set weight = :a", {integer_value(3)}), 1);
  EXPECT_EQ(cell("select weight from foo_notes").real, 3.0);
}

TEST_F(PluginPortableTest, TextsAreComparedByTheirBytesAndCountedInCharacters) {
  run("insert into foo_notes (id, body) values (1, 'Ab'), (2, 'ab'), (3, 'ab '), (4, :e)",
      {text_value("\xc3\xa9t\xc3\xa9")});
  EXPECT_EQ(integer("select count(*) from foo_notes where body = 'ab'"), 1);
  EXPECT_EQ(integer("select count(*) from foo_notes where body = :a", {text_value("AB")}), 0);
  EXPECT_EQ(integer("select count(*) from foo_notes where lower(body) = 'ab'"), 2);
  EXPECT_EQ(integer("select count(distinct body) from foo_notes"), 4);
  EXPECT_EQ(integer("select length(body) from foo_notes where id = 4"), 3);
  EXPECT_EQ(integer("select case when 'a' = 'A' then 1 else 0 end"), 0);
  EXPECT_EQ(text("select body || '-' || cast(id as text) from foo_notes where id = 1"), "Ab-1");
  EXPECT_EQ(text("select upper(trim(body)) from foo_notes where id = 3"), "AB");
  EXPECT_EQ(text("select replace(body, 'b', 'x') from foo_notes where id = 2"), "ax");
  EXPECT_EQ(text("select max(body) from foo_notes where id < 4"), "ab ");
  EXPECT_EQ(integer("select count(*) from foo_notes where body like 'a!%' escape '!'"), 0);
  EXPECT_EQ(integer("SELECT COUNT(*) FROM Foo_Notes AS N WHERE n.ID = 1"), 1);
}

TEST_F(PluginPortableTest, ARowThatIsThereAlreadyIsKeptOrChanged) {
  const auto upsert = [&](std::int64_t id, const std::string& body) {
    return run(
        "insert into foo_notes (id, body) values (:a, :b) on conflict (id) do update set "
        "body = excluded.body, weight = coalesce(foo_notes.weight, 0) + 1",
        {integer_value(id), text_value(body)});
  };
  EXPECT_EQ(upsert(1, "a"), 1);
  EXPECT_EQ(upsert(1, "b"), 1);
  EXPECT_EQ(upsert(1, "b"), 1);
  EXPECT_EQ(text("select body from foo_notes"), "b");
  EXPECT_EQ(cell("select weight from foo_notes").real, 2.0);
  const auto keep = [&](const std::string& values) {
    return run("insert into foo_notes (id, body) values " + values +
               " on conflict (id) do nothing");
  };
  EXPECT_EQ(keep("(1, 'c')"), 0);
  EXPECT_EQ(keep("(2, 'c')"), 1);
  EXPECT_EQ(keep("(2, 'd'), (3, 'd'), (4, 'd')"), 2);
  EXPECT_EQ(keep("(2, 'd'), (3, 'd')"), 0);
  EXPECT_EQ(run("insert into foo_notes (id, body) values (1, 'z'), (9, 'z') on conflict (id) do "
                "update set \"body\" = excluded.\"body\""),
            2);
  EXPECT_EQ(run("insert into foo_tags (id) select id from foo_notes where id < 3 on conflict (id) "
                "do update set note = excluded.id"),
            2);
  EXPECT_EQ(column("select body from foo_notes order by id"), "z,c,d,d,z");
  const auto e =
      refusal("insert into foo_tags (id, note) values (8, 77) on conflict (id) do nothing");
  ASSERT_TRUE(e);  // not what the clause is for
  EXPECT_EQ(e->kind(), ErrorKind::constraint);
}

TEST_F(PluginPortableTest, ChangedRowsAreThoseThatWereFound) {
  run("insert into foo_notes (id, body) values (1, 'a'), (2, 'a')");
  EXPECT_EQ(run("update foo_notes set body = 'a'"), 2);
  EXPECT_EQ(run("update foo_notes set body = 'b' where id > 5"), 0);
  EXPECT_EQ(run("delete from foo_notes where id = 2 returning id"), 1);
  EXPECT_EQ(run("delete from foo_notes"), 1);
}

TEST_F(PluginPortableTest, LongTextsAreWhole) {
  const std::string large(3'000'000, 'x');
  run("insert into foo_notes (id, body) values (1, :a)", {text_value(large)});
  EXPECT_EQ(text("select body from foo_notes"), large);
  EXPECT_EQ(text("select substr(body, 1, 200) from foo_notes"), large.substr(0, 200));
}

// The statement is kept prepared; its table changes.
TEST_F(PluginPortableTest, AKeptStatementSeesANewColumn) {
  const std::string first = "create table pp_a (id bigint)";
  const std::string select = "select * from pp_a";
  migrate("pp", {{1, "first", first}});
  run("insert into pp_a (id) values (1)", {}, "pp");
  EXPECT_EQ(rows(select, {}, "pp")[0].size(), 1U);
  write([&](Transaction& tx) { plugin_sql::execute(tx, "pp", select, {}, {}); });
  migrate("pp", {{1, "first", first}, {2, "second", "alter table pp_a add column b bigint"}});
  EXPECT_EQ(rows(select, {}, "pp")[0].size(), 2U);
  std::size_t cells = 0;
  write([&](Transaction& tx) {
    plugin_sql::execute(tx, "pp", select, {}, [&](std::span<const SqlValue> row) {
      cells = row.size();
      return true;
    });
  });
  EXPECT_EQ(cells, 2U);
}

TEST_F(PluginPortableTest, AfterAFailureTheSessionIsAsItWas) {
  run("insert into foo_notes (id, body) values (1, 'abc')");
  db().read([&](Session& s) {
    for (const char* bad : {"select nobody from foo_notes", "select count(*) from foo_none",
                            "select id from foo_notes where"}) {
      EXPECT_TRUE(error_in([&] { plugin_sql::execute(s, "foo", bad, {}, {}); })) << bad;
      int seen = 0;
      plugin_sql::execute(s, "foo", "select id from foo_notes", {},
                          [&](std::span<const SqlValue>) { return ++seen > 0; });
      EXPECT_EQ(seen, 1);
    }
  });
}

}  // namespace
}  // namespace gardu::storage::testing
