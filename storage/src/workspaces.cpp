// SPDX-License-Identifier: Apache-2.0
#include "storage/workspaces.hpp"

#include "session.hpp"

namespace gardu::storage::workspaces {
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
             "update workspaces set name = :a, slug = :b, plan = :c, max_accounts = :d, "
             "status = :e, settings = :f where id = :g",
             w.name, w.slug, w.plan, w.max_accounts, w.status, w.settings, w.id) > 0;
}

bool remove(Transaction& tx, const std::string& id) {
  // What has no reference to go by; the rest follows the workspace.
  for (const char* table : {"journal", "audit", "idempotency"})
    run(tx, std::string("delete from ") + table + " where workspace_id = :a", id);
  run(tx, "delete from counters where name = :a", "cut:" + id);  // see retention
  return run(tx, "delete from workspaces where id = :a", id) > 0;
}

}  // namespace gardu::storage::workspaces
