// SPDX-License-Identifier: Apache-2.0
#include "app/plugin_data.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/plugin_send.hpp"
#include "base/time.hpp"
#include "storage/backlog.hpp"
#include "storage/clock.hpp"
#include "storage/cursors.hpp"
#include "storage/plugin_kv.hpp"
#include "storage/plugin_settings.hpp"

namespace gardu::host {
namespace {

using namespace std::chrono_literals;

// How long the writer waits for a plugin's transaction; the SDK's documentation says it.
constexpr std::chrono::milliseconds kTransactionLimit{5'000};
constexpr std::uint32_t kMostKeys = 1000;

std::optional<std::int64_t> expiry(std::chrono::microseconds ttl) {
  if (ttl <= 0us) return std::nullopt;
  return now_ms() + std::max<std::int64_t>(1, ttl / 1ms);
}

}  // namespace

// What came of the effects, told after the commit.
struct HostData::Stored {
  std::vector<Status> sends;
  std::vector<std::vector<gardu_publish_result>> publishes;
};

// Within the unit's transaction, or in one of its own.
template <class F>
void HostData::write(Unit* unit, F&& body) {
  if (unit != nullptr) {
    unit->use(body);
  } else {
    database_.writer().run(body);
  }
}
template <class F>
auto HostData::read(Unit* unit, F&& body) {
  if (unit == nullptr) return database_.query(body);
  decltype(body(std::declval<storage::Session&>())) out{};
  unit->use([&](storage::Transaction& tx) { out = body(tx); });
  return out;
}

std::unique_ptr<storage::LentTransaction> HostData::begin() {
  return std::make_unique<storage::LentTransaction>(database_.writer(), kTransactionLimit);
}

void HostData::store(storage::Transaction& tx, const std::string& plugin, const Effects& effects,
                     Stored& stored) {
  stored = {};
  if (effects.after && storage::cursors::get(tx, plugin).value_or(-1) != *effects.after)
    throw std::runtime_error("another copy of the plugin has gone on from here");
  for (const PluginSend& send : effects.sends) stored.sends.push_back(accept(tx, plugin, send));
  for (const PluginPublish& publish : effects.publishes)
    intake_.apply(tx, plugin, publish.items, stored.publishes.emplace_back());
  for (const auto& entry : effects.put) storage::backlog::put(tx, entry);
  for (const std::int64_t seq : effects.done) storage::backlog::remove(tx, plugin, seq);
  if (effects.cursor) storage::cursors::set(tx, plugin, *effects.cursor);
}

void HostData::commit(const std::string& plugin, Effects effects,
                      storage::LentTransaction* transaction) {
  Stored stored;
  try {
    const auto work = [&](storage::Transaction& tx) { store(tx, plugin, effects, stored); };
    if (transaction != nullptr) {
      transaction->use(work);
      transaction->commit();
    } else {
      database_.writer().run(work);
    }
  } catch (const std::exception& e) {
    effects.undone(Status::retry(e.what()));
    throw;
  }
  for (std::size_t i = 0; i < effects.sends.size(); ++i) {
    if (!stored.sends[i].ok())
      log_.named(plugin).warn("a message was not taken: {}", stored.sends[i].message());
    if (effects.sends[i].done) effects.sends[i].done(stored.sends[i]);
  }
  for (std::size_t i = 0; i < effects.publishes.size(); ++i)
    if (effects.publishes[i].done) effects.publishes[i].done(GARDU_OK, stored.publishes[i]);
}

std::optional<std::int64_t> HostData::cursor(const std::string& plugin) {
  return database_.query([&](storage::Session& s) { return storage::cursors::get(s, plugin); });
}
std::int64_t HostData::cursor_from(const std::string& plugin, std::int64_t present) {
  std::int64_t out = present;
  database_.writer().run([&](storage::Transaction& tx) {
    const auto found = storage::cursors::get(tx, plugin);
    out = found.value_or(present);
    if (!found) storage::cursors::set(tx, plugin, present);
  });
  return out;
}
bool HostData::lease(const std::string& plugin, std::chrono::milliseconds time) {
  bool ours = false;
  database_.writer().run([&](storage::Transaction& tx) {
    const std::int64_t now = storage::clock_ms(tx);
    ours = storage::cursors::lease(tx, plugin, node_, now, now + time.count());
  });
  return ours;
}
void HostData::release(const std::string& plugin) {
  database_.writer().run(
      [&](storage::Transaction& tx) { storage::cursors::release(tx, plugin, node_); });
}
std::vector<std::string> HostData::backlog_lanes(const std::string& plugin) {
  return database_.query([&](storage::Session& s) { return storage::backlog::lanes(s, plugin); });
}
std::vector<storage::BacklogEntry> HostData::backlog_due(const std::string& plugin, int limit) {
  return database_.query(
      [&](storage::Session& s) { return storage::backlog::due(s, plugin, now_ms(), limit); });
}
std::optional<std::int64_t> HostData::backlog_next_due(const std::string& plugin) {
  return database_.query(
      [&](storage::Session& s) { return storage::backlog::next_due(s, plugin); });
}
storage::backlog::Counts HostData::backlog_counts(const std::string& plugin) {
  return database_.query([&](storage::Session& s) { return storage::backlog::counts(s, plugin); });
}
EventRef HostData::event_at(std::int64_t seq) {
  auto entry = database_.query([&](storage::Session& s) { return storage::journal::at(s, seq); });
  return entry ? EventBlock::replay(std::move(*entry)) : EventRef();
}

void HostData::migrate(const std::string& plugin,
                       const std::vector<storage::PluginMigration>& migrations) {
  storage::plugin_sql::migrate(database_, plugin, migrations);
}

std::int64_t HostData::execute(Unit* unit, const std::string& plugin, std::string_view sql,
                               const std::vector<storage::SqlValue>& parameters,
                               const storage::plugin_sql::OnRow& on_row) {
  std::int64_t changed = 0;
  if (unit == nullptr && storage::plugin_sql::reads_only(sql)) {
    std::exception_ptr failed;  // of the plugin's statement: the session is as good as before
    database_.read([&](storage::Session& s) {
      try {
        changed = storage::plugin_sql::execute(s, plugin, sql, parameters, on_row);
      } catch (...) {
        failed = std::current_exception();
      }
    });
    if (failed) std::rethrow_exception(failed);
    return changed;
  }
  write(unit, [&](storage::Transaction& tx) {
    changed = storage::plugin_sql::execute(tx, plugin, sql, parameters, on_row);
  });
  return changed;
}

std::optional<std::string> HostData::kv_get(Unit* unit, const std::string& plugin,
                                            std::string_view key) {
  return read(unit, [&](storage::Session& s) {
    return storage::plugin_kv::get(s, plugin, std::string(key), now_ms());
  });
}
void HostData::kv_put(Unit* unit, const std::string& plugin, std::string_view key,
                      std::string_view value, std::chrono::microseconds ttl) {
  write(unit, [&](storage::Transaction& tx) {
    storage::plugin_kv::put(tx, plugin, std::string(key), std::string(value), expiry(ttl),
                            now_ms());
  });
}
bool HostData::kv_compare_and_put(Unit* unit, const std::string& plugin, std::string_view key,
                                  std::optional<std::string_view> expected, std::string_view value,
                                  std::chrono::microseconds ttl) {
  bool done = false;
  const auto old = expected ? std::optional(std::string(*expected)) : std::nullopt;
  write(unit, [&](storage::Transaction& tx) {
    done = storage::plugin_kv::compare_and_put(tx, plugin, std::string(key), old,
                                               std::string(value), expiry(ttl), now_ms());
  });
  return done;
}
void HostData::kv_erase(Unit* unit, const std::string& plugin, std::string_view key) {
  write(unit,
        [&](storage::Transaction& tx) { storage::plugin_kv::erase(tx, plugin, std::string(key)); });
}
std::vector<std::pair<std::string, std::string>> HostData::kv_scan(Unit* unit,
                                                                   const std::string& plugin,
                                                                   std::string_view prefix,
                                                                   std::string_view after,
                                                                   std::uint32_t limit) {
  const auto most = static_cast<int>(limit == 0 ? kMostKeys : std::min(limit, kMostKeys));
  return read(unit, [&](storage::Session& s) {
    return storage::plugin_kv::scan(s, plugin, std::string(prefix), std::string(after), most,
                                    now_ms());
  });
}

std::string HostData::workspace_settings(const std::string& plugin, const std::string& settings,
                                         std::string_view workspace_id) {
  const auto own = database_.query([&](storage::Session& s) {
    return storage::plugin_settings::get(s, std::string(workspace_id), plugin);
  });
  if (!own) return settings;
  auto merged = nlohmann::json::parse(settings);
  merged.merge_patch(nlohmann::json::parse(*own));
  return merged.dump();
}

}  // namespace gardu::host
