// SPDX-License-Identifier: Apache-2.0
//
// What is of no use after a while, whatever a workspace keeps: deleted by the housekeeping every
// minute. Blocks. Throws storage::Error.
#pragma once
#include <cstdint>

#include "storage/database.hpp"

namespace gardu::host {

void purge(storage::Database& database, std::int64_t now);

}  // namespace gardu::host
