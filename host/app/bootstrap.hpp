// SPDX-License-Identifier: Apache-2.0
//
// What an empty database gets, and what the command line shares with it: workspaces and tokens.
#pragma once
#include <optional>
#include <string>

#include "config/settings.hpp"
#include "storage/workspaces.hpp"
#include "storage/writer.hpp"

namespace gardu::host {

storage::Options database_options(const Settings& settings);

// A workspace "default" and its owner's token, when there is no workspace at all. The token is
// written to `file` with mode 0600 before the workspace is committed. False: there was one.
bool create_first_workspace(storage::Database& database, const std::string& file);

}  // namespace gardu::host
