// SPDX-License-Identifier: Apache-2.0
//
// What an empty database gets, and what the command line shares with it: workspaces and tokens.
#pragma once
#include <optional>
#include <string>

#include "base/crypto.hpp"
#include "config/secret_store.hpp"
#include "config/settings.hpp"
#include "storage/workspaces.hpp"
#include "storage/writer.hpp"

namespace gardu::host {

storage::Options database_options(const Settings& settings);
// The key that credentials are sealed with; throws std::runtime_error naming the setting.
SealingKey sealing_key(const Settings& settings, SecretStore& secrets);

// A workspace "default" and its owner's token, when there is no workspace at all. The token is
// written to `file` with mode 0600 before the workspace is committed. False: there was one.
bool create_first_workspace(storage::Database& database, const std::string& file);

}  // namespace gardu::host
