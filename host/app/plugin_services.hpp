// SPDX-License-Identifier: Apache-2.0
//
// The host's services for plugins, put together from the parts that do the work.
#pragma once
#include <functional>
#include <string>

#include "app/media_store.hpp"
#include "config/secret_store.hpp"
#include "http_client/http_client.hpp"
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
    PluginData& data;
    MediaStore& media;
    client::Client& client;
    std::function<void(const std::string& plugin)> started;  // it takes calls (again)
  };
  explicit HostServices(Parts parts) : p_(std::move(parts)) {}

  void log(const std::string& plugin, std::int32_t level, std::string_view message) override;
  bool log_enabled(std::int32_t level) override;
  Status publish(const std::string& plugin, std::vector<Incoming> items, PublishDone done) override;
  Status send(const std::string& plugin, PluginSend send) override;
  EventFeed& feed() override { return p_.feed; }
  Status read_journal(const gardu_journal_query& query,
                      const std::function<bool(const gardu_event&)>& on_event) override;
  std::pair<std::int64_t, std::int64_t> journal_range() override;
  std::int64_t journal_cut(std::string_view workspace_id) override;
  bool may_follow(const gardu_principal& principal, std::string_view workspace_id,
                  std::string_view contact_id, std::string_view account_id) override;
  Result<std::string> secret(const std::string& plugin, std::string_view name,
                             std::uint32_t bytes) override;
  Status add_route(const std::string& plugin, PluginRoute route) override;
  void remove_routes(const std::string& plugin) override;
  Metrics& metrics() override { return p_.metrics; }
  PluginData& data() override { return p_.data; }
  Status http(HttpExchange call, const OutsideAccess& access,
              std::function<void(HttpOutcome)> done) override;
  Result<std::uint64_t> media_open(const std::string& plugin, const MediaInfo& info) override {
    return p_.media.open(plugin, info);
  }
  Status media_append(const std::string& plugin, std::uint64_t writer,
                      std::string_view bytes) override {
    return p_.media.append(plugin, writer, bytes);
  }
  Result<std::string> media_finish(Unit* unit, const std::string& plugin, std::uint64_t writer,
                                   bool keep) override {
    if (unit == nullptr) return p_.media.finish(plugin, writer, keep);
    return p_.media.finish(plugin, writer, keep, [&](const auto& work) { unit->use(work); });
  }
  void media_drop_all(const std::string& plugin) override { p_.media.drop_all(plugin); }
  Result<MediaInfo> media_stat(std::string_view workspace_id, std::string_view id) override {
    return p_.media.stat(workspace_id, id);
  }
  Result<std::string> media_read(std::string_view workspace_id, std::string_view id,
                                 std::uint64_t offset, std::uint64_t most) override {
    return p_.media.read(workspace_id, id, offset, most);
  }
  Result<std::string> find_records(const DirectoryQuery& query,
                                   const PluginHost::OnText& on_record) override;
  Status update_contact(Unit* unit, const std::string& plugin, std::string_view workspace_id,
                        std::string_view contact_id, std::string_view patch) override;
  void state_changed(const std::string& plugin, std::string_view state,
                     const std::string& reason) override;

 private:
  Parts p_;
};

}  // namespace gardu::host
