// SPDX-License-Identifier: Apache-2.0
//
// The engine that the tests run on: SQLite, or the server that GARDU_STORAGE_BACKEND and
// GARDU_STORAGE_SERVER name (see tests/lib/with_database.sh).
#pragma once
#include <filesystem>
#include <memory>
#include <string>

#include "storage/database.hpp"

namespace soci {
class session;
}

namespace gardu::storage::testing {

std::string backend();  // sqlite3, postgresql, mysql

// A session beside the storage's own.
std::unique_ptr<soci::session> connect_to(const Options& options);

// A database of its own, empty, and gone with this.
class EmptyDatabase {
 public:
  EmptyDatabase();
  ~EmptyDatabase();
  EmptyDatabase(const EmptyDatabase&) = delete;
  EmptyDatabase& operator=(const EmptyDatabase&) = delete;

  Options options() const;
  std::string file() const { return (directory_ / "gardu.db").string(); }  // SQLite
  std::string place() const { return name_.empty() ? file() : name_; }
  // The first column of the first row, as text, on a session of its own.
  std::string sql(const std::string& text) const;
  std::unique_ptr<soci::session> session() const;

 private:
  std::filesystem::path directory_;
  std::string name_;  // on a server
};

}  // namespace gardu::storage::testing
