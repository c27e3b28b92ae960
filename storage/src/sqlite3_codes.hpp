// SPDX-License-Identifier: Apache-2.0
//
// SQLite's result codes in our terms.
#pragma once
#include <soci/sqlite3/soci-sqlite3.h>

#include "storage/error.hpp"

namespace gardu::storage {

inline ErrorKind sqlite3_kind_of(int code) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return ErrorKind::busy;
    case SQLITE_CONSTRAINT:
      return ErrorKind::constraint;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorKind::corrupt;
    case SQLITE_FULL:
      return ErrorKind::full;
    case SQLITE_READONLY:
      return ErrorKind::read_only;
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
      return ErrorKind::unavailable;
    default:
      return ErrorKind::other;
  }
}

inline bool sqlite3_is_duplicate(int code) {
  return code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY ||
         code == SQLITE_CONSTRAINT_ROWID;
}

}  // namespace gardu::storage
