// SPDX-License-Identifier: Apache-2.0
#include "storage/nodes.hpp"

#include "session.hpp"

namespace gardu::storage::nodes {

void heartbeat(Transaction& tx, const Node& node) {
  run(tx, tx.impl().dialect().upsert_node(), node.id, node.started_at, node.last_seen_at);
}

std::vector<Node> list(Session& s) {
  std::vector<Node> out;
  each(s, "select id, started_at, last_seen_at from nodes order by id", "sii", [&](Row& r) {
    Node n;
    n.id = r.text();
    n.started_at = r.integer();
    n.last_seen_at = r.integer();
    out.push_back(std::move(n));
  });
  return out;
}

bool remove(Transaction& tx, const std::string& id) {
  return run(tx, "delete from nodes where id = :a", id) > 0;
}

}  // namespace gardu::storage::nodes
