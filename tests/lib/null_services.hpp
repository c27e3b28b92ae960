// SPDX-License-Identifier: Apache-2.0
//
// Host services that do nothing, for what is tested or measured of a plugin without a gateway
// around it. Override what matters.
#pragma once
#include "metrics/metrics.hpp"
#include "plugins/services.hpp"

namespace gardu::host {

class NullData : public PluginData {
 public:
  std::unique_ptr<storage::LentTransaction> begin() override { return nullptr; }
  void commit(const std::string&, Effects, storage::LentTransaction*) override {}
  std::optional<std::int64_t> cursor(const std::string&) override { return std::nullopt; }
  std::int64_t cursor_from(const std::string&, std::int64_t present) override { return present; }
  bool shared() const override { return false; }
  bool lease(const std::string&, std::chrono::milliseconds) override { return true; }
  void release(const std::string&) override {}
  std::vector<std::string> backlog_lanes(const std::string&) override { return {}; }
  std::vector<storage::BacklogEntry> backlog_due(const std::string&, int) override { return {}; }
  std::optional<std::int64_t> backlog_next_due(const std::string&) override { return std::nullopt; }
  storage::backlog::Counts backlog_counts(const std::string&) override { return {}; }
  EventRef event_at(std::int64_t) override { return {}; }
  void migrate(const std::string&, const std::vector<storage::PluginMigration>&) override {}
  std::int64_t execute(Unit*, const std::string&, std::string_view,
                       const std::vector<storage::SqlValue>&,
                       const storage::plugin_sql::OnRow&) override {
    return 0;
  }
  std::optional<std::string> kv_get(Unit*, const std::string&, std::string_view) override {
    return std::nullopt;
  }
  void kv_put(Unit*, const std::string&, std::string_view, std::string_view,
              std::chrono::microseconds) override {}
  bool kv_compare_and_put(Unit*, const std::string&, std::string_view,
                          std::optional<std::string_view>, std::string_view,
                          std::chrono::microseconds) override {
    return false;
  }
  void kv_erase(Unit*, const std::string&, std::string_view) override {}
  std::vector<std::pair<std::string, std::string>> kv_scan(Unit*, const std::string&,
                                                           std::string_view, std::string_view,
                                                           std::uint32_t) override {
    return {};
  }
  std::string workspace_settings(const std::string&, const std::string& settings,
                                 std::string_view) override {
    return settings;
  }
};

class NullServices : public PluginServices {
 public:
  explicit NullServices(PluginData& data)
      : data_(data),
        feed_([](std::int64_t, int) { return std::vector<storage::JournalEntry>(); }, 0) {}
  void log(const std::string&, std::int32_t, std::string_view) override {}
  bool log_enabled(std::int32_t) override { return false; }
  Status publish(const std::string&, std::vector<Incoming>, PublishDone) override {
    return unsupported();
  }
  Status send(const std::string&, PluginSend) override { return unsupported(); }
  EventFeed& feed() override { return feed_; }
  Status read_journal(const gardu_journal_query&,
                      const std::function<bool(const gardu_event&)>&) override {
    return {};
  }
  std::pair<std::int64_t, std::int64_t> journal_range() override { return {0, 0}; }
  std::int64_t journal_cut(std::string_view) override { return 0; }
  bool may_follow(const gardu_principal&, std::string_view, std::string_view,
                  std::string_view) override {
    return false;
  }
  Result<std::string> secret(const std::string&, std::string_view, std::uint32_t) override {
    return std::string();
  }
  Status add_route(const std::string&, PluginRoute) override { return {}; }
  void remove_routes(const std::string&) override {}
  Metrics& metrics() override { return metrics_; }
  PluginData& data() override { return data_; }
  Status http(HttpExchange, const OutsideAccess&, std::function<void(HttpOutcome)>) override {
    return unsupported();
  }
  Result<std::uint64_t> media_open(const std::string&, const MediaInfo&) override {
    return unsupported();
  }
  Status media_append(const std::string&, std::uint64_t, std::string_view) override {
    return unsupported();
  }
  Result<std::string> media_finish(Unit*, const std::string&, std::uint64_t, bool) override {
    return unsupported();
  }
  void media_drop_all(const std::string&) override {}
  Result<MediaInfo> media_stat(std::string_view, std::string_view) override {
    return unsupported();
  }
  Result<std::string> media_read(std::string_view, std::string_view, std::uint64_t,
                                 std::uint64_t) override {
    return unsupported();
  }
  Result<std::string> find_records(const DirectoryQuery&, const PluginHost::OnText&) override {
    return unsupported();
  }
  Status update_contact(Unit*, const std::string&, std::string_view, std::string_view,
                        std::string_view) override {
    return unsupported();
  }
  void state_changed(const std::string&, std::string_view, const std::string&) override {}

 private:
  static Status unsupported() { return Status::unsupported("not here"); }
  PluginData& data_;
  EventFeed feed_;
  Metrics metrics_;
};

}  // namespace gardu::host
