// SPDX-License-Identifier: Apache-2.0
//
// The codes of MySQL and MariaDB in our terms.
#pragma once
#include "storage/error.hpp"

namespace gardu::storage {

inline ErrorKind mysql_kind_of(unsigned code) {
  switch (code) {
    case 1022:  // duplicate key
    case 1048:  // null
    case 1062:  // duplicate entry
    case 1169:
    case 1216:  // references
    case 1217:
    case 1451:
    case 1452:
    case 1557:
    case 3819:  // check
    case 4025:
      return ErrorKind::constraint;
    case 1205:  // lock wait
    case 1213:  // deadlock
    case 1412:  // a table was made or changed since the snapshot
      return ErrorKind::busy;
    case 1317:  // interrupted
    case 1969:  // statement time
    case 3024:
      return ErrorKind::timeout;
    case 1021:  // disk
    case 1026:  // a file cannot be written
    case 1114:
      return ErrorKind::full;
    case 1290:  // read only
    case 1792:
    case 1836:
      return ErrorKind::read_only;
    case 126:
    case 1034:
    case 1194:
      return ErrorKind::corrupt;
    case 1040:  // too many connections
    case 1045:  // access
    case 1049:  // no such database
    case 1053:  // the server stops
    case 1152:
    case 1158:
    case 1159:
    case 1160:
    case 1161:
    case 1927:
      return ErrorKind::unavailable;
    default:
      return code >= 2000 && code < 3000 ? ErrorKind::unavailable : ErrorKind::other;
  }
}

inline bool mysql_is_duplicate(unsigned code) { return code == 1062 || code == 1022; }

}  // namespace gardu::storage
