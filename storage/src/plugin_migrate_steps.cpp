// SPDX-License-Identifier: Apache-2.0
// Migrations of plugins on MySQL, which commits at each statement that defines a table.
#include <algorithm>
#include <optional>

#include "plugin_migrate.hpp"
#include "plugin_names.hpp"
#include "plugin_schema.hpp"

namespace gardu::storage::plugin_sql {
namespace {

using Steps = std::vector<plugin_guard::Step>;
using What = PluginSchema::What;

struct Progress {
  std::int64_t number = 0, done = 0;
  bool begun = false;
  std::string sql;
};

// One plugin's, while the lock is held.
class Stepwise {
 public:
  Stepwise(Session& s, const std::string& plugin) : s_(s), plugin_(plugin) {}

  void apply(const PluginMigration& m);
  std::optional<std::int64_t> under_way();

 private:
  template <class F>
  void transact(F&& body);
  Progress progress(const PluginMigration& m);
  void resume(const PluginMigration& m, const Steps& steps, Progress& at);
  void check_rest(const Steps& steps, const Progress& at);
  void run_step(const plugin_guard::Step& step, Progress& at);
  void run_schema(const plugin_guard::Step& step, Progress& at);
  PluginSchema schema_of(const plugin_guard::Step& step);
  bool is_there(const PluginSchema& change);
  bool has_column(const std::string& table, const std::string& column);
  void finish(const PluginSchema& change, Progress& at);
  void save(const Progress& at);

