// SPDX-License-Identifier: Apache-2.0
//
// Who did what, when, from where.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "storage/writer.hpp"

namespace gardu::storage {

struct AuditEntry {
  std::string id, workspace_id;  // a workspace's, or empty: the whole gateway's
  std::string actor, action, object;
  std::optional<std::string> before, after;  // JSON
  std::optional<std::string> ip;
  std::int64_t at = 0;
};

namespace audit {

void append(Transaction& tx, const AuditEntry& e);
// Newest first, after the place (at, id) in that order.
std::vector<AuditEntry> list(Session& s, const std::string& workspace_id,
                             const std::optional<std::pair<std::int64_t, std::string>>& after,
                             int limit);

}  // namespace audit
}  // namespace gardu::storage
