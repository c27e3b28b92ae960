// SPDX-License-Identifier: Apache-2.0
//
// The host's services for plugins, put together from the parts that do the work.
#pragma once
#include <functional>
#include <string>

#include "config/secret_store.hpp"
#include "journal/feed.hpp"
#include "journal/intake.hpp"
#include "log/log.hpp"
#include "metrics/metrics.hpp"
#include "plugins/services.hpp"
#include "storage/database.hpp"

namespace gardu::host {

class HostServices final : public PluginServices {
 public:
  struct Parts {
    storage::Database& database;
    EventFeed& feed;
    Intake& intake;
    SecretStore& secrets;
    Metrics& metrics;
    Logger log;
    std::function<Status(const std::string&, PluginRoute)> add_route;
    std::function<void(const std::string&)> remove_routes;
    std::function<void(storage::JournalEntry)> publish_ephemeral;
  };
  explicit HostServices(Parts parts) : p_(std::move(parts)) {}

  void log(const std::string& plugin, std::int32_t level, std::string_view message) override;
  bool log_enabled(std::int32_t level) override;
  Status publish(const std::string& plugin, std::span<const gardu_publication* const> items,
                 PublishDone done) override;
  Status send(const std::string& plugin, PluginSend send) override;
  void commit_batch(const std::string& plugin, std::int64_t seq,
                    std::vector<PluginSend> sends) override;
  std::optional<std::int64_t> cursor(const std::string& plugin) override;
  EventFeed& feed() override { return p_.feed; }
  Status read_journal(const gardu_journal_query& query,
                      const std::function<bool(const gardu_event&)>& on_event) override;
  std::pair<std::int64_t, std::int64_t> journal_range() override;
  bool may_follow(const gardu_principal& principal, std::string_view workspace_id,
                  std::string_view contact_id, std::string_view account_id) override;
  Result<std::string> secret(const std::string& plugin, std::string_view name,
                             std::uint32_t bytes) override;
  Status add_route(const std::string& plugin, PluginRoute route) override;
  void remove_routes(const std::string& plugin) override;
  Metrics& metrics() override { return p_.metrics; }
  void state_changed(const std::string& plugin, std::string_view state,
                     const std::string& reason) override;

 private:
  Parts p_;
};

}  // namespace gardu::host
