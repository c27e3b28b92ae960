// SPDX-License-Identifier: Apache-2.0
//
// The host as it is seen in the process of a plugin: every service asks the gateway over the
// channel; timers and posted work stay here.
#pragma once
#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "plugins/channel.hpp"
#include "plugins/outstanding.hpp"
#include "plugins/plugin_host.hpp"
#include "plugins/wire.hpp"

namespace gardu::host {

class RunnerHost final : public PluginHost {
 public:
  RunnerHost(std::string id, Channel& channel, Mailbox& mailbox)
      : id_(std::move(id)), channel_(channel), mailbox_(mailbox) {}

  // What the gateway tells later.
  void publish_done(wire::Reader& in);
  void send_done(wire::Reader& in);
  void http_done(wire::Reader& in);
  // A route's request. Empty: there is no such route.
  struct Handler {
    void (*handle)(void*, const gardu_http_request*, const gardu_http_reply*) = nullptr;
    void* user = nullptr;
  };
  Handler handler(std::uint64_t route) const;

  // Runs `body` with the calls of this thread joining the batch's transaction.
  void within_batch(const std::function<void()>& body);
  void set_started(bool started) { started_ = started; }
  Outstanding& outstanding() { return *outstanding_; }

  const std::string& id() const override { return id_; }
  bool started() const override { return started_; }
  bool offers(std::string_view) const override { return true; }
  void log(std::int32_t level, std::string_view message) override;
  bool log_enabled(std::int32_t) const override { return true; }
  Status publish(std::vector<Incoming> items, PublishDone done) override;
  Status send(PluginSend send) override;
  Status read_journal(const gardu_journal_query& query,
                      const std::function<bool(const gardu_event&)>& on_event) override;
  std::pair<std::int64_t, std::int64_t> journal_range() override;
  Result<std::int64_t> journal_cut(std::string_view workspace_id) override;
  Status add_route(const RouteRequest& route) override;
  bool may_follow(const gardu_principal& principal, std::string_view workspace_id,
                  std::string_view contact_id, std::string_view account_id) override;
  Result<std::string> secret(std::string_view name, std::uint32_t bytes) override;
  std::uint64_t define_metric(std::uint32_t kind, std::string_view name, std::string_view labels,
                              std::string_view help) override;
  void add_metric(std::uint64_t id, std::int64_t delta) noexcept override;
  void set_metric(std::uint64_t id, std::int64_t value) noexcept override;
  Mailbox& mailbox() override { return mailbox_; }
  Status migrate(std::vector<storage::PluginMigration> migrations) override;
  Result<std::int64_t> execute(std::string_view sql,
                               const std::vector<storage::SqlValue>& parameters,
                               const storage::plugin_sql::OnRow& on_row) override;
  Status transaction(const std::function<Status()>& body) override;
  Result<std::optional<std::string>> kv_get(std::string_view key) override;
  Status kv_put(std::string_view key, std::string_view value,
                std::chrono::microseconds ttl) override;
  Result<bool> kv_compare_and_put(std::string_view key, std::optional<std::string_view> expected,
                                  std::string_view value, std::chrono::microseconds ttl) override;
  Status kv_erase(std::string_view key) override;
  Status kv_scan(std::string_view prefix, std::string_view after, std::uint32_t limit,
                 const OnText& on_value) override;
  Status http(HttpExchange call, std::function<void(const HttpOutcome&)> done) override;
  Result<std::uint64_t> media_open(const MediaInfo& info) override;
  Status media_append(std::uint64_t writer, std::string_view bytes) override;
  Result<std::string> media_finish(std::uint64_t writer, bool keep) override;
  Result<MediaInfo> media_stat(std::string_view workspace_id, std::string_view id) override;
  Result<std::string> media_read(std::string_view workspace_id, std::string_view id,
                                 std::uint64_t offset, std::uint64_t most) override;
  Result<std::string> find_records(const DirectoryQuery& query, const OnText& on_record) override;
  Status update_contact(std::string_view workspace_id, std::string_view contact_id,
                        std::string_view patch) override;
  Result<std::string> workspace_settings(std::string_view workspace_id) override;

 private:
  // Asks and waits.
  template <class... Args>
  Status ask(FrameKind kind, const Args&... args);
  template <class T, class... Args>
  Result<T> ask_for(FrameKind kind, const Args&... args);
  std::uint64_t unit() const;
  void set_unit(std::uint64_t unit);
  Status stopped() const;

  const std::string id_;
  Channel& channel_;
  Mailbox& mailbox_;
  std::atomic<bool> started_{false};
  const std::shared_ptr<Outstanding> outstanding_ = std::make_shared<Outstanding>();
  mutable std::mutex mutex_;
  // Below: guarded by mutex_.
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, PublishDone> publishes_;
  std::map<std::uint64_t, std::function<void(const Status&)>> sends_;
  std::map<std::uint64_t, Handler> routes_;
  std::map<std::thread::id, std::uint64_t> units_;
};

}  // namespace gardu::host
