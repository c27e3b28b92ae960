// SPDX-License-Identifier: Apache-2.0
//
// What holds a plugin to its tables on engines that have nothing to ask what a statement reaches.
// The statement is read by its tokens, along the grammar of the portable subset: wherever a table
// can stand there must be one of the plugin, or a query that the statement itself names; functions
// are of a list; and what is not understood is refused. Errors are Error (invalid).
#pragma once
#include <string>

#include "plugin_runner.hpp"
#include "sql_text.hpp"

namespace gardu::storage {

struct PluginText {
  // What to do when a row is there already.
  enum class Conflict { fail, nothing, update };
  std::string sql;     // to be given to the engine
  std::string target;  // of an insert, update or delete
  Conflict conflict = Conflict::fail;
};

// A select, insert, update or delete.
PluginText plugin_statement(const PluginCall& call, PluginEngine engine);

}  // namespace gardu::storage
