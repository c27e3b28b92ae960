// SPDX-License-Identifier: Apache-2.0
//
// What the two ways of migrating a plugin's tables have in common: in a transaction, and statement
// by statement.
#pragma once
#include <string>
#include <vector>

#include "plugin_guard.hpp"
#include "plugin_tables.hpp"
#include "storage/plugin_sql.hpp"

namespace gardu::storage::plugin_sql {

using Names = std::vector<std::string>;  // sorted
using Plan = std::vector<const PluginMigration*>;

// As people read it.
std::string title(const std::string& plugin, std::int64_t number, const std::string& name);
// Takes what was applied out of the plan, or says why it does not fit.
void check_applied(Session& s, const std::string& plugin, Plan& plan);
// Refuses what is about somebody else's table.
void check_step(Session& s, const plugin_guard::Step& step, const Names& own);
// Its views are of the arguments.
PluginCall call_of(const std::string& plugin, const plugin_guard::Step& step, const Names& own);
void note_applied(Session& s, const std::string& plugin, const PluginMigration& m);

// Where what defines tables takes effect at once (MySQL): one statement after the other under a
// lock, on a session of its own. A failure or a crash leaves it at its statement.
void migrate_by_steps(Session& s, const std::string& plugin, Plan plan);

}  // namespace gardu::storage::plugin_sql
