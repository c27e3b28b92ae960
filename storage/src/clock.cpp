// SPDX-License-Identifier: Apache-2.0
#include "storage/clock.hpp"

#include <chrono>

#include "session.hpp"

namespace gardu::storage {

std::int64_t clock_ms(Session& s) {
  if (const char* const sql = s.impl().dialect().clock()) return number(s, sql, 0);
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace gardu::storage
