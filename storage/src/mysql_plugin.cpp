// SPDX-License-Identifier: Apache-2.0
// Plugins' statements on MySQL and MariaDB, by prepared statements on the server.
#include "mysql_plugin.hpp"

#include <algorithm>
#include <charconv>
#include <list>

#include "mysql_codes.hpp"
#include "mysql_statement.hpp"
#include "plugin_names.hpp"
#include "plugin_schema.hpp"

namespace gardu::storage {
namespace {

// The client's: a table has changed since the statement was prepared.
constexpr unsigned kOtherColumns = 2057;

struct MysqlKept {
  std::string plugin, sql;
  MysqlStatement statement;
};

// Codes whose texts name tables, columns and what is wrong with the SQL, and never a value.
bool tells_no_value(unsigned code) {
  static constexpr unsigned kCodes[] = {1048, 1050, 1051, 1052, 1054, 1055, 1060, 1061, 1064, 1068,
                                        1071, 1072, 1075, 1091, 1093, 1101, 1111, 1118, 1136, 1140,
                                        1146, 1170, 1222, 1241, 1242, 1248, 1264, 1305, 1364, 1406,
                                        1451, 1452, 1582, 1630, 1822, 1824, 1828, 1829, 3819, 4025};
  return std::find(std::begin(kCodes), std::end(kCodes), code) != std::end(kCodes);
}

// The key that a row is a duplicate in: its name stands behind the value.
std::string key_of(const std::string& text) {
  const auto at = text.rfind(" for key ");
  return at == std::string::npos ? std::string() : text.substr(at);
}

Error error_of(const MysqlFailure& failure, const PluginCall& call, std::string_view target) {
  const ErrorKind kind = mysql_kind_of(failure.code);
  if (kind == ErrorKind::timeout)
    return {kind,
            "the statement took longer than " + std::to_string(call.limits.time.count()) + " ms"};
  if (mysql_is_duplicate(failure.code))
    return {kind, "a duplicate in " + std::string(target) + key_of(failure.text), true};
  std::string text = "error " + std::to_string(failure.code);
  if (failure.code == kOtherColumns)
    return {ErrorKind::busy, "a table has changed; the next attempt sees it"};
  if (kind == ErrorKind::unavailable) text = "the connection was lost, or the server is away";
  if (failure.code == 1213) text = "a deadlock, which undid the transaction";
  if (tells_no_value(failure.code)) text = failure.text;
  return {kind == ErrorKind::other ? ErrorKind::invalid : kind, text};
}

class MysqlPluginRunner final : public PluginRunner {
 public:
  explicit MysqlPluginRunner(MYSQL* connection)
      : connection_(connection), mariadb_(is_mariadb(connection)) {
    // Texts are compared by bytes also where no column is, || joins them, and a recursive query
    // ends by the limits alone.
    const char* rest = mariadb_ ? "collation_connection = utf8mb4_nopad_bin, "
                                  "max_recursive_iterations = 4294967295"
                                : "collation_connection = utf8mb4_0900_bin, "
                                  "cte_max_recursion_depth = 4294967295";
    try {
      simple("set session sql_mode = concat(@@sql_mode, ',PIPES_AS_CONCAT'), " + std::string(rest));
    } catch (const MysqlFailure& e) {
      throw error_of(e, {}, {});
    }
  }

  std::int64_t execute(const PluginCall& call, const plugin_sql::OnRow& on_row) override;

 private:
  void simple(const std::string& sql);
  std::int64_t schema(const PluginCall& call);
  std::string table_of_index(const PluginCall& call, const std::string& index);
  std::string limited(const PluginCall& call, const std::string& sql) const;
  MysqlStatement& prepared(const PluginCall& call, const std::string& sql);
  void run(const PluginCall& call, const std::string& sql, PluginRows& rows);
  std::int64_t changed_by(const MysqlStatement& statement, const PluginText& text) const;
  [[noreturn]] void fail(const MysqlFailure& failure, const PluginCall& call,
                         std::string_view target);

