// SPDX-License-Identifier: Apache-2.0
//
// The process of one plugin: maps its library, calls it on a mailbox's thread as the gateway would,
// and answers what the gateway asks.
#pragma once
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "plugins/loaded_code.hpp"
#include "plugins/workers.hpp"
#include "runner/runner_host.hpp"

namespace gardu::host {

class Runner {
 public:
  explicit Runner(int socket);
  ~Runner();
  // Until the gateway ends it, or is gone. The process's exit code.
  int run();

 private:
  void take(FrameKind kind, std::uint64_t call, std::string payload);
  void serve(FrameKind kind, std::uint64_t call, const std::shared_ptr<const std::string>& payload);
  Status start(wire::Reader& in);
  Status stop();
  std::string on_events(const std::shared_ptr<const std::string>& payload);
  void send(std::uint64_t call, wire::Reader& in);
  void act(std::uint64_t call, wire::Reader& in);
  void request(std::uint64_t call, std::string payload);
  void finish();

  Channel channel_;
  Workers callbacks_{
      1};  // what the plugin is told later, in order; it may ask the gateway meanwhile
  std::shared_ptr<Mailbox> mailbox_;
  std::unique_ptr<RunnerHost> host_;
  std::string version_, id_, data_dir_;
  gardu_host table_{};
  std::unique_ptr<LoadedCode> code_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;  // guarded by mutex_
};

}  // namespace gardu::host
