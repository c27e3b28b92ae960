// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <soci/sqlite3/soci-sqlite3.h>

#include <memory>

#include "plugin_runner.hpp"

namespace gardu::storage {

std::unique_ptr<PluginRunner> sqlite3_plugin_runner(sqlite_api::sqlite3* connection);

}  // namespace gardu::storage
