// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <string>

#include "plugin_runner.hpp"

struct st_mysql;

namespace gardu::storage {

// Plugins' statements on MySQL and MariaDB. The connection outlives it. It sets the session to what
// the portable subset takes for granted.
std::unique_ptr<PluginRunner> mysql_plugin_runner(st_mysql* connection);

bool is_mariadb(st_mysql* connection);
// What a table is created with: InnoDB, and a collation by bytes that does not pad.
std::string mysql_table_options(st_mysql* connection);

}  // namespace gardu::storage
