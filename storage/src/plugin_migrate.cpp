// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <iterator>

#include "plugin_migrate.hpp"
#include "plugin_text.hpp"

namespace gardu::storage::plugin_sql {

std::string title(const std::string& plugin, std::int64_t number, const std::string& name) {
  return "migration " + std::to_string(number) + " '" + name + "' of plugin '" + plugin + "'";
}

namespace {

struct Applied {
  std::int64_t number = 0;
  std::string name, sql;
};

Plan by_number(const std::string& plugin, std::span<const PluginMigration> given) {
  Plan out;
  for (const PluginMigration& m : given) {
    if (m.number == 0 || m.name.empty() || m.name.size() > 200 || !is_plain_text(m.name))
      throw Error(ErrorKind::invalid, "a migration of plugin '" + plugin +
                                          "' has no number, or no name of 1 to 200 bytes of UTF-8");
    out.push_back(&m);
  }
  std::sort(out.begin(), out.end(), [](auto* a, auto* b) { return a->number < b->number; });
  for (std::size_t i = 1; i < out.size(); ++i)
    if (out[i]->number == out[i - 1]->number)
      throw Error(ErrorKind::invalid,
                  title(plugin, out[i]->number, out[i]->name) + ": the number is there twice");
  return out;
}

}  // namespace

void check_applied(Session& s, const std::string& plugin, Plan& plan) {
  std::vector<Applied> applied;
  each(
      s, "select number, name, \"sql\" from plugin_migrations where plugin = :a order by number",
      "iss",
      [&](Row& r) {
        Applied a;
        a.number = r.integer();
        a.name = r.text();
        a.sql = r.text();
        applied.push_back(std::move(a));
      },
      plugin);
  if (applied.empty()) return;
  const std::int64_t newest = plan.empty() ? 0 : std::int64_t{plan.back()->number};
  const Applied& last = applied.back();
  if (last.number > newest)
    throw Error(ErrorKind::invalid,
                title(plugin, last.number, last.name) +
                    " was applied by a newer version of it: this one knows them up to " +
                    std::to_string(newest));
  for (const Applied& a : applied) {
    const auto same = std::find_if(plan.begin(), plan.end(),
                                   [&](auto* m) { return std::int64_t{m->number} == a.number; });
    if (same == plan.end())
      throw Error(ErrorKind::invalid,
                  title(plugin, a.number, a.name) + " was applied, but is not there any more");
    if ((*same)->sql != a.sql)
      throw Error(ErrorKind::invalid,
                  title(plugin, a.number, a.name) + " was applied, and has changed since");
    plan.erase(same);
  }
  if (!plan.empty() && std::int64_t{plan.front()->number} < last.number)
    throw Error(ErrorKind::invalid, title(plugin, plan.front()->number, plan.front()->name) +
                                        " comes before " + std::to_string(last.number) +
                                        ", which was applied already");
}

namespace {

// All tables of the database, sorted.
Names all_tables(Session& s) {
  Names out;
  each(s, s.impl().dialect().table_names(), "s", [&](Row& r) { out.push_back(r.text()); });
  std::sort(out.begin(), out.end());
  return out;
}

bool has(const Names& names, const std::string& name) {
  return std::binary_search(names.begin(), names.end(), name);
}

// Records what came and went.
void record(Transaction& tx, const std::string& plugin, const Names& before) {
  const Names after = all_tables(tx);
  Names made, gone;
  std::set_difference(after.begin(), after.end(), before.begin(), before.end(),
                      std::back_inserter(made));
  std::set_difference(before.begin(), before.end(), after.begin(), after.end(),
                      std::back_inserter(gone));
  for (const std::string& name : made) {
    if (!name.starts_with(plugin + "_"))
      throw Error(ErrorKind::invalid, "'" + name + "' is not a name of this plugin");
    run(tx, "insert into plugin_tables (name, plugin) values (:a, :b)", name, plugin);
  }
  for (const std::string& name : gone)
    if (run(tx, "delete from plugin_tables where name = :a and plugin = :b", name, plugin) == 0)
      throw Error(ErrorKind::invalid, "'" + name + "' is not a table of this plugin");
}

void run_step(Transaction& tx, const std::string& plugin, const plugin_guard::Step& step) {
  const Names own = plugin_tables(tx, plugin);
  check_step(tx, step, own);
  const Names before = step.table ? all_tables(tx) : Names();
  tx.impl().plugin_runner().execute(call_of(plugin, step, own), {});
  if (step.table) record(tx, plugin, before);
}

// A reference to a table of somebody else would hold that one's rows.
void check_references(Session& s, const std::string& plugin) {
  const Names own = plugin_tables(s, plugin);
  for (const std::string& table : own) {
    Names parents;
    each(
        s, s.impl().dialect().referenced_tables(), "s",
        [&](Row& r) { parents.push_back(r.text()); }, table);
    for (const std::string& parent : parents)
      if (!has(own, parent))
        throw Error(ErrorKind::invalid, "'" + table + "' refers to '" + parent +
                                            "', which is not a table of this plugin");
  }
}

void apply(Transaction& tx, const std::string& plugin, const PluginMigration& m) {
  try {
    for (const auto& step : plugin_guard::script(m.sql, plugin)) run_step(tx, plugin, step);
    check_references(tx, plugin);
  } catch (const Error& e) {
    throw Error(e.kind(), title(plugin, m.number, m.name) + ": " + e.what(), e.duplicate());
  }
  note_applied(tx, plugin, m);
}

}  // namespace

void check_step(Session& s, const plugin_guard::Step& step, const Names& own) {
  if (step.table && !has(own, step.target) && has(all_tables(s), step.target))
    throw Error(ErrorKind::invalid, "'" + step.target + "' is not a table of this plugin");
  check_with_names(s, step.checked, own);
}

PluginCall call_of(const std::string& plugin, const plugin_guard::Step& step, const Names& own) {
  PluginCall call;
  call.plugin = plugin;
  call.sql = step.sql;
  call.tables = own;
  call.with_names = step.checked.with_names;
  call.schema = step.schema;
  call.target = step.target;
  call.limits.time = std::chrono::minutes(1);
  return call;
}

void note_applied(Session& s, const std::string& plugin, const PluginMigration& m) {
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  run(s,
      "insert into plugin_migrations (plugin, number, name, \"sql\", applied_at) "
      "values (:a, :b, :c, :d, :e)",
      plugin, std::int64_t{m.number}, m.name, m.sql, std::int64_t{now});
}

void migrate(Database& database, const std::string& plugin,
             std::span<const PluginMigration> migrations) {
  check_plugin_id(plugin);
  Plan plan = by_number(plugin, migrations);
  const Dialect* dialect = nullptr;
  Options options;
  database.read([&](Session& s) {
    dialect = &s.impl().dialect();
    options = s.impl().options();
  });
  if (!dialect->defines_in_transactions()) {
    Session session(std::make_unique<Session::Impl>(*dialect, options));
    return migrate_by_steps(session, plugin, std::move(plan));
  }
  database.writer().run([&](Transaction& tx) {
    check_applied(tx, plugin, plan);
    for (const PluginMigration* m : plan) apply(tx, plugin, *m);
  });
}

}  // namespace gardu::storage::plugin_sql
