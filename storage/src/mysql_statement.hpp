// SPDX-License-Identifier: Apache-2.0
//
// A prepared statement on the server, with typed parameters and cells. Belongs to its connection.
#pragma once
#include <mysql.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "plugin_rows.hpp"

namespace gardu::storage {

// What the server answered.
struct MysqlFailure {
  unsigned code = 0;
  std::string text;  // may quote values
};

class MysqlStatement {
 public:
  // Throws MysqlFailure, as the others do.
  MysqlStatement(MYSQL* connection, const std::string& sql);
  // Runs to its end, whatever of the rows is kept.
  void execute(std::span<const SqlValue> parameters, PluginRows& rows);
  // Of the last execution.
  std::int64_t affected() const { return affected_; }
  std::uint64_t last_id() const { return last_id_; }

 private:
  struct Close {
    void operator()(MYSQL_STMT* s) const { mysql_stmt_close(s); }
  };
  struct Column;
  struct Rest;
  void bind(std::span<const SqlValue> parameters);
  void fetch(MYSQL_RES& result, PluginRows& rows);
  [[noreturn]] void fail() const;

  MYSQL* connection_;
  std::unique_ptr<MYSQL_STMT, Close> statement_;
  std::int64_t affected_ = 0;
  std::uint64_t last_id_ = 0;
};

}  // namespace gardu::storage
