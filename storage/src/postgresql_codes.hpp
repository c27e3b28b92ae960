// SPDX-License-Identifier: Apache-2.0
//
// PostgreSQL's states in our terms.
#pragma once
#include <string_view>

#include "storage/error.hpp"

namespace gardu::storage {

inline ErrorKind postgresql_kind_of(std::string_view state) {
  const auto in = [&](std::string_view prefix) { return state.starts_with(prefix); };
  if (in("23")) return ErrorKind::constraint;
  if (in("40") || in("55P03")) return ErrorKind::busy;     // deadlock, lock not available
  if (in("57014")) return ErrorKind::timeout;              // canceled
  if (in("53100") || in("53200")) return ErrorKind::full;  // disk, memory
  if (in("25006")) return ErrorKind::read_only;
  if (in("XX001") || in("XX002")) return ErrorKind::corrupt;
  // Connection, resources, an operator's intervention, system error; SOCI's own for a lost one.
  if (in("08") || in("53") || in("57P") || in("58") || in("  ") || state.empty())
    return ErrorKind::unavailable;
  return ErrorKind::other;
}

}  // namespace gardu::storage