  MYSQL* const connection_;
  const bool mariadb_;
  std::list<MysqlKept> kept_;  // the latest used first
};

void MysqlPluginRunner::simple(const std::string& sql) {
  if (mysql_real_query(connection_, sql.data(), sql.size()) != 0)
    throw MysqlFailure{mysql_errno(connection_), mysql_error(connection_)};
  if (MYSQL_RES* rows = mysql_store_result(connection_)) mysql_free_result(rows);
}

// The server undid the statement alone, or the whole transaction; only an answer that is no error
// says which.
void MysqlPluginRunner::fail(const MysqlFailure& failure, const PluginCall& call,
                             std::string_view target) {
  mysql_real_query(connection_, "do 0", 4);
  throw error_of(failure, call, target);
}

// The names are the plugin's own: small letters, digits and underscores.
std::string MysqlPluginRunner::table_of_index(const PluginCall& call, const std::string& index) {
  const std::string sql =
      "select distinct lower(table_name) from information_schema.statistics where table_schema = "
      "database() and index_name = '" +
      index + "'";
  if (mysql_real_query(connection_, sql.data(), sql.size()) != 0)
    throw MysqlFailure{mysql_errno(connection_), mysql_error(connection_)};
  const std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)> result(
      mysql_store_result(connection_), mysql_free_result);
  std::string found;
  while (MYSQL_ROW row = result ? mysql_fetch_row(result.get()) : nullptr)
    if (std::binary_search(call.tables.begin(), call.tables.end(), std::string(row[0])))
      found = row[0];
  return found;
}

std::int64_t MysqlPluginRunner::schema(const PluginCall& call) {
  PluginSchema change = plugin_schema(call, PluginEngine::mysql);
  if (change.sql.empty()) return 0;
  if (change.what == PluginSchema::What::create_table)
    change.sql += ' ' + mysql_table_options(connection_);
  try {
    if (change.what == PluginSchema::What::drop_index) {
      const std::string table = table_of_index(call, change.name);
      if (table.empty())
        throw Error(ErrorKind::invalid, "there is no index '" + change.name + "' of this plugin");
      change.sql += " on " + table;
    }
    simple(change.sql);
  } catch (const MysqlFailure& e) {
    fail(e, call, call.target);
  }
  return 0;
}

// MySQL itself limits the time of reading alone.
std::string MysqlPluginRunner::limited(const PluginCall& call, const std::string& sql) const {
  const auto ms = std::min<std::int64_t>(call.limits.time.count(), 3'600'000);
  if (mariadb_) {
    std::string fraction = std::to_string(ms % 1000);
    fraction.insert(0, 3 - fraction.size(), '0');
    return "set statement max_statement_time=" + std::to_string(ms / 1000) + '.' + fraction +
           " for " + sql;
  }
  if (!sql.starts_with("select")) return sql;
  return "select /*+ max_execution_time(" + std::to_string(ms) + ") */" + sql.substr(6);
}

MysqlStatement& MysqlPluginRunner::prepared(const PluginCall& call, const std::string& sql) {
  for (auto i = kept_.begin(); i != kept_.end(); ++i)
    if (i->sql == sql && i->plugin == call.plugin) {
      kept_.splice(kept_.begin(), kept_, i);
      return i->statement;
    }
  kept_.push_front({std::string(call.plugin), sql, MysqlStatement(connection_, sql)});
  if (kept_.size() > kKept) kept_.pop_back();
  return kept_.front().statement;
}

// An update counts the rows that it found. A row that was there already counts double, or one time
// too many when it stays as it is.
std::int64_t MysqlPluginRunner::changed_by(const MysqlStatement& statement,
                                           const PluginText& text) const {
  if (text.conflict == PluginText::Conflict::fail) return statement.affected();
  const bool keeps = text.conflict == PluginText::Conflict::nothing;
  const auto after = [](std::string_view info, std::string_view word) {
    std::int64_t out = 0;
    const auto at = info.find(word);
    if (at != std::string_view::npos)
      std::from_chars(info.data() + at + word.size(), info.data() + info.size(), out);
    return out;
  };
  if (const char* info = mysql_info(connection_); info != nullptr)  // of several rows
    return after(info, "Records: ") - (keeps ? after(info, "Duplicates: ") : 0);
  if (keeps && statement.last_id() == 1) return 0;
  return std::min<std::int64_t>(statement.affected(), 1);
}

void MysqlPluginRunner::run(const PluginCall& call, const std::string& sql, PluginRows& rows) {
  MysqlStatement& statement = prepared(call, sql);
  try {
    statement.execute(call.parameters, rows);
  } catch (...) {
    kept_.pop_front();  // whatever it was in the middle of is over
    throw;
  }
}

std::int64_t MysqlPluginRunner::execute(const PluginCall& call, const plugin_sql::OnRow& on_row) {
  if (call.schema) return schema(call);
  if (call.limits.time.count() <= 0) throw Error(ErrorKind::timeout, "the statement had no time");
  const PluginText text = plugin_statement(call, PluginEngine::mysql);
  PluginRows rows(call.limits, static_cast<bool>(on_row));
  std::int64_t changed = 0;
  try {
    const std::string sql = limited(call, text.sql);
    try {
      run(call, sql, rows);
    } catch (const MysqlFailure& e) {
      if (e.code != kOtherColumns || !call.reads) throw;
      run(call, sql, rows);
    }
    changed = call.reads ? 0 : changed_by(kept_.front().statement, text);
  } catch (const MysqlFailure& e) {
    fail(e, call, text.target);
  }
  rows.hand_out(on_row);
  return changed;
}

}  // namespace

bool is_mariadb(st_mysql* connection) {
  return std::string_view(mysql_get_server_info(connection)).find("MariaDB") !=
         std::string_view::npos;
}

std::string mysql_table_options(st_mysql* connection) {
  return std::string("engine = InnoDB, default character set = utf8mb4, collate = ") +
         (is_mariadb(connection) ? "utf8mb4_nopad_bin" : "utf8mb4_0900_bin");
}

std::unique_ptr<PluginRunner> mysql_plugin_runner(st_mysql* connection) {
  return std::make_unique<MysqlPluginRunner>(connection);
}

}  // namespace gardu::storage
