// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>

#include "plugin_runner.hpp"

struct pg_conn;

namespace gardu::storage {

// Plugins' statements on PostgreSQL. The connection outlives it.
std::unique_ptr<PluginRunner> postgresql_plugin_runner(pg_conn* connection);

}  // namespace gardu::storage
