// SPDX-License-Identifier: Apache-2.0
//
// One plugin of the gateway: its mailbox, its state, what it is told and what it may ask. Its code
// runs in this process or in one of its own. Calls into it happen on the mailbox's thread alone;
// the functions here may be called from any thread.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "plugins/delivery.hpp"
#include "plugins/mailbox.hpp"
#include "plugins/outstanding.hpp"
#include "plugins/plugin_code.hpp"
#include "plugins/plugin_file.hpp"
#include "plugins/plugin_host.hpp"
#include "plugins/services.hpp"

namespace gardu::host {

// paused: its breaker is open. stalled: a hook has run past the hard limit. quarantined: its
// process ended too often; a person restarts it.
enum class PluginState {
  loaded,
  starting,
  running,
  paused,
  stalled,
  quarantined,
  unconfigured,
  stopped,
  failed
};
std::string_view to_string(PluginState state);

class PluginInstance final : public PluginHost {
 public:
  struct Options {
    std::string settings;  // JSON object
    std::string data_dir, host_version;
    OutsideAccess outside;
    int process_memory_mb = 0;                                        // 0: no limit
    std::chrono::milliseconds soft_limit{1'000}, hard_limit{30'000};  // of a hook
    Delivery::Limits delivery;
  };
  struct Info {
    PluginState state = PluginState::loaded;
    std::string reason;  // why it is not running
    std::size_t mailbox = 0;
    std::int64_t lag = 0;
    std::uint64_t events = 0, errors = 0, restarts = 0;
    std::uint64_t dropped = 0;  // ephemeral events that it was too slow for
    std::uint64_t refused = 0;  // calls for which its mailbox was too full
    std::string last_error;
  };
  // Makes the plugin's code; throws what keeps it from that. Called on the plugin's thread, again
  // after its process ended.
  using MakeCode = std::function<std::unique_ptr<PluginCode>(PluginInstance&)>;

  PluginInstance(PluginFile file, Options options, PluginServices& services);
  ~PluginInstance() override;  // stop()
  PluginInstance(const PluginInstance&) = delete;
  PluginInstance& operator=(const PluginInstance&) = delete;

  const PluginFile& file() const { return file_; }
  const Options& options() const { return options_; }
  Info info() const;
  PluginState state() const { return state_.load(std::memory_order_acquire); }
  // Takes calls: its routes, its sends.
  bool running() const {
    const PluginState s = state();
    if (handed_over_.load(std::memory_order_acquire)) return false;
    return s == PluginState::running || s == PluginState::paused;
  }

  // Starts the plugin on its thread and waits for it, at most `limit`. Never throws: what goes
  // wrong is in the state and its reason. `hold`: it takes neither events nor requests before
  // take_over.
  void start(MakeCode make, std::chrono::milliseconds limit, bool hold = false);
  // Its start has succeeded.
  bool ready() const { return ready_.load(std::memory_order_acquire); }
  // Goes on after a held start: mounts its routes, takes up its place in the journal. Waits for it,
  // at most `limit`.
  void take_over(std::chrono::milliseconds limit);
  // The same code in a new instance.
  std::pair<std::shared_ptr<PluginInstance>, MakeCode> again() const;
  // Marks it failed without any of its code having run.
  void refuse(const std::string& reason);
  // Takes its routes away, stops and destroys it, joins its thread. Idempotent. False: it did not
  // stop within the limit and is still at work, so the object must be kept for as long as the
  // process lives.
  bool stop(std::optional<std::chrono::milliseconds> limit = {});
  // Hands it no more events and sends, for another copy to take over, and waits until it has
  // finished those that it has; false when that takes longer.
  bool hand_over(std::chrono::milliseconds limit);

  // Looks at how long the present hook has run. Called now and then by one thread.
  void watch();
  // [any-thread] The process that held the code has ended.
  void code_ended(const std::string& why);
  void replay() const;  // the backlog was changed from outside
  // Shows a durable subscriber everything after `seq` again. Waits for its thread, at most `limit`.
  Status replay_after(std::int64_t seq, std::chrono::milliseconds limit);

  // Transport. False: not running, not a transport, or too much is waiting; `done` is not called.
  const gardu_transport_info& transport() const { return transport_info_; }
  bool is_transport() const { return is_transport_.load(std::memory_order_acquire); }
  bool connect(Account account, std::function<void(const Status&)> done);
  bool disconnect(std::string account_id);
  bool send(OutboundMessage message, PluginCode::SendDone done);
  bool act(ActionRequest action, PluginCode::ActionDone done);

  // Runs `body` with the calls of this thread joining the unit.
  void within(Unit& unit, const std::function<void()>& body);
  // The unit that this thread's calls join; null: none.
  Unit* current_unit() const;
  // Mounts a route that answers 503 while the plugin takes no calls.
  Status mount(PluginRoute route);
  PluginServices& services() { return services_; }
  void note_error(const std::string& what);

  // PluginHost
  const std::string& id() const override { return id_; }
  bool started() const override { return delivering_.load(std::memory_order_acquire); }
  bool offers(std::string_view service) const override;
  void log(std::int32_t level, std::string_view message) override;
  bool log_enabled(std::int32_t level) const override;
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
  Mailbox& mailbox() override { return *mailbox_; }
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
  void set_state(PluginState state, const std::string& reason);
  void start_on_thread(bool hold);
  void go();
  PluginCode::SendDone counted(PluginCode::SendDone done);
  Status make_and_start();
  void stop_on_thread();
  void restart_on_thread();
  Delivery::Plugin delivery_plugin();

  const PluginFile file_;
  const std::string id_;
  const Options options_;
  PluginServices& services_;

  std::atomic<PluginState> state_{PluginState::loaded};
  std::atomic<std::uint64_t> errors_{0}, restarts_{0};
  std::atomic<bool> delivering_{false};  // from start to stop
  std::atomic<bool> stopping_{false}, handed_over_{false}, ready_{false};
  std::atomic<std::size_t> sends_{0};  // in flight
  mutable std::mutex mutex_;           // guards the texts, endings_ and units_
  std::condition_variable state_changed_;
  std::string reason_, last_error_;
  std::vector<std::chrono::steady_clock::time_point> endings_;  // of its process, lately
  std::map<std::thread::id, Unit*> units_;
  bool holding_ = false;             // guarded by mutex_
  std::vector<PluginRoute> staged_;  // routes of a held start; guarded by mutex_

  // Used on the plugin's thread only, unless they say otherwise.
  MakeCode make_;
  std::unique_ptr<PluginCode> code_;
  std::atomic<bool> code_lives_{false};
  gardu_transport_info transport_info_{};  // set before running, constant then
  std::atomic<bool> is_transport_{false};
  std::unique_ptr<Delivery> delivery_;    // made before running
  std::atomic<std::uint64_t> warned_{0};  // watch(): of the present hook
  const std::shared_ptr<Outstanding> outstanding_ = std::make_shared<Outstanding>();
  const std::shared_ptr<Mailbox> mailbox_;  // last: its thread uses all of the above
};

}  // namespace gardu::host
