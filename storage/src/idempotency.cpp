// SPDX-License-Identifier: Apache-2.0
#include "storage/idempotency.hpp"

#include "session.hpp"

namespace gardu::storage::idempotency {

std::optional<IdempotentAnswer> get(Session& s, const std::string& workspace_id,
                                    const std::string& key, std::int64_t now) {
  std::optional<IdempotentAnswer> out;
  each(
      s,
      "select route, request_hash, body, status, expires_at from idempotency where "
      "workspace_id = :a and \"key\" = :b and expires_at > :c",
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

std::optional<IdempotentAnswer> begin(Transaction& tx, const IdempotentAnswer& request,
                                      std::int64_t now) {
  auto standing = get(tx, request.workspace_id, request.key, now);
  if (!standing) {
    IdempotentAnswer open = request;
    open.status = 0;
    open.body.clear();
    put(tx, open);
  }
  return standing;
}

void abandon(Transaction& tx, const std::string& workspace_id, const std::string& key) {
  run(tx, "delete from idempotency where workspace_id = :a and \"key\" = :b and status = 0",
      workspace_id, key);
}

void purge(Transaction& tx, std::int64_t now) {
  run(tx, "delete from idempotency where expires_at <= :a", now);
}

}  // namespace gardu::storage::idempotency
