// SPDX-License-Identifier: Apache-2.0
#include "engine.hpp"

#include <soci/mysql/soci-mysql.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include <atomic>
#include <stdexcept>

namespace gardu::storage::testing {
namespace {

std::string from_environment(const char* name) {
  const char* value = ::getenv(name);
  return value != nullptr ? value : "";
}

std::string server() { return from_environment("GARDU_STORAGE_SERVER"); }

std::string dsn_of(const std::string& database) {
  const char* key = backend() == "mysql" ? " db=" : " dbname=";
  return server() + (database.empty() ? "" : key + database);
}

std::unique_ptr<soci::session> connect(const std::string& dsn) {
  if (backend() == "postgresql") {
    auto session = std::make_unique<soci::session>(soci::postgresql, dsn);
    *session << "set client_min_messages = warning";
    return session;
  }
  if (backend() == "mysql") {
    auto session = std::make_unique<soci::session>(soci::mysql, dsn);
    *session << "set session sql_mode = 'ANSI_QUOTES,STRICT_ALL_TABLES'";
    return session;
  }
  return std::make_unique<soci::session>(soci::sqlite3, "db=\"" + dsn + "\"");
}

// Where databases are made from.
void on_server(const std::string& statement) {
  *connect(dsn_of(backend() == "postgresql" ? "postgres" : "")) << statement;
}

std::string new_name() {
  static std::atomic<int> last{0};
  return "t_" + std::to_string(::getpid()) + "_" + std::to_string(++last);
}

}  // namespace

std::string backend() {
  const std::string told = from_environment("GARDU_STORAGE_BACKEND");
  return told.empty() ? "sqlite3" : told;
}

std::unique_ptr<soci::session> connect_to(const Options& options) { return connect(options.dsn); }

EmptyDatabase::EmptyDatabase() {
  std::string pattern = (std::filesystem::temp_directory_path() / "gardu-storage-XXXXXX").string();
  directory_ = mkdtemp(pattern.data());
  if (backend() == "sqlite3") return;
  name_ = new_name();
  on_server("create database " + name_);
}

EmptyDatabase::~EmptyDatabase() {
  std::filesystem::remove_all(directory_);
  if (name_.empty()) return;
  on_server("drop database " + name_ + (backend() == "postgresql" ? " with (force)" : ""));
}

Options EmptyDatabase::options() const {
  Options out;
  out.backend = backend();
  out.dsn = name_.empty() ? file() : dsn_of(name_);
  out.synchronous = "off";  // the tests cut no power
  return out;
}

std::unique_ptr<soci::session> EmptyDatabase::session() const { return connect(options().dsn); }

std::string EmptyDatabase::sql(const std::string& text) const {
  const auto session = connect(options().dsn);
  std::string out;
  soci::indicator found = soci::i_null;
  soci::statement statement(*session);
  statement.alloc();
  statement.exchange(soci::into(out, found));
  statement.prepare(text);
  statement.define_and_bind();
  if (!statement.execute(true) || found != soci::i_ok) return {};
  return out;
}

}  // namespace gardu::storage::testing
