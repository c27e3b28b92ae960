// SPDX-License-Identifier: Apache-2.0
//
// The hosts that share this database.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "storage/writer.hpp"

namespace gardu::storage {

struct Node {
  std::string id;
  std::int64_t started_at = 0, last_seen_at = 0;
};

namespace nodes {

void heartbeat(Transaction& tx, const Node& node);
std::vector<Node> list(Session& s);
bool remove(Transaction& tx, const std::string& id);

}  // namespace nodes
}  // namespace gardu::storage
