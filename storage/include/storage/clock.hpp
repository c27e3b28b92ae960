// SPDX-License-Identifier: Apache-2.0
//
// The time that all hosts of a database agree on: its own. What one host writes down for others to
// compare (leases, doubts) is of this clock, as theirs may be wrong.
#pragma once
#include <cstdint>

#include "storage/database.hpp"

namespace gardu::storage {

// UTC milliseconds since the epoch. A file has no clock: then it is this process's.
std::int64_t clock_ms(Session& s);

}  // namespace gardu::storage
