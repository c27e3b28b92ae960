// SPDX-License-Identifier: Apache-2.0
//
// Which tables are a plugin's, and what executing and migrating have in common.
#pragma once
#include <string>
#include <vector>

#include "plugin_guard.hpp"
#include "session.hpp"
#include "storage/writer.hpp"

namespace gardu::storage::plugin_sql {

void check_plugin_id(const std::string& plugin);
// Sorted, in lower case.
std::vector<std::string> plugin_tables(Session& s, const std::string& plugin);
// A CTE must not have the name of a table that is not the plugin's: the engine could not tell
// reading the one from reading the other.
void check_with_names(Session& s, const plugin_guard::Checked& checked,
                      const std::vector<std::string>& tables);

// Runs `body` so that it is undone when it throws.
template <class F>
void in_part(Transaction& tx, F&& body) {
  tx.begin_part();
  try {
    body();
  } catch (...) {
    if (tx.impl().in_transaction()) tx.end_part(false);
    throw;
  }
  tx.end_part(true);
}

}  // namespace gardu::storage::plugin_sql
