// SPDX-License-Identifier: Apache-2.0
//
// What commands that look into the database have in common.
#pragma once
#include <memory>
#include <string>

#include "config/settings.hpp"
#include "storage/database.hpp"
#include "storage/workspaces.hpp"

namespace gardu::host {

// Migrated; also makes the data directory.
std::unique_ptr<storage::Database> open_database(const Settings& settings);
// By id or slug. Throws CommandError(1) when there is none.
storage::Workspace find_workspace(storage::Database& database, const std::string& name);

}  // namespace gardu::host
