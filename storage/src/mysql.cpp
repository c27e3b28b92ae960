// SPDX-License-Identifier: Apache-2.0
// The dialect of MySQL and MariaDB.
#include <soci/mysql/soci-mysql.h>

#include <memory>

#include "dialect.hpp"
#include "mysql_codes.hpp"
#include "mysql_plugin.hpp"
#include "words.hpp"

namespace gardu::storage {
namespace {

MYSQL* raw(soci::session& session) {
  auto* backend = static_cast<soci::mysql_session_backend*>(session.get_backend());
  return backend ? backend->conn_ : nullptr;
}

void execute(soci::session& session, const std::string& sql) {
  if (mysql_real_query(raw(session), sql.data(), sql.size()) != 0)
    throw soci::mysql_soci_error(mysql_error(raw(session)),
                                 static_cast<int>(mysql_errno(raw(session))));
  if (MYSQL_RES* rows = mysql_store_result(raw(session))) mysql_free_result(rows);
}

// The text of a query in boolean mode needs words of the index: runs of letters, digits and '_'.
bool in_word(char c) {
  const auto u = static_cast<unsigned char>(c);
  return u >= 0x80 || (u >= '0' && u <= '9') || (u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z') ||
         u == '_';
}

class Mysql final : public Dialect {
 public:
  void open(soci::session& session, const Options& options) const override {
    const bool told = options.dsn.find("charset=") != std::string::npos;
    session.open(soci::mysql, options.dsn + (told ? "" : " charset=utf8mb4"));
    execute(session,
            "set session sql_mode = 'ANSI_QUOTES,STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,"
            "NO_ENGINE_SUBSTITUTION', innodb_ft_enable_stopword = 0, "
            "innodb_lock_wait_timeout = 20, time_zone = '+00:00'");
  }
  const std::vector<Migration>& migrations() const override { return mysql_migrations(); }
  // One statement after the other, each in effect at once; so an attempt that came to no end has
  // done some of it already.
  void run_script(soci::session& session, std::string_view sql) const override {
    static constexpr std::string_view kTable = "{{table}}";
    const std::string table = mysql_table_options(raw(session));
    while (!sql.empty()) {
      const auto end = std::min(sql.find(";\n"), sql.size());
      std::string one(sql.substr(0, end));
      sql.remove_prefix(std::min(sql.size(), end + 2));
      for (auto at = one.find(kTable); at != std::string::npos; at = one.find(kTable, at))
        one.replace(at, kTable.size(), table);
      if (one.find_first_not_of(" \n") == std::string::npos) continue;
      try {
        execute(session, one);
      } catch (const soci::mysql_soci_error& e) {
        constexpr unsigned kColumnIsThere = 1060, kIndexIsThere = 1061;
        if (e.err_num_ != kColumnIsThere && e.err_num_ != kIndexIsThere) throw;
      }
    }
  }
  const char* has_migrations() const override {
    return "select count(*) from information_schema.tables where table_schema = database() and "
           "table_name = 'schema_migrations'";
  }
  // What defines tables ends transactions, so the lock is the session's.
  const char* begin_migration() const override { return "start transaction"; }
  const char* lock_migration() const override {
    return "select get_lock(concat('gardu migration ', database()), 3600)";
  }
  const char* end_migration() const override {
    return "select release_lock(concat('gardu migration ', database()))";
  }
  const char* begin_write() const override { return "start transaction"; }
  const char* lock_writers() const override {
    return "select get_lock(concat('gardu writer ', database()), 20)";
  }
  const char* unlock_writers() const override {
    return "select release_lock(concat('gardu writer ', database()))";
  }
  const char* begin_read() const override {
    return "start transaction with consistent snapshot, read only";
  }
  bool defines_in_transactions() const override { return false; }
  std::string place_of(const Options& options) const override {
    return "MySQL " + words_of(options.dsn, {"host", "port", "db", "dbname", "unix_socket"});
  }
  bool in_transaction(soci::session& session) const override {
    return (raw(session)->server_status & SERVER_STATUS_IN_TRANS) != 0;
  }
  void backup(soci::session&, const std::string&) const override {
    throw Error(ErrorKind::other, "MySQL has a tool of its own for backups: mariadb-dump");
  }
  Error translate(soci::session&, const soci::soci_error& e,
                  const Options& options) const override {
    const std::string place = place_of(options);
    const auto* own = dynamic_cast<const soci::mysql_soci_error*>(&e);
    if (own == nullptr) return {ErrorKind::other, place + ": " + e.get_error_message()};
    const auto code = static_cast<unsigned>(own->err_num_);
    const ErrorKind kind = mysql_kind_of(code);
    std::string text = "error " + std::to_string(code);
    if (kind == ErrorKind::unavailable) text = "cannot be reached (" + text + ")";
    // Its texts quote values: of a duplicate, of what does not fit.
    const bool duplicate = mysql_is_duplicate(code);
    const std::string what = own->get_error_message();
    if (const auto key = what.find(" for key "); duplicate && key != std::string::npos)
      text = "duplicate entry" + what.substr(key);
    if ((kind == ErrorKind::constraint && !duplicate) ||
        (kind == ErrorKind::other && code != 1366 && code != 1406))
      text = what;
    return {kind, place + ": " + text, duplicate};
  }

  const char* last_outbox_id() const override { return "select last_insert_id()"; }
  const char* clock() const override {
    return "select cast(floor(unix_timestamp(sysdate(3)) * 1000) as signed)";
  }
  const char* lock_journal_counter() const override {
    return "select value from counters where name = 'journal' for update";
  }
  const char* upsert_cursor() const override {
    return "insert into cursors (plugin, seq) values (:a, :b) "
           "on duplicate key update seq = values(seq)";
  }
  const char* upsert_idempotency() const override {
    return "replace into idempotency (workspace_id, \"key\", route, request_hash, status, body, "
           "expires_at) values (:a, :b, :c, :d, :e, :f, :g)";
  }
  const char* upsert_membership() const override {
    return "insert into memberships (workspace_id, user_id, role, created_at) "
           "values (:a, :b, :c, :d) on duplicate key update role = values(role)";
  }
  const char* upsert_node() const override {
    return "insert into nodes (id, started_at, last_seen_at) values (:a, :b, :c) on duplicate key "
           "update started_at = values(started_at), last_seen_at = values(last_seen_at)";
  }
  const char* upsert_backlog() const override {
    return "replace into event_backlog (plugin, seq, lane, state, attempts, not_before, error, "
           "updated_at) values (:a, :b, :c, :d, :e, :f, :g, :h)";
  }
  const char* upsert_plugin_kv() const override {
    return "replace into plugin_kv (plugin, \"key\", value, expires_at, updated_at) "
           "values (:a, :b, :c, :d, :e)";
  }
  const char* upsert_plugin_settings() const override {
    return "replace into plugin_settings (workspace_id, plugin, settings, updated_at) "
           "values (:a, :b, :c, :d)";
  }
  std::string contains(std::string_view column, std::string_view parameter) const override {
    return std::string(column) + " collate utf8mb4_unicode_ci like " + std::string(parameter) +
           " escape '!'";
  }
  std::string has_element(std::string_view column, std::string_view parameter) const override {
    return "exists (select 1 from json_table(" + std::string(column) +
           ", '$[*]' columns (element longtext character set utf8mb4 path '$')) as elements where "
           "cast(element as binary) = cast(" +
           std::string(parameter) + " as binary))";
  }
  const char* text_condition() const override {
    return "match (body) against (:q in boolean mode)";
  }
  const char* unread(bool wanted) const override {
    return wanted ? "is_unread = 1" : "is_unread = 0";
  }
  // Its index has no words of one or two letters: they narrow nothing, unless they may be the
  // beginning of a longer one.
  std::string text_query(std::string_view typed) const override {
    std::vector<std::string> words;
    for (std::size_t i = 0; i < typed.size();) {
      std::size_t end = i;
      while (end < typed.size() && in_word(typed[end])) ++end;
      if (end > i) words.emplace_back(typed.substr(i, end - i));
      i = std::max(end, i + 1);
    }
    std::string out;
    for (std::size_t i = 0; i < words.size(); ++i) {
      const bool last = i + 1 == words.size();
      if (!last && words[i].size() < 3) continue;
      out += (out.empty() ? "+" : " +") + words[i] + (last ? "*" : "");
    }
    return out;
  }

  std::unique_ptr<PluginRunner> plugin_runner(soci::session& session) const override {
    return mysql_plugin_runner(raw(session));
  }
  const char* table_names() const override {
    return "select lower(table_name) from information_schema.tables where "
           "table_schema = database() and table_type = 'BASE TABLE'";
  }
  const char* has_relation() const override {
    return "select count(*) from information_schema.tables where table_schema = database() and "
           "lower(table_name) = :a";
  }
  const char* referenced_tables() const override {
    return "select lower(referenced_table_name) from information_schema.referential_constraints "
           "where constraint_schema = database() and lower(table_name) = :a";
  }
};

}  // namespace

const Dialect& mysql_dialect() {
  static const Mysql kDialect;
  return kDialect;
}

}  // namespace gardu::storage
