// SPDX-License-Identifier: Apache-2.0
//
// The create, alter and drop of plugins' migrations, on engines that have nothing to ask what a
// statement reaches: the same strictness as for other statements (plugin_names.hpp). Errors are
// Error (invalid).
#pragma once
#include <string>

#include "plugin_runner.hpp"
#include "sql_text.hpp"

namespace gardu::storage {

struct PluginSchema {
  enum class What {
    create_table,
    drop_table,
    rename_table,
    create_index,
    drop_index,
    add_column,
    drop_column,
    rename_column
  };
  What what = What::create_table;
  std::string sql;       // to be given to the engine, without what it adds for a table of its own
  std::string name;      // of the table or index
  std::string table;     // of an index that is created
  std::string column;    // added, dropped, renamed
  std::string new_name;  // of a renamed table or column
};

PluginSchema plugin_schema(const PluginCall& call, PluginEngine engine);

}  // namespace gardu::storage
