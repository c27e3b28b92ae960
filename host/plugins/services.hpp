// SPDX-License-Identifier: Apache-2.0
//
// What the rest of the host does for plugins. PluginInstance turns a plugin's calls into these; the
// composition root implements them. All may be called from any thread.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"
#include "http/responder.hpp"
#include "http/url.hpp"
#include "journal/feed.hpp"
#include "plugins/plugin_host.hpp"
#include "plugins/unit.hpp"

namespace gardu::host {

class Metrics;

// A request that was routed to a plugin, after the host's own checks.
struct RoutedRequest {
  http::Request request;
  http::Pairs params;
  std::uint32_t auth = GARDU_AUTH_NONE;  // of the caller's token
  std::string workspace_id, user_id, token_id, principal_name;
};

struct PluginRoute {
  std::string method, pattern;
  std::uint32_t auth = GARDU_AUTH_ADMIN;
  std::uint64_t body_limit = 0;                                // 0: the default
  std::int64_t deadline = 0;                                   // microseconds; 0: the default
  std::function<void(RoutedRequest, http::Responder)> handle;  // called on an HTTP thread
};

// The database as plugins may use it; within `unit`, or each call its own when that is null. They
// block and throw storage::Error.
class PluginData {
 public:
  virtual ~PluginData() = default;

  virtual std::unique_ptr<storage::LentTransaction> begin() = 0;
  // Stores the effects, in the unit's transaction where one is begun, and waits until they are
  // durable. What is refused of them alone is told to whoever asked for it.
  virtual void commit(const std::string& plugin, Effects effects,
                      storage::LentTransaction* transaction) = 0;
  virtual std::optional<std::int64_t> cursor(const std::string& plugin) = 0;
  // The cursor, which is made at `present` if there is none: two hosts may start at the same time.
  virtual std::int64_t cursor_from(const std::string& plugin, std::int64_t present) = 0;
  // Several hosts may have the database.
  virtual bool shared() const = 0;
  // Of several hosts one delivers to a durable subscriber: takes or renews the right to, for that
  // long. False: another one has it.
  virtual bool lease(const std::string& plugin, std::chrono::milliseconds time) = 0;
  virtual void release(const std::string& plugin) = 0;
  virtual std::vector<std::string> backlog_lanes(const std::string& plugin) = 0;
  virtual std::vector<storage::BacklogEntry> backlog_due(const std::string& plugin, int limit) = 0;
  virtual std::optional<std::int64_t> backlog_next_due(const std::string& plugin) = 0;
  virtual storage::backlog::Counts backlog_counts(const std::string& plugin) = 0;
  // Null: retention has taken it.
  virtual EventRef event_at(std::int64_t seq) = 0;

  virtual void migrate(const std::string& plugin,
                       const std::vector<storage::PluginMigration>& migrations) = 0;
  virtual std::int64_t execute(Unit* unit, const std::string& plugin, std::string_view sql,
                               const std::vector<storage::SqlValue>& parameters,
                               const storage::plugin_sql::OnRow& on_row) = 0;
  virtual std::optional<std::string> kv_get(Unit* unit, const std::string& plugin,
                                            std::string_view key) = 0;
  virtual void kv_put(Unit* unit, const std::string& plugin, std::string_view key,
                      std::string_view value, std::chrono::microseconds ttl) = 0;
  virtual bool kv_compare_and_put(Unit* unit, const std::string& plugin, std::string_view key,
                                  std::optional<std::string_view> expected, std::string_view value,
                                  std::chrono::microseconds ttl) = 0;
  virtual void kv_erase(Unit* unit, const std::string& plugin, std::string_view key) = 0;
  virtual std::vector<std::pair<std::string, std::string>> kv_scan(Unit* unit,
                                                                   const std::string& plugin,
                                                                   std::string_view prefix,
                                                                   std::string_view after,
                                                                   std::uint32_t limit) = 0;
  virtual std::string workspace_settings(const std::string& plugin, const std::string& settings,
                                         std::string_view workspace_id) = 0;
};

// Where a plugin's calls to the outside may go, beside public addresses.
struct OutsideAccess {
  bool private_addresses = false;  // loopback, private and link-local ones too
  // Those of the URLs that its configuration names: whoever configured them means them. As
  // client::origin_of has them.
  std::set<std::string> origins;
};

class PluginServices {
 public:
  using PublishDone = PluginHost::PublishDone;

  virtual ~PluginServices() = default;

  virtual void log(const std::string& plugin, std::int32_t level, std::string_view message) = 0;
  virtual bool log_enabled(std::int32_t level) = 0;

  // Never blocks. Fine: `done` is called once, later, on any thread.
  virtual Status publish(const std::string& plugin, std::vector<Incoming> items,
                         PublishDone done) = 0;
  virtual Status send(const std::string& plugin, PluginSend send) = 0;

  virtual EventFeed& feed() = 0;
  virtual Status read_journal(const gardu_journal_query& query,
                              const std::function<bool(const gardu_event&)>& on_event) = 0;
  virtual std::pair<std::int64_t, std::int64_t> journal_range() = 0;
  // The seq up to which events of the workspace were deleted. May throw.
  virtual std::int64_t journal_cut(std::string_view workspace_id) = 0;
  virtual bool may_follow(const gardu_principal& principal, std::string_view workspace_id,
                          std::string_view contact_id, std::string_view account_id) = 0;
  virtual Result<std::string> secret(const std::string& plugin, std::string_view name,
                                     std::uint32_t bytes) = 0;

  virtual Status add_route(const std::string& plugin, PluginRoute route) = 0;
  virtual void remove_routes(const std::string& plugin) = 0;
  virtual Metrics& metrics() = 0;

  virtual PluginData& data() = 0;

  // Calls to the outside. Fine: `done` is called once, on any thread.
  virtual Status http(HttpExchange call, const OutsideAccess& access,
                      std::function<void(HttpOutcome)> done) = 0;

  virtual Result<std::uint64_t> media_open(const std::string& plugin, const MediaInfo& info) = 0;
  virtual Status media_append(const std::string& plugin, std::uint64_t writer,
                              std::string_view bytes) = 0;
  virtual Result<std::string> media_finish(Unit* unit, const std::string& plugin,
                                           std::uint64_t writer, bool keep) = 0;
  virtual void media_drop_all(const std::string& plugin) = 0;  // handles that it left open
  virtual Result<MediaInfo> media_stat(std::string_view workspace_id, std::string_view id) = 0;
  virtual Result<std::string> media_read(std::string_view workspace_id, std::string_view id,
                                         std::uint64_t offset, std::uint64_t most) = 0;

  virtual Result<std::string> find_records(const DirectoryQuery& query,
                                           const PluginHost::OnText& on_record) = 0;
  virtual Status update_contact(Unit* unit, const std::string& plugin,
                                std::string_view workspace_id, std::string_view contact_id,
                                std::string_view patch) = 0;

  // A plugin's state changed; for the log, the journal (plugin.status) and whoever waits.
  virtual void state_changed(const std::string& plugin, std::string_view state,
                             const std::string& reason) = 0;
};

}  // namespace gardu::host
