// SPDX-License-Identifier: Apache-2.0
#include "storage/cursors.hpp"
#include "storage/idempotency.hpp"

#include "session.hpp"

namespace gardu::storage {
namespace cursors {

std::optional<std::int64_t> get(Session& s, const std::string& plugin) {
  std::optional<std::int64_t> out;
  each(
      s, "select seq from cursors where plugin = :a", "i", [&](Row& r) { out = r.integer(); },
      plugin);
  return out;
}

void set(Transaction& tx, const std::string& plugin, std::int64_t seq) {
  run(tx, tx.impl().dialect().upsert_cursor(), plugin, seq);
}

std::optional<std::int64_t> slowest(Session& s) {
  std::optional<std::int64_t> out;
  each(s, "select min(seq) from cursors", "i", [&](Row& r) { out = r.maybe_integer(); });
  return out;
}

}  // namespace cursors

namespace idempotency {

std::optional<IdempotentAnswer> get(Session& s, const std::string& workspace_id,
                                    const std::string& key, std::int64_t now) {
  std::optional<IdempotentAnswer> out;
  each(
      s,
      "select route, request_hash, body, status, expires_at from idempotency where "
      "workspace_id = :a and key = :b and expires_at > :c",
      "sssii",
      [&](Row& r) {
        IdempotentAnswer a;
        a.workspace_id = workspace_id;
        a.key = key;
        a.route = r.text();
        a.request_hash = r.text();
        a.body = r.text();
        a.status = r.integer();
        a.expires_at = r.integer();
        out = std::move(a);
      },
      workspace_id, key, now);
  return out;
}

void put(Transaction& tx, const IdempotentAnswer& a) {
  run(tx, tx.impl().dialect().upsert_idempotency(), a.workspace_id, a.key, a.route, a.request_hash,
      a.status, a.body, a.expires_at);
}

void purge(Transaction& tx, std::int64_t now) {
  run(tx, "delete from idempotency where expires_at <= :a", now);
}

}  // namespace idempotency
}  // namespace gardu::storage