  Session& s_;
  const std::string& plugin_;
};

template <class F>
void Stepwise::transact(F&& body) {
  run(s_, "start transaction");
  try {
    body();
    run(s_, "commit");
  } catch (...) {
    const auto failed = std::current_exception();
    try {
      run(s_, "rollback");
    } catch (const Error&) {
      // The connection is lost, and the transaction with it.
    }
    std::rethrow_exception(failed);
  }
}

Progress Stepwise::progress(const PluginMigration& m) {
  Progress out;
  out.number = m.number;
  out.sql = m.sql;
  each(
      s_,
      "select done, begun, \"sql\" from plugin_migration_steps where plugin = :a and number = :b",
      "iis",
      [&](Row& r) {
        out.done = r.integer();
        out.begun = r.flag();
        out.sql = r.text();
      },
      plugin_, out.number);
  return out;
}

void Stepwise::save(const Progress& at) {
  run(s_,
      "replace into plugin_migration_steps (plugin, number, \"sql\", done, begun) "
      "values (:a, :b, :c, :d, :e)",
      plugin_, at.number, at.sql, at.done, at.begun);
}

std::optional<std::int64_t> Stepwise::under_way() {
  std::optional<std::int64_t> out;
  each(
      s_, "select number from plugin_migration_steps where plugin = :a", "i",
      [&](Row& r) { out = r.integer(); }, plugin_);
  return out;
}

bool Stepwise::has_column(const std::string& table, const std::string& column) {
  return number(s_,
                "select count(*) from information_schema.columns where table_schema = database() "
                "and table_name = :a and lower(column_name) = lower(:b)",
                0, table, column) != 0;
}

// Whether the database looks as it does after the statement.
bool Stepwise::is_there(const PluginSchema& change) {
  const auto has_table = [&](const std::string& table) {
    return number(s_, s_.impl().dialect().has_relation(), 0, table) != 0;
  };
  const auto has_index = [&] {
    return number(s_,
                  "select count(*) from information_schema.statistics where "
                  "table_schema = database() and lower(index_name) = :a",
                  0, change.name) != 0;
  };
  switch (change.what) {
    case What::create_table:
      return has_table(change.name);
    case What::drop_table:
      return !has_table(change.name);
    case What::rename_table:
      return has_table(change.new_name) && !has_table(change.name);
    case What::create_index:
      return has_index();
    case What::drop_index:
      return !has_index();
    case What::add_column:
      return has_column(change.name, change.column);
    case What::drop_column:
      return !has_column(change.name, change.column);
    case What::rename_column:
      return has_column(change.name, change.new_name) && !has_column(change.name, change.column);
  }
  return false;
}

PluginSchema Stepwise::schema_of(const plugin_guard::Step& step) {
  const Names own = plugin_tables(s_, plugin_);
  return plugin_schema(call_of(plugin_, step, own), PluginEngine::mysql);
}

// Records what the statement did, and that it is done, in one.
void Stepwise::finish(const PluginSchema& change, Progress& at) {
  ++at.done;
  at.begun = false;
  const auto remove = [&] {
    run(s_, "delete from plugin_tables where name = :a and plugin = :b", change.name, plugin_);
  };
  const auto add = [&](const std::string& name) {
    if (number(s_, "select count(*) from plugin_tables where name = :a and plugin = :b", 0, name,
               plugin_) == 0)
      run(s_, "insert into plugin_tables (name, plugin) values (:a, :b)", name, plugin_);
  };
  transact([&] {
    if (change.what == What::create_table) add(change.name);
    if (change.what == What::drop_table || change.what == What::rename_table) remove();
    if (change.what == What::rename_table) add(change.new_name);
    save(at);
  });
}

// That it was begun is noted only when its effect was not there before, so that the effect tells
// afterwards whether it ran. One that is known to have failed did not.
void Stepwise::run_schema(const plugin_guard::Step& step, Progress& at) {
  const Names own = plugin_tables(s_, plugin_);
  check_step(s_, step, own);
  const PluginCall call = call_of(plugin_, step, own);
  const PluginSchema change = plugin_schema(call, PluginEngine::mysql);
  at.begun = !is_there(change);
  transact([&] { save(at); });
  try {
    s_.impl().plugin_runner().execute(call, {});
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::unavailable) {
      at.begun = false;
      transact([&] { save(at); });
    }
    throw;
  }
  finish(change, at);
}

// What can be refused without asking the database is refused before anything is done.
void Stepwise::check_rest(const Steps& steps, const Progress& at) {
  Names own = plugin_tables(s_, plugin_);
  for (auto i = static_cast<std::size_t>(at.done); i < steps.size(); ++i) {
    check_step(s_, steps[i], own);
    const PluginCall call = call_of(plugin_, steps[i], own);
    if (!steps[i].schema) {
      plugin_statement(call, PluginEngine::mysql);
      continue;
    }
    const PluginSchema change = plugin_schema(call, PluginEngine::mysql);
    const bool goes = change.what == What::drop_table || change.what == What::rename_table;
    if (goes) std::erase(own, change.name);
    if (change.what == What::create_table) own.push_back(change.name);
    if (change.what == What::rename_table) own.push_back(change.new_name);
    std::sort(own.begin(), own.end());
  }
}

void Stepwise::run_step(const plugin_guard::Step& step, Progress& at) {
  if (step.schema) return run_schema(step, at);
  transact([&] {
    const Names own = plugin_tables(s_, plugin_);
    check_step(s_, step, own);
    s_.impl().plugin_runner().execute(call_of(plugin_, step, own), {});
    ++at.done;
    save(at);
  });
}

// What an earlier attempt did, perhaps with a text that was mended since.
void Stepwise::resume(const PluginMigration& m, const Steps& steps, Progress& at) {
  const Steps former = plugin_guard::script(at.sql, plugin_);
  if (at.begun) {
    const auto change = schema_of(former.at(static_cast<std::size_t>(at.done)));
    if (is_there(change)) finish(change, at);
  }
  for (std::size_t i = 0; i < static_cast<std::size_t>(at.done); ++i)
    if (i >= steps.size() || steps[i].sql != former[i].sql)
      throw Error(ErrorKind::invalid,
                  "its statement " + std::to_string(i + 1) + " was applied, and has changed since");
  at.sql = m.sql;
}

void Stepwise::apply(const PluginMigration& m) {
  try {
    const Steps steps = plugin_guard::script(m.sql, plugin_);
    Progress at = progress(m);
    resume(m, steps, at);
    check_rest(steps, at);
    while (static_cast<std::size_t>(at.done) < steps.size())
      run_step(steps[static_cast<std::size_t>(at.done)], at);
    transact([&] {
      note_applied(s_, plugin_, m);
      run(s_, "delete from plugin_migration_steps where plugin = :a and number = :b", plugin_,
          at.number);
    });
  } catch (const Error& e) {
    throw Error(e.kind(), title(plugin_, m.number, m.name) + ": " + e.what(), e.duplicate());
  }
}

}  // namespace

void migrate_by_steps(Session& s, const std::string& plugin, Plan plan) {
  run(s, "set session lock_wait_timeout = 60");
  // Given back with the session.
  if (number(s, "select get_lock(concat('gardu plugins ', md5(database())), 600)", 0) != 1)
    throw Error(ErrorKind::busy, "another process migrates plugins' tables");
  check_applied(s, plugin, plan);
  Stepwise stepwise(s, plugin);
  if (const auto number = stepwise.under_way();
      number && (plan.empty() || std::int64_t{plan.front()->number} != *number))
    throw Error(ErrorKind::invalid, "migration " + std::to_string(*number) + " of plugin '" +
                                        plugin + "' was begun, but is not the next one any more");
  for (const PluginMigration* m : plan) stepwise.apply(*m);
}

}  // namespace gardu::storage::plugin_sql
