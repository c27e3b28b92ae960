// SPDX-License-Identifier: Apache-2.0
//
// The answers kept for repeated requests, by (workspace, key).
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "storage/writer.hpp"

namespace gardu::storage {

struct IdempotentAnswer {
  std::string workspace_id, key, route, request_hash, body;
  std::int64_t status = 0;  // 0: the first request is not answered yet
  std::int64_t expires_at = 0;
};

namespace idempotency {

// Nothing: unknown, or expired.
std::optional<IdempotentAnswer> get(Session& s, const std::string& workspace_id,
                                    const std::string& key, std::int64_t now);
// Takes the key for a request whose answer comes later (put). Nothing: taken; else what stands
// there: compare its hash, and its status for whether it was answered.
std::optional<IdempotentAnswer> begin(Transaction& tx, const IdempotentAnswer& request,
                                      std::int64_t now);
// Stores an answer, over what begin left or an expired one.
void put(Transaction& tx, const IdempotentAnswer& answer);
// The request came to nothing: gives the key free again, unless it was answered.
void abandon(Transaction& tx, const std::string& workspace_id, const std::string& key);
void purge(Transaction& tx, std::int64_t now);

}  // namespace idempotency
}  // namespace gardu::storage
