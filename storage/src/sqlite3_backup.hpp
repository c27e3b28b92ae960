// SPDX-License-Identifier: Apache-2.0
//
// A copy of a SQLite database, as it is at one moment, while others read and write it.
#pragma once
#include <soci/sqlite3/soci-sqlite3.h>

#include <string>

namespace gardu::storage {

// Makes `file` (mode 0600), which must not exist, and only when the copy is whole. Throws Error, or
// what SOCI would throw of the source.
void sqlite3_backup_to(sqlite_api::sqlite3* source, const std::string& file);

}  // namespace gardu::storage
