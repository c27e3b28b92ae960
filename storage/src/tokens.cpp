// SPDX-License-Identifier: Apache-2.0
#include "storage/tokens.hpp"

#include "session.hpp"

namespace gardu::storage::tokens {
namespace {

const std::string kSelect =
    "select id, hash, kind, name, role, workspace_id, user_id, scopes, accounts, expires_at, "
    "last_used_at, created_at from tokens where ";
constexpr std::string_view kColumns = "sssssssssiii";

Token token_of(Row& r) {
  Token t;
  t.id = r.text();
  t.hash = r.text();
  t.kind = r.text();
  t.name = r.text();
  t.role = r.text();
  t.workspace_id = r.maybe_text();
  t.user_id = r.maybe_text();
  t.scopes = r.maybe_text();
  t.accounts = r.maybe_text();
  t.expires_at = r.maybe_integer();
  t.last_used_at = r.maybe_integer();
  t.created_at = r.integer();
  return t;
}

}  // namespace

void insert(Transaction& tx, const Token& t) {
  run(tx,
      "insert into tokens (id, hash, kind, name, role, workspace_id, user_id, scopes, accounts, "
      "expires_at, last_used_at, created_at) "
      "values (:a, :b, :c, :d, :e, :f, :g, :h, :i, :j, :k, :l)",
      t.id, t.hash, t.kind, t.name, t.role, t.workspace_id, t.user_id, t.scopes, t.accounts,
      t.expires_at, t.last_used_at, t.created_at);
}

std::optional<Token> find_by_hash(Session& s, const std::string& hash) {
  std::optional<Token> out;
  each(
      s, kSelect + "hash = :a", kColumns, [&](Row& r) { out = token_of(r); }, hash);
  return out;
}

std::vector<Token> list(Session& s, const std::string& workspace_id, const std::string& after_id,
                        int limit) {
  std::vector<Token> out;
  each(
      s, kSelect + "workspace_id = :a and id > :b order by id limit :c", kColumns,
      [&](Row& r) { out.push_back(token_of(r)); }, workspace_id, after_id, limit);
  return out;
}

std::vector<Token> list_platform(Session& s, const std::string& after_id, int limit) {
  std::vector<Token> out;
  each(
      s, kSelect + "workspace_id is null and id > :a order by id limit :b", kColumns,
      [&](Row& r) { out.push_back(token_of(r)); }, after_id, limit);
  return out;
}

bool remove(Transaction& tx, const std::string& workspace_id, const std::string& id) {
  return run(tx, "delete from tokens where workspace_id = :a and id = :b", workspace_id, id) > 0;
}

bool remove_platform(Transaction& tx, const std::string& id) {
  return run(tx, "delete from tokens where workspace_id is null and id = :a", id) > 0;
}

std::int64_t remove_of_user(Transaction& tx, const std::string& workspace_id,
                            const std::string& user_id) {
  return run(tx, "delete from tokens where workspace_id = :a and user_id = :b", workspace_id,
             user_id);
}

void touch(Transaction& tx, const std::string& id, std::int64_t at) {
  run(tx, "update tokens set last_used_at = :a where id = :b", at, id);
}

}  // namespace gardu::storage::tokens
