// SPDX-License-Identifier: Apache-2.0
#include "storage/tokens.hpp"
#include "storage/workspaces.hpp"

#include "session.hpp"

namespace gardu::storage {
namespace workspaces {
namespace {

const std::string kSelect =
    "select id, name, slug, plan, max_accounts, status, settings, created_at from workspaces "
    "where ";
constexpr std::string_view kColumns = "ssssissi";

Workspace workspace_of(Row& r) {
  Workspace w;
  w.id = r.text();
  w.name = r.text();
  w.slug = r.text();
  w.plan = r.text();
  w.max_accounts = r.integer();
  w.status = r.text();
  w.settings = r.text();
  w.created_at = r.integer();
  return w;
}

std::optional<Workspace> one(Session& s, const std::string& condition, const std::string& value) {
  std::optional<Workspace> out;
  each(
      s, kSelect + condition, kColumns, [&](Row& r) { out = workspace_of(r); }, value);
  return out;
}

}  // namespace

void insert(Transaction& tx, const Workspace& w) {
  run(tx,
      "insert into workspaces (id, name, slug, plan, max_accounts, status, settings, created_at) "
      "values (:a, :b, :c, :d, :e, :f, :g, :h)",
      w.id, w.name, w.slug, w.plan, w.max_accounts, w.status, w.settings, w.created_at);
}

std::optional<Workspace> get(Session& s, const std::string& id) { return one(s, "id = :a", id); }

std::optional<Workspace> find_by_slug(Session& s, const std::string& slug) {
  return one(s, "slug = :a", slug);
}

std::vector<Workspace> list(Session& s, const std::string& after_id, int limit) {
  std::vector<Workspace> out;
  each(
      s, kSelect + "id > :a order by id limit :b", kColumns,
      [&](Row& r) { out.push_back(workspace_of(r)); }, after_id, limit);
  return out;
}

std::int64_t count(Session& s) { return number(s, "select count(*) from workspaces", 0); }

bool update(Transaction& tx, const Workspace& w) {
  return run(tx,
             "update workspaces set name = :a, plan = :b, max_accounts = :c, status = :d, "
             "settings = :e where id = :f",
             w.name, w.plan, w.max_accounts, w.status, w.settings, w.id) > 0;
}

bool remove(Transaction& tx, const std::string& id) {
  return run(tx, "delete from workspaces where id = :a", id) > 0;
}

}  // namespace workspaces

namespace tokens {
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

bool remove(Transaction& tx, const std::string& workspace_id, const std::string& id) {
  return run(tx, "delete from tokens where workspace_id = :a and id = :b", workspace_id, id) > 0;
}

void touch(Transaction& tx, const std::string& id, std::int64_t at) {
  run(tx, "update tokens set last_used_at = :a where id = :b", at, id);
}

}  // namespace tokens
}  // namespace gardu::storage
