// SPDX-License-Identifier: Apache-2.0
// The dialect of SQLite.
#include <fcntl.h>
#include <soci/sqlite3/soci-sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "dialect.hpp"
#include "sqlite3_backup.hpp"
#include "sqlite3_codes.hpp"
#include "sqlite3_plugin.hpp"
#include "sqlite3_text.hpp"

namespace gardu::storage {
namespace {

// Null when the session never came to be connected.
sqlite_api::sqlite3* raw(soci::session& session) {
  auto* backend = static_cast<soci::sqlite3_session_backend*>(session.get_backend());
  return backend ? backend->conn_ : nullptr;
}

// Makes the file, so that nobody else can read it, whatever the umask. False: it is there already,
// and then it is not even opened: closing any descriptor of a database drops the locks that this
// process holds on it, and another one would take the file for abandoned and delete its log.
bool create_private(const std::string& file) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  ::close(fd);
  return true;
}

// Runs every statement of the text; SOCI's own call would run only the first.
void execute(soci::session& session, const std::string& sql) {
  const int code = sqlite_api::sqlite3_exec(raw(session), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK)
    throw soci::sqlite3_soci_error(sqlite_api::sqlite3_errmsg(raw(session)), code);
}

// SOCI's connection is made anew without a lock around each call: a session is used by one thread
// at a time. (Stopping a statement from another thread needs none.)
void open_unlocked(soci::session& session, const std::string& file) {
  constexpr int kPatience = 10'000;  // milliseconds
  sqlite_api::sqlite3* made = nullptr;
  const int code = sqlite_api::sqlite3_open_v2(
      file.c_str(), &made, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
      nullptr);
  if (code != SQLITE_OK) {
    const std::string text = sqlite_api::sqlite3_errstr(code);
    sqlite_api::sqlite3_close(made);
    throw soci::sqlite3_soci_error(text, code);
  }
  sqlite_api::sqlite3_busy_timeout(made, kPatience);
  auto* backend = static_cast<soci::sqlite3_session_backend*>(session.get_backend());
  sqlite_api::sqlite3_close(std::exchange(backend->conn_, made));
}

// Pages in the log at which they are copied into the database. More of them means fewer copies of
// the pages that change all the time; reading and recovering need longer, but for some
// milliseconds.
constexpr int kLogPages = 4000;

int note_log(void* later, sqlite_api::sqlite3*, const char*, int pages) {
  static_cast<Upkeep*>(later)->log_pages = pages;
  return SQLITE_OK;
}

class Sqlite3 final : public Dialect {
 public:
  void open(soci::session& session, const Options& options) const override {
    if (options.dsn.empty() || options.dsn.find('"') != std::string::npos)
      throw Error(ErrorKind::other,
                  "storage.dsn is '" + options.dsn + "': expected the path of a file");
    create_private(options.dsn);
    session.open(soci::sqlite3, "db=\"" + options.dsn + "\" timeout=10");  // seconds
    open_unlocked(session, options.dsn);
    execute(session, "pragma journal_mode = wal");
    execute(session, "pragma synchronous = " + options.synchronous);  // one of three words
    execute(session,
            "pragma foreign_keys = on; pragma temp_store = memory; "
            "pragma cache_size = -8192; pragma journal_size_limit = 67108864");
  }
  const std::vector<Migration>& migrations() const override { return sqlite3_migrations(); }
  void run_script(soci::session& session, std::string_view sql) const override {
    execute(session, std::string(sql));
  }
  const char* has_migrations() const override {
    return "select count(*) from sqlite_master where name = 'schema_migrations'";
  }
  const char* begin_migration() const override { return "begin immediate"; }
  const char* begin_write() const override { return "begin immediate"; }
  const char* begin_read() const override { return "begin"; }
  bool many_writers() const override { return false; }  // begin immediate lets one in
  void defer_upkeep(soci::session& session, Upkeep& later) const override {
    // It takes the place of the engine's own hook, which copies within the commit.
    sqlite_api::sqlite3_wal_hook(raw(session), &note_log, &later);
  }
  void upkeep(soci::session& session, Upkeep& later) const override {
    if (later.log_pages < kLogPages) return;
    // What cannot be copied yet stays in the log, and is tried again after the next commit.
    sqlite_api::sqlite3_wal_checkpoint_v2(raw(session), "main", SQLITE_CHECKPOINT_PASSIVE, nullptr,
                                          nullptr);
    later.log_pages = 0;
  }
  std::string place_of(const Options& options) const override { return options.dsn; }
  std::string identity(const Options& options) const override {
    struct stat found {};
    if (::stat(options.dsn.c_str(), &found) != 0) return {};
    return std::to_string(found.st_dev) + ":" + std::to_string(found.st_ino);
  }
  void check_place(soci::session& session, const Options& options) const override {
    int moved = 0;
    const int code =
        sqlite_api::sqlite3_file_control(raw(session), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    if (code == SQLITE_OK && moved != 0)
      throw Error(ErrorKind::unavailable,
                  options.dsn + ": the file was deleted or moved while it was in use");
  }
  bool in_transaction(soci::session& session) const override {
    return sqlite_api::sqlite3_get_autocommit(raw(session)) == 0;
  }
  void backup(soci::session& session, const std::string& file) const override {
    sqlite3_backup_to(raw(session), file);
  }
  Error translate(soci::session& session, const soci::soci_error& e,
                  const Options& options) const override {
    const auto* s = dynamic_cast<const soci::sqlite3_soci_error*>(&e);
    if (s == nullptr) return {ErrorKind::other, options.dsn + ": " + e.get_error_message()};
    // The engine's own message names tables and columns, never values.
    std::string text = sqlite_api::sqlite3_errstr(s->result());
    bool duplicate = false;
    if (auto* connection = raw(session);
        connection && (sqlite_api::sqlite3_errcode(connection) & 0xff) == (s->result() & 0xff)) {
      text = sqlite_api::sqlite3_errmsg(connection);
      duplicate = sqlite3_is_duplicate(sqlite_api::sqlite3_extended_errcode(connection));
    }
    return {sqlite3_kind_of(s->result()), options.dsn + ": " + text, duplicate};
  }

  const char* last_outbox_id() const override { return "select last_insert_rowid()"; }
  const char* lock_journal_counter() const override {
    return "select value from counters where name = 'journal'";  // the write lock is held already
  }
  std::string contains(std::string_view column, std::string_view parameter) const override {
    return std::string(column) + " like " + std::string(parameter) + " escape '!'";
  }
  std::string has_element(std::string_view column, std::string_view parameter) const override {
    return "exists (select 1 from json_each(" + std::string(column) +
           ") as element where element.value = " + std::string(parameter) + ")";
  }
  const char* body_of_new_message() const override {
    return "select +n, body from message_bodies where n = last_insert_rowid()";
  }
  const char* index_body() const override {
    return "insert into message_text (rowid, body) values (:a, :b)";
  }
  const char* text_condition() const override {
    return "n in (select rowid from message_text where message_text match :q)";
  }
  // The full text index gives them in their order, as many as are taken.
  const char* search_from() const override {
    return "message_text cross join messages on messages.n = message_text.rowid where ";
  }
  const char* search_condition() const override { return "message_text.message_text match :q"; }
  const char* search_order() const override { return "message_text.rowid"; }
  std::string narrowing(std::string_view column) const override {
    return "+" + std::string(column);
  }
  std::string text_query(std::string_view typed) const override { return sqlite3_text(typed); }

  std::unique_ptr<PluginRunner> plugin_runner(soci::session& session) const override {
    return sqlite3_plugin_runner(raw(session));
  }
  const char* table_names() const override {
    return "select lower(name) from sqlite_master where type = 'table' and name not like "
           "'sqlite!_%' escape '!'";
  }
  const char* has_relation() const override {
    return "select count(*) from sqlite_master where name = :a collate nocase";
  }
  const char* referenced_tables() const override {
    return "select lower(\"table\") from pragma_foreign_key_list(:a)";
  }
};

}  // namespace

const Dialect& sqlite3_dialect() {
  static const Sqlite3 kDialect;
  return kDialect;
}

}  // namespace gardu::storage
