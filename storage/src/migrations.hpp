// SPDX-License-Identifier: Apache-2.0
// The numbered migrations of each dialect, embedded at build time.
#pragma once
#include <string_view>
#include <vector>

namespace gardu::storage {

struct Migration {
  int number;
  std::string_view name;
  std::string_view sql;
};

// By number.
const std::vector<Migration>& sqlite3_migrations();
const std::vector<Migration>& postgresql_migrations();
const std::vector<Migration>& mysql_migrations();

}  // namespace gardu::storage
