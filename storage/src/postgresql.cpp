// SPDX-License-Identifier: Apache-2.0
// The dialect of PostgreSQL.
#include <libpq-fe.h>
#include <soci/postgresql/soci-postgresql.h>

#include <memory>

#include "dialect.hpp"
#include "postgresql_codes.hpp"
#include "postgresql_plugin.hpp"
#include "words.hpp"

namespace gardu::storage {
namespace {

PGconn* raw(soci::session& session) {
  auto* backend = static_cast<soci::postgresql_session_backend*>(session.get_backend());
  return backend ? backend->conn_ : nullptr;
}

void execute(soci::session& session, const std::string& sql) {
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(raw(session), sql.c_str()),
                                                             PQclear);
  const auto status = PQresultStatus(result.get());
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return;
  const char* state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
  const char* text = PQresultErrorField(result.get(), PG_DIAG_MESSAGE_PRIMARY);
  throw soci::postgresql_soci_error(text != nullptr ? text : "the connection was lost",
                                    state != nullptr ? state : "08006");
}

class Postgresql final : public Dialect {
 public:
  void open(soci::session& session, const Options& options) const override {
    session.open(soci::postgresql, options.dsn);
    execute(session, "set client_min_messages = warning");
    execute(session, "set standard_conforming_strings = on");
    if (options.synchronous != "full") execute(session, "set synchronous_commit = off");
  }
  const std::vector<Migration>& migrations() const override { return postgresql_migrations(); }
  void run_script(soci::session& session, std::string_view sql) const override {
    execute(session, std::string(sql));
  }
  const char* has_migrations() const override {
    return "select count(*) from pg_tables where schemaname = current_schema() and "
           "tablename = 'schema_migrations'";
  }
  const char* begin_migration() const override { return "begin"; }
  const char* lock_migration() const override {
    return "select count(*) from (select pg_advisory_xact_lock(7237482936)) as locked";
  }
  const char* begin_write() const override { return "begin"; }
  const char* begin_read() const override {
    return "begin isolation level repeatable read read only";
  }
  std::string place_of(const Options& options) const override {
    return "PostgreSQL " + words_of(options.dsn, {"host", "port", "dbname"});
  }
  bool in_transaction(soci::session& session) const override {
    const auto status = PQtransactionStatus(raw(session));
    return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
  }
  void backup(soci::session&, const std::string&) const override {
    throw Error(ErrorKind::other, "PostgreSQL has a tool of its own for backups: pg_dump");
  }
  Error translate(soci::session& session, const soci::soci_error& e,
                  const Options& options) const override {
    const std::string place = place_of(options);
    const auto* own = dynamic_cast<const soci::postgresql_soci_error*>(&e);
    // What SOCI says of a connection that could not be made has the address in it, no password.
    if (own == nullptr || raw(session) == nullptr)
      return {ErrorKind::unavailable, place + ": cannot be reached"};
    if (PQstatus(raw(session)) != CONNECTION_OK)
      return {ErrorKind::unavailable, place + ": the connection was lost"};
    const std::string state = own->sqlstate();
    // The first line names tables and columns; details, which quote values, stand behind it.
    std::string text = own->get_error_message();
    text = text.substr(0, text.find('\n'));
    if (const auto begin = text.find("ERROR:  "); begin != std::string::npos)
      text.erase(0, begin + 8);
    // Of a value that is not of its type it tells the value.
    if (state.starts_with("22")) text = text.substr(0, text.find(": "));
    return {postgresql_kind_of(state), place + ": " + text, state == "23505"};
  }

  const char* last_outbox_id() const override { return "select currval('outbox_id_seq')"; }
  const char* clock() const override {
    return "select cast(extract(epoch from clock_timestamp()) * 1000 as bigint)";
  }
  const char* lock_journal_counter() const override {
    return "select value from counters where name = 'journal' for update";
  }
  std::string contains(std::string_view column, std::string_view parameter) const override {
    return std::string(column) + " ilike " + std::string(parameter) + " escape '!'";
  }
  std::string has_element(std::string_view column, std::string_view parameter) const override {
    return "exists (select 1 from jsonb_array_elements_text(cast(" + std::string(column) +
           " as jsonb)) as element where element = " + std::string(parameter) + ")";
  }
  const char* text_condition() const override {
    return "body @@ to_tsquery('simple', plain_text(:q))";
  }
  // Each word quoted, so that nothing in it is an operator.
  std::string text_query(std::string_view typed) const override {
    std::string out;
    for (const std::string_view word : split_words(typed)) {
      out += out.empty() ? "'" : " & '";
      for (const char c : word) out.append(c == '\'' || c == '\\' ? 2 : 1, c);
      out += '\'';
    }
    return out.empty() ? out : out + ":*";
  }

  std::unique_ptr<PluginRunner> plugin_runner(soci::session& session) const override {
    return postgresql_plugin_runner(raw(session));
  }
  const char* table_names() const override {
    return "select lower(tablename) from pg_tables where schemaname = current_schema()";
  }
  const char* has_relation() const override {
    return "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace where "
           "n.nspname = current_schema() and lower(c.relname) = :a and "
           "c.relkind in ('r', 'v', 'm', 'p', 'f')";
  }
  const char* referenced_tables() const override {
    return "select lower(p.relname) from pg_constraint k join pg_class c on c.oid = k.conrelid "
           "join pg_class p on p.oid = k.confrelid join pg_namespace n on n.oid = c.relnamespace "
           "where k.contype = 'f' and n.nspname = current_schema() and lower(c.relname) = :a";
  }
};

}  // namespace

const Dialect& postgresql_dialect() {
  static const Postgresql kDialect;
  return kDialect;
}

}  // namespace gardu::storage
