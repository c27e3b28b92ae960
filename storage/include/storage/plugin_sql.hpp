// SPDX-License-Identifier: Apache-2.0
//
// Plugins' own tables and the statements on them: a portable subset of SQL, on the tables alone
// that the plugin's migrations made. Errors are storage::Error: `invalid` for what is outside of
// that, `timeout`, `constraint`, and the engine's other troubles; the text has the engine's words
// and never a bound value.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "storage/writer.hpp"

namespace gardu::storage {

struct SqlValue {
  enum class Kind { null, integer, real, text };
  Kind kind = Kind::null;
  std::int64_t integer = 0;
  double real = 0;
  std::string text;  // UTF-8 without zeros
};

struct PluginMigration {
  std::uint32_t number = 0;  // from 1 upwards
  std::string name, sql;
};

namespace plugin_sql {

struct Limits {
  int rows = 10'000;
  std::chrono::milliseconds time{5'000};
};
// False: stop. It may use the session, also for another statement of a plugin.
using OnRow = std::function<bool(std::span<const SqlValue>)>;

// Whether it only reads (a select, or with … select), so that a reading session will do. False also
// for what execute would refuse.
bool reads_only(std::string_view sql);

// Runs one statement (select, insert, update, delete or with); the number of rows that it changed.
// Parameters are written :name, each name once, bound in the order in which they stand. `on_row`
// may be empty. A statement that writes needs a Transaction; what it wrote is undone when this
// throws. After a timeout it may be that the whole transaction is undone: then every further call
// throws `timeout` as well.
std::int64_t execute(Session& s, const std::string& plugin, std::string_view sql,
                     std::span<const SqlValue> parameters, const OnRow& on_row,
                     const Limits& limits = {});

// Applies what was not applied yet, in the order of the numbers. Throws, and undoes all of it, when
// one fails, when one that was applied has changed or is missing, or when the database has seen a
// newer one than the newest given. Where tables cannot be made in a transaction (MySQL) it stays at
// the statement that failed: the next call goes on there. Allowed are create table, create [unique]
// index, alter table, drop table, drop index, insert, update and delete, ended by ';', on names
// that begin with "<plugin>_"; a foreign key refers to the plugin's own tables and is not deferred.
// Blocks; not on the writer's thread.
void migrate(Database& database, const std::string& plugin,
             std::span<const PluginMigration> migrations);

}  // namespace plugin_sql
}  // namespace gardu::storage
