// SPDX-License-Identifier: Apache-2.0
#include "sqlite3_authorizer.hpp"

#include <soci/sqlite3/soci-sqlite3.h>

#include <algorithm>

#include "plugin_words.hpp"
#include "sql_tokens.hpp"

namespace gardu::storage {
namespace {

// Functions that reach out of the database, should this SQLite have them. A create, alter or drop
// calls others of SQLite's own.
bool is_harmful(std::string_view function) {
  const std::string name = lower_case(function);
  for (const char* harmful : {"load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"})
    if (name == harmful) return true;
  return false;
}

}  // namespace

bool Sqlite3Authorizer::refuse(std::string what) {
  if (refused_.empty()) refused_ = std::move(what);
  return false;
}

bool Sqlite3Authorizer::is_own(std::string_view name) const {
  return std::binary_search(call_.tables.begin(), call_.tables.end(), lower_case(name));
}

bool Sqlite3Authorizer::table(std::string_view name, const char* schema) {
  const bool main = schema == nullptr || std::string_view(schema) == "main";
  // A create, alter or drop changes SQLite's own tables; its text names none of them.
  if (call_.schema && name.starts_with("sqlite_")) return true;
  if (main && (is_own(name) || (call_.schema && lower_case(name) == call_.target))) return true;
  return refuse("'" + std::string(name) + "' is not a table of this plugin");
}

// "like" is the operator's.
bool Sqlite3Authorizer::function(std::string_view name) const {
  if (call_.schema) return !is_harmful(name);
  const std::string small = lower_case(name);
  return small == "like" || plugin_words::is_function(small);
}

bool Sqlite3Authorizer::schema_change(int action, std::string_view first, std::string_view second,
                                      const char* schema) {
  if (!call_.schema) return refuse("only a migration changes the schema");
  switch (action) {
    case SQLITE_CREATE_TABLE:
    case SQLITE_DROP_TABLE:
      return table(first, schema);
    case SQLITE_CREATE_INDEX:
    case SQLITE_DROP_INDEX:
    case SQLITE_ALTER_TABLE:  // its first argument is the schema
      return table(second, schema);
    default:
      return true;  // reindex: a part of creating one
  }
}

bool Sqlite3Authorizer::allows(int action, std::string_view first, std::string_view second,
                               const char* schema) {
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE:
      return true;
    case SQLITE_FUNCTION:
      return function(second) ||
             refuse("the function '" + std::string(second) + "' is not one that plugins have");
    case SQLITE_READ:
      // Of a CTE only this is asked, for one of which no column is read.
      if (schema == nullptr && second.empty() &&
          std::find(call_.with_names.begin(), call_.with_names.end(), lower_case(first)) !=
              call_.with_names.end())
        return true;
      // alter table … add column looks whether the rows stand the new one.
      if (call_.schema && first == "pragma_quick_check") return true;
      return table(first, schema);
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE:
      return call_.reads ? refuse("a statement that should only read") : table(first, schema);
    case SQLITE_CREATE_TABLE:
    case SQLITE_DROP_TABLE:
    case SQLITE_CREATE_INDEX:
    case SQLITE_DROP_INDEX:
    case SQLITE_REINDEX:
      return schema_change(action, first, second, schema);
    case SQLITE_ALTER_TABLE:
      return schema_change(action, first, second, nullptr);
    case SQLITE_PRAGMA:
      if (call_.schema && first == "quick_check") return true;
      return refuse("'pragma' is not allowed");
    default:
      return refuse("not in the subset of SQL that plugins have");
  }
}

}  // namespace gardu::storage
