// SPDX-License-Identifier: Apache-2.0
//
// A database in which the plugins "foo" and "foo_bar" have tables, and short ways to ask them.
#pragma once
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/plugin_sql.hpp"
#include "support.hpp"

namespace gardu::storage::testing {

using Cells = std::vector<std::vector<SqlValue>>;

inline SqlValue integer_value(std::int64_t v) { return {SqlValue::Kind::integer, v, 0, {}}; }
inline SqlValue real_value(double v) { return {SqlValue::Kind::real, 0, v, {}}; }
inline SqlValue text_value(std::string v) { return {SqlValue::Kind::text, 0, 0, std::move(v)}; }

class PluginSqlFixture : public StorageTest {
 protected:
  PluginSqlFixture() {
    migrate("foo", {{1, "first",
                     "create table foo_notes (id bigint primary key, body text, weight double "
                     "precision); create table foo_tags (id bigint primary key, note bigint "
                     "references foo_notes (id) on delete cascade);"}});
    migrate("foo_bar", {{1, "first", "create table foo_bar_secrets (id bigint, word text)"}});
    run("insert into foo_bar_secrets (id, word) values (1, 's3cret')", {}, "foo_bar");
    add_contact("a", "c", "+1");
  }

  void migrate(const std::string& plugin, const std::vector<PluginMigration>& migrations) {
    plugin_sql::migrate(db(), plugin, migrations);
  }
  // In a transaction.
  std::int64_t run(std::string_view sql, const std::vector<SqlValue>& values = {},
                   const std::string& plugin = "foo", const plugin_sql::Limits& limits = {}) {
    std::int64_t changed = 0;
    write([&](Transaction& tx) {
      changed = plugin_sql::execute(tx, plugin, sql, values, {}, limits);
    });
    return changed;
  }
  // On a reading session.
  Cells rows(std::string_view sql, const std::vector<SqlValue>& values = {},
             const std::string& plugin = "foo", const plugin_sql::Limits& limits = {}) {
    Cells out;
    db().read([&](Session& s) {
      const auto keep = [&](std::span<const SqlValue> cells) {
        out.emplace_back(cells.begin(), cells.end());
        return true;
      };
      EXPECT_EQ(plugin_sql::execute(s, plugin, sql, values, keep, limits), 0);
    });
    return out;
  }
  std::int64_t count(const std::string& table) {
    return rows("select count(*) from " + table).at(0).at(0).integer;
  }

  // The first column of all rows; `query` has an order.
  std::string column(const std::string& query) const {
    std::string out;
    for (int i = 0;; ++i) {
      const std::string cell = sql(query + " limit 1 offset " + std::to_string(i));
      if (cell.empty()) return out;
      out += (out.empty() ? "" : ",") + cell;
    }
  }
  // All tables and views whose names begin so, with their columns, whatever the engine.
  std::string relations(const std::string& prefix = {}) const {
    if (backend() == "sqlite3")
      return sql("select group_concat(sql) from sqlite_master where name like '" + prefix + "%'");
    const std::string cell = "concat(table_name, '.', column_name, ' ', data_type)";
    const std::string from = " from information_schema.columns where table_name like '" + prefix +
                             "%' and table_schema = ";
    return backend() == "mysql"
               ? sql("select group_concat(" + cell + " order by 1)" + from + "database()")
               : sql("select string_agg(" + cell + ", ',' order by table_name, column_name)" +
                     from + "current_schema()");
  }

  template <class F>
  static std::optional<Error> error_in(F&& body) {
    try {
      body();
    } catch (const Error& e) {
      return e;
    }
    return std::nullopt;
  }
  // Nothing: it was taken. Else the kind, whichever way it is run.
  std::optional<Error> refusal(std::string_view sql, const std::vector<SqlValue>& values = {}) {
    const auto written = error_in([&] { run(sql, values); });
    if (plugin_sql::reads_only(sql)) {
      const auto read = error_in([&] { rows(sql, values); });
      EXPECT_EQ(written.has_value(), read.has_value()) << sql;
    }
    return written;
  }
  void expect_invalid(std::string_view sql) {
    const auto e = refusal(sql);
    ASSERT_TRUE(e) << "taken: " << sql;
    EXPECT_EQ(e->kind(), ErrorKind::invalid) << sql << ": " << e->what();
    EXPECT_EQ(std::string(e->what()).find("s3cret"), std::string::npos) << e->what();
  }
};

}  // namespace gardu::storage::testing
