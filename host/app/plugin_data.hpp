// SPDX-License-Identifier: Apache-2.0
//
// The database as plugins use it: their effects, their own tables and values, their backlog.
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "journal/intake.hpp"
#include "log/log.hpp"
#include "plugins/services.hpp"
#include "storage/database.hpp"

namespace gardu::host {

class HostData final : public PluginData {
 public:
  // `node`: what leases are held as.
  HostData(storage::Database& database, Intake& intake, Logger log, std::string node = "node")
      : database_(database), intake_(intake), log_(std::move(log)), node_(std::move(node)) {}

  std::unique_ptr<storage::LentTransaction> begin() override;
  void commit(const std::string& plugin, Effects effects,
              storage::LentTransaction* transaction) override;
  std::optional<std::int64_t> cursor(const std::string& plugin) override;
  std::int64_t cursor_from(const std::string& plugin, std::int64_t present) override;
  bool shared() const override { return database_.many_writers(); }
  bool lease(const std::string& plugin, std::chrono::milliseconds time) override;
  void release(const std::string& plugin) override;
  std::vector<std::string> backlog_lanes(const std::string& plugin) override;
  std::vector<storage::BacklogEntry> backlog_due(const std::string& plugin, int limit) override;
  std::optional<std::int64_t> backlog_next_due(const std::string& plugin) override;
  storage::backlog::Counts backlog_counts(const std::string& plugin) override;
  EventRef event_at(std::int64_t seq) override;

  void migrate(const std::string& plugin,
               const std::vector<storage::PluginMigration>& migrations) override;
  std::int64_t execute(Unit* unit, const std::string& plugin, std::string_view sql,
                       const std::vector<storage::SqlValue>& parameters,
                       const storage::plugin_sql::OnRow& on_row) override;
  std::optional<std::string> kv_get(Unit* unit, const std::string& plugin,
                                    std::string_view key) override;
  void kv_put(Unit* unit, const std::string& plugin, std::string_view key, std::string_view value,
              std::chrono::microseconds ttl) override;
  bool kv_compare_and_put(Unit* unit, const std::string& plugin, std::string_view key,
                          std::optional<std::string_view> expected, std::string_view value,
                          std::chrono::microseconds ttl) override;
  void kv_erase(Unit* unit, const std::string& plugin, std::string_view key) override;
  std::vector<std::pair<std::string, std::string>> kv_scan(Unit* unit, const std::string& plugin,
                                                           std::string_view prefix,
                                                           std::string_view after,
                                                           std::uint32_t limit) override;
  std::string workspace_settings(const std::string& plugin, const std::string& settings,
                                 std::string_view workspace_id) override;

 private:
  struct Stored;
  void store(storage::Transaction& tx, const std::string& plugin, const Effects& effects,
             Stored& stored);
  template <class F>
  void write(Unit* unit, F&& body);
  template <class F>
  auto read(Unit* unit, F&& body);

  storage::Database& database_;
  Intake& intake_;
  const Logger log_;
  const std::string node_;
};

}  // namespace gardu::host
