// SPDX-License-Identifier: Apache-2.0
//
// What differs between engines: one stateless object each, in one source file each.
#pragma once
#include <soci/soci.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "migrations.hpp"
#include "plugin_runner.hpp"
#include "storage/database.hpp"

namespace gardu::storage {

// What a session has put off; each engine's own.
struct Upkeep {
  int log_pages = 0;  // that were committed, and wait to be copied from the log to the database
};

class Dialect {
 public:
  virtual ~Dialect() = default;

  // Connects and sets the session up.
  virtual void open(soci::session& session, const Options& options) const = 0;
  virtual const std::vector<Migration>& migrations() const = 0;
  // Runs a whole migration file.
  virtual void run_script(soci::session& session, std::string_view sql) const = 0;
  // Answers 1 when the schema's table of migrations exists.
  virtual const char* has_migrations() const = 0;
  // Begins the transaction that migrates, and keeps other processes that want to out of it.
  virtual const char* begin_migration() const = 0;
  // A row, once no other process migrates; null: the beginning waited for that.
  virtual const char* lock_migration() const { return nullptr; }
  // Gives the lock back; null: the commit does.
  virtual const char* end_migration() const { return nullptr; }
  virtual const char* begin_write() const = 0;
  virtual const char* begin_read() const = 0;
  // Tables that are made in a transaction are undone with it.
  virtual bool defines_in_transactions() const { return true; }
  // Other processes may write at the same time: then each transaction that writes begins with the
  // lock of the journal's counter, so that they come one after the other, in the order of seq.
  virtual bool many_writers() const { return true; }
  // Where a row's lock is given back before what was committed can be seen by all: a lock around
  // the transaction instead, and the row's is not needed. Each answers 1.
  virtual const char* lock_writers() const { return nullptr; }
  virtual const char* unlock_writers() const { return nullptr; }
  // `later` lives as long as the session. Neither throws.
  virtual void defer_upkeep(soci::session&, Upkeep& /*later*/) const {}
  virtual void upkeep(soci::session&, Upkeep& /*later*/) const {}
  // What people may know of where the database is: never a password.
  virtual std::string place_of(const Options& options) const = 0;
  virtual bool in_transaction(soci::session& session) const = 0;
  // What tells the place's present database from another one there; empty: nothing is there, or
  // nothing tells. Does not connect.
  virtual std::string identity(const Options&) const { return {}; }
  // Throws an Error when what the session has open is not in its place any more: what it would
  // commit is nobody's.
  virtual void check_place(soci::session&, const Options&) const {}
  virtual void backup(soci::session& session, const std::string& file) const = 0;
  // What went wrong, without any bound value.
  virtual Error translate(soci::session& session, const soci::soci_error& error,
                          const Options& options) const = 0;

  // The engine's time in milliseconds, as it passes within a transaction, too; null: it has none.
  virtual const char* clock() const { return nullptr; }
  // The number that this session's last new row of the outbox got.
  virtual const char* last_outbox_id() const = 0;
  // Reads the journal's counter and keeps others from reading it until the commit.
  virtual const char* lock_journal_counter() const = 0;
  // Rows that are written over the one that is there, if any: parameters in the order of the
  // columns. As two of the engines say it.
  virtual const char* upsert_cursor() const {
    return "insert into cursors (plugin, seq) values (:a, :b) "
           "on conflict (plugin) do update set seq = excluded.seq";
  }
  virtual const char* upsert_idempotency() const {
    return "insert into idempotency (workspace_id, key, route, request_hash, status, body, "
           "expires_at) values (:a, :b, :c, :d, :e, :f, :g) on conflict (workspace_id, key) "
           "do update set route = excluded.route, request_hash = excluded.request_hash, "
           "status = excluded.status, body = excluded.body, expires_at = excluded.expires_at";
  }
  virtual const char* upsert_membership() const {
    return "insert into memberships (workspace_id, user_id, role, created_at) "
           "values (:a, :b, :c, :d) "
           "on conflict (workspace_id, user_id) do update set role = excluded.role";
  }
  virtual const char* upsert_node() const {
    return "insert into nodes (id, started_at, last_seen_at) values (:a, :b, :c) on conflict (id) "
           "do update set started_at = excluded.started_at, last_seen_at = excluded.last_seen_at";
  }
  virtual const char* upsert_backlog() const {
    return "insert into event_backlog (plugin, seq, lane, state, attempts, not_before, error, "
           "updated_at) values (:a, :b, :c, :d, :e, :f, :g, :h) on conflict (plugin, seq) do "
           "update set lane = excluded.lane, state = excluded.state, "
           "attempts = excluded.attempts, not_before = excluded.not_before, "
           "error = excluded.error, updated_at = excluded.updated_at";
  }
  virtual const char* upsert_plugin_kv() const {
    return "insert into plugin_kv (plugin, key, value, expires_at, updated_at) "
           "values (:a, :b, :c, :d, :e) on conflict (plugin, key) do update set "
           "value = excluded.value, expires_at = excluded.expires_at, "
           "updated_at = excluded.updated_at";
  }
  virtual const char* upsert_plugin_settings() const {
    return "insert into plugin_settings (workspace_id, plugin, settings, updated_at) "
           "values (:a, :b, :c, :d) on conflict (workspace_id, plugin) do update set "
           "settings = excluded.settings, updated_at = excluded.updated_at";
  }
  // The number and the full text of the message that this session inserted last, and what enters
  // them into the index: two statements that write one table each. A trigger's would be a statement
  // of several writes, at whose end SQLite flushes the index; so it is flushed once a transaction.
  // Null: the engine does it by itself.
  virtual const char* body_of_new_message() const { return nullptr; }
  virtual const char* index_body() const { return nullptr; }
  // Conditions. A column that contains a pattern, whatever the case; a JSON array's column that has
  // an element; a message's full text. Each with the one parameter.
  virtual std::string contains(std::string_view column, std::string_view parameter) const = 0;
  virtual std::string has_element(std::string_view column, std::string_view parameter) const = 0;
  virtual const char* text_condition() const = 0;  // :q
  // Where a search of all messages begins, with text_condition of its own, and what it is ordered
  // by: the order in which they were stored.
  virtual const char* search_from() const { return "messages where "; }
  virtual const char* search_condition() const { return text_condition(); }
  virtual const char* search_order() const { return "n"; }
  // A column whose condition only narrows what another one's index finds: for an engine that would
  // guess, without having looked at the data.
  virtual std::string narrowing(std::string_view column) const { return std::string(column); }
  // A condition of contacts that an index knows.
  virtual const char* unread(bool wanted) const { return wanted ? "unread > 0" : "unread = 0"; }
  // The parameter of text_condition, made of what a user typed.
  virtual std::string text_query(std::string_view typed) const = 0;

  // Plugins' own tables. The runner goes before the session.
  virtual std::unique_ptr<PluginRunner> plugin_runner(soci::session& session) const = 0;
  virtual const char* table_names() const = 0;   // of the schema, in lower case
  virtual const char* has_relation() const = 0;  // :a, in lower case: how many tables and views
  // The tables, in lower case, that a table's foreign keys name. :a
  virtual const char* referenced_tables() const = 0;
};

const Dialect& sqlite3_dialect();
const Dialect& postgresql_dialect();
const Dialect& mysql_dialect();

}  // namespace gardu::storage
