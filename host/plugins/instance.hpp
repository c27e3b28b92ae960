// SPDX-License-Identifier: Apache-2.0
//
// One running plugin: its mailbox, its state, and the tables it was handed. Calls into the plugin
// happen on the mailbox's thread alone; the functions here may be called from any thread.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <gardu/abi/ext/send.h>
#include <gardu/abi/ext/transport.h>
#include <gardu/transport.hpp>

#include "plugins/mailbox.hpp"
#include "plugins/plugin_file.hpp"
#include "plugins/services.hpp"

namespace gardu::host {

enum class PluginState { loaded, starting, running, unconfigured, stopped, failed };
std::string_view to_string(PluginState state);

// What goes out, owned.
struct OutboundMessage {
  storage::Message message;
  std::string to, account_address;
  std::vector<Identity> identities;
  std::uint32_t attempt = 1;
};

// How a send ended.
struct SendOutcome {
  Status status;
  Accepted accepted;  // when the status is fine
};

class PluginInstance {
 public:
  struct Info {
    PluginState state = PluginState::loaded;
    std::string reason;  // why it is unconfigured or failed
    std::size_t mailbox = 0;
    std::int64_t lag = 0;
    std::uint64_t events = 0, errors = 0;
    std::string last_error;
  };

  PluginInstance(PluginFile file, std::string settings, std::string data_dir,
                 std::string host_version, PluginServices& services);
  ~PluginInstance();  // stop()
  PluginInstance(const PluginInstance&) = delete;
  PluginInstance& operator=(const PluginInstance&) = delete;

  const PluginFile& file() const { return file_; }
  const std::string& id() const { return id_; }
  Info info() const;
  PluginState state() const { return state_.load(std::memory_order_acquire); }
  bool running() const { return state() == PluginState::running; }

  // Creates and starts the plugin on its thread and waits for it, at most `limit`. Never throws:
  // what goes wrong is in the state and its reason.
  void start(gardu_plugin_create_fn create, std::chrono::milliseconds limit);
  // Marks it failed without any of its code having run.
  void refuse(const std::string& reason);
  // Takes its routes away, stops and destroys it, joins its thread. Idempotent.
  void stop();

  // Transport. False: not running, not a transport, or too much is waiting; `done` is not called.
  const gardu_transport_info& transport() const { return transport_info_; }
  bool is_transport() const { return transport_ != nullptr; }
  bool connect(Account account, std::function<void(const Status&)> done);
  bool disconnect(std::string account_id);
  bool send(OutboundMessage message, std::function<void(SendOutcome)> done);

 private:
  friend struct HostTables;  // the ABI's functions, in host_table.cpp

  void set_state(PluginState state, const std::string& reason);
  void start_on_thread(gardu_plugin_create_fn create);
  void stop_on_thread();
  bool deliver();  // the mailbox's idle work
  void deliver_live(const std::vector<EventRef>& events);
  void deliver_durable(const std::vector<EventRef>& events);
  bool call_on_events(const std::vector<EventRef>& events, std::string& why);
  void retry_later(std::int64_t first_seq, const std::string& why);
  void note_error(const std::string& what);

  const PluginFile file_;
  const std::string id_, settings_, data_dir_, host_version_;
  PluginServices& services_;
  gardu_host host_{};
  gardu_transport_info transport_info_{};

  std::atomic<PluginState> state_{PluginState::loaded};
  std::atomic<std::uint64_t> events_{0}, errors_{0};
  std::atomic<bool> delivering_{false};  // from start to stop
  mutable std::mutex mutex_;             // guards the texts
  std::condition_variable state_changed_;
  std::string reason_, last_error_;

  // Used on the plugin's thread only.
  gardu_plugin plugin_{};
  const gardu_transport* transport_ = nullptr;  // set before running, constant then
  std::size_t batch_ = 64;
  bool in_durable_batch_ = false;
  std::vector<PluginSend> batch_sends_;
  std::uint32_t attempts_ = 0;  // at the event right after the cursor
  std::int64_t committed_ = 0;
  std::chrono::steady_clock::time_point pause_until_{};

  mutable std::mutex subscription_mutex_;  // only for info() beside the thread's own use
  std::unique_ptr<EventFeed::Subscription> subscription_;
  std::unique_ptr<Mailbox> mailbox_;  // last: its thread uses all of the above
};

}  // namespace gardu::host
