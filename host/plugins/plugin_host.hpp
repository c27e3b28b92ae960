// SPDX-License-Identifier: Apache-2.0
//
// What a plugin's host tables call: the services of one plugin as C++ calls. Implemented by
// PluginInstance where the plugin is in this process, and by RunnerHost in the process of a plugin
// that has its own, which asks the gateway. Functions may be called from any thread unless they say
// otherwise; errors are statuses, exceptions become statuses at the table.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gardu/abi/abi.h>
#include <gardu/abi/ext/http_client.h>
#include <gardu/abi/ext/http_routes.h>
#include <gardu/abi/ext/journal.h>
#include <gardu/abi/ext/media.h>
#include <gardu/abi/ext/publish.h>
#include <gardu/directory.hpp>
#include <gardu/event.hpp>
#include <gardu/media.hpp>

#include "journal/intake.hpp"
#include "plugins/mailbox.hpp"
#include "storage/plugin_sql.hpp"

namespace gardu::host {

// A message that a plugin wants sent, under the id that it was told.
struct PluginSend {
  std::string message_id;
  OutgoingMessage message;
  std::function<void(const Status&)> done;  // may be empty
};

// A route as the plugin gave it.
struct RouteRequest {
  std::string method, pattern;
  std::uint32_t auth = GARDU_AUTH_ADMIN;
  std::uint64_t body_limit = 0;  // bytes; 0: the default
  std::int64_t deadline = 0;     // microseconds; 0: the default
  void (*handle)(void* user, const gardu_http_request*, const gardu_http_reply*) = nullptr;
  void* user = nullptr;
};

struct HttpExchange {
  std::string method, url, body;
  std::vector<std::pair<std::string, std::string>> headers;
  std::chrono::microseconds deadline{0};
  std::uint64_t max_answer = 0;
};
struct HttpOutcome {
  std::uint32_t progress = GARDU_HTTP_STOPPED;  // gardu_http_progress
  std::int32_t status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body, error;
};

class PluginHost {
 public:
  using PublishDone =
      std::function<void(std::int32_t status, std::span<const gardu_publish_result> results)>;
  using OnText = std::function<bool(std::string_view key, std::string_view value)>;

  virtual ~PluginHost() = default;
  virtual const std::string& id() const = 0;
  // Between the start of the plugin's start and the end of its stop.
  virtual bool started() const = 0;
  virtual bool offers(std::string_view service) const = 0;

  virtual void log(std::int32_t level, std::string_view message) = 0;
  virtual bool log_enabled(std::int32_t level) const = 0;
  virtual Status publish(std::vector<Incoming> items, PublishDone done) = 0;
  virtual Status send(PluginSend send) = 0;
  virtual Status read_journal(const gardu_journal_query& query,
                              const std::function<bool(const gardu_event&)>& on_event) = 0;
  virtual std::pair<std::int64_t, std::int64_t> journal_range() = 0;
  virtual Result<std::int64_t> journal_cut(std::string_view workspace_id) = 0;
  virtual Status add_route(const RouteRequest& route) = 0;
  virtual bool may_follow(const gardu_principal& principal, std::string_view workspace_id,
                          std::string_view contact_id, std::string_view account_id) = 0;
  virtual Result<std::string> secret(std::string_view name, std::uint32_t bytes) = 0;
  // 0: not well formed.
  virtual std::uint64_t define_metric(std::uint32_t kind, std::string_view name,
                                      std::string_view labels, std::string_view help) = 0;
  virtual void add_metric(std::uint64_t id, std::int64_t delta) noexcept = 0;
  virtual void set_metric(std::uint64_t id, std::int64_t value) noexcept = 0;

  // The thread that the plugin's hooks run on.
  virtual Mailbox& mailbox() = 0;

  virtual Status migrate(std::vector<storage::PluginMigration> migrations) = 0;
  virtual Result<std::int64_t> execute(std::string_view sql,
                                       const std::vector<storage::SqlValue>& parameters,
                                       const storage::plugin_sql::OnRow& on_row) = 0;
  virtual Status transaction(const std::function<Status()>& body) = 0;

  virtual Result<std::optional<std::string>> kv_get(std::string_view key) = 0;
  virtual Status kv_put(std::string_view key, std::string_view value,
                        std::chrono::microseconds ttl) = 0;
  // False: the present value is another.
  virtual Result<bool> kv_compare_and_put(std::string_view key,
                                          std::optional<std::string_view> expected,
                                          std::string_view value,
                                          std::chrono::microseconds ttl) = 0;
  virtual Status kv_erase(std::string_view key) = 0;
  virtual Status kv_scan(std::string_view prefix, std::string_view after, std::uint32_t limit,
                         const OnText& on_value) = 0;

  // `done` is called once, on the plugin's thread, or on any with GARDU_HTTP_STOPPED.
  virtual Status http(HttpExchange call, std::function<void(const HttpOutcome&)> done) = 0;

  virtual Result<std::uint64_t> media_open(const MediaInfo& info) = 0;
  virtual Status media_append(std::uint64_t writer, std::string_view bytes) = 0;
  // The id; empty when it was not to be kept.
  virtual Result<std::string> media_finish(std::uint64_t writer, bool keep) = 0;
  virtual Result<MediaInfo> media_stat(std::string_view workspace_id, std::string_view id) = 0;
  virtual Result<std::string> media_read(std::string_view workspace_id, std::string_view id,
                                         std::uint64_t offset, std::uint64_t most) = 0;

  // The next page's cursor.
  virtual Result<std::string> find_records(const DirectoryQuery& query,
                                           const OnText& on_record) = 0;
  virtual Status update_contact(std::string_view workspace_id, std::string_view contact_id,
                                std::string_view patch) = 0;
  virtual Result<std::string> workspace_settings(std::string_view workspace_id) = 0;
};

}  // namespace gardu::host
