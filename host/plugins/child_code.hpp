// SPDX-License-Identifier: Apache-2.0
//
// A plugin whose library is mapped in a process of its own: the same tables on both sides, with a
// socket between them. What crashes, hangs or leaks there costs that process. The gateway's side:
// starts the process, asks it, and serves what its plugin asks.
#pragma once
#include <sys/types.h>

#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "plugins/channel.hpp"
#include "plugins/plugin_code.hpp"
#include "plugins/unit.hpp"
#include "plugins/wire.hpp"
#include "plugins/workers.hpp"

namespace gardu::host {

class PluginInstance;

class ChildCode final : public PluginCode {
 public:
  // Starts `runner` with the library `file`. Throws std::runtime_error.
  ChildCode(const std::filesystem::path& runner, const std::filesystem::path& file,
            PluginInstance& plugin);
  ~ChildCode() override;  // ends the process

  pid_t pid() const { return pid_; }

  Status start(const std::string& settings) override;
  Status stop(const std::function<void()>& settle) override;
  Status on_events(std::span<const EventRef> events, std::span<std::int32_t> results,
                   std::string& why) override;
  const gardu_transport_info* transport() const override {
    return transport_ ? &*transport_ : nullptr;
  }
  Status connect(const Account& account) override;
  Status disconnect(std::string_view account_id) override;
  void send(const OutboundMessage& message, SendDone done) override;
  void act(const ActionRequest& action, ActionDone done) override;

 private:
  class Service;  // what the plugin asks

  std::optional<std::string> call(FrameKind kind, std::string_view payload,
                                  std::chrono::milliseconds limit);
  Status gone() const;
  void ended();  // on the channel's thread
  void look_alive();

  PluginInstance& plugin_;
  const std::filesystem::path file_;
  pid_t pid_ = -1;
  const std::shared_ptr<Channel> channel_;
  std::optional<gardu_transport_info> transport_;
  std::unique_ptr<Service> service_;
  mutable std::mutex mutex_;
  std::string end_;  // how the process ended; guarded by mutex_
  std::atomic<bool> stopping_{false}, killed_{false};
  std::shared_ptr<std::atomic<bool>> alive_;  // false once this is gone; for timers
  std::atomic<bool> pinged_{false};
};

}  // namespace gardu::host
