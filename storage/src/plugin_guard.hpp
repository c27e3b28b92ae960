// SPDX-License-Identifier: Apache-2.0
//
// What the text of a plugin's SQL may be, whatever the engine: the first of two layers. The second
// is the engine's own, which sees what a statement really reaches. Errors are Error (invalid).
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gardu::storage::plugin_guard {

struct Checked {
  bool reads = false;  // a select, or with … select
  std::size_t parameters = 0;
  std::vector<std::string> with_names;  // in lower case
};

// One select, insert, update, delete or with; a ';' may end it.
Checked statement(std::string_view sql);

struct Step {
  std::string sql;
  bool schema = false;  // create, alter or drop
  bool table = false;   // … of a table
  std::string target;   // its name
  Checked checked;      // of an insert, update or delete
};

// The statements of a migration.
std::vector<Step> script(std::string_view sql, std::string_view plugin);

}  // namespace gardu::storage::plugin_guard
