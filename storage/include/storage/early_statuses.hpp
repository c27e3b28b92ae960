// SPDX-License-Identifier: Apache-2.0
//
// Statuses that overtook the answer that tells us their message's provider id. They wait here until
// it is known.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "storage/writer.hpp"

namespace gardu::storage {

struct EarlyStatus {
  std::string account_id, provider_message_id, status;
  std::int64_t at = 0;
  std::optional<std::string> error;  // JSON object
};

namespace early_statuses {

void put(Transaction& tx, const EarlyStatus& status);
// Takes them out, in the order in which they came.
std::vector<EarlyStatus> take(Transaction& tx, const std::string& account_id,
                              const std::string& provider_message_id);
void purge(Transaction& tx, std::int64_t older_than);

}  // namespace early_statuses
}  // namespace gardu::storage
