// SPDX-License-Identifier: Apache-2.0
//
// Serves what a plugin in a process of its own asks of the host: each frame becomes a call of the
// PluginInstance, as if the plugin were in this process. What it sends is checked like anything
// from outside.
#pragma once
#include "plugins/child_code.hpp"

namespace gardu::host {

class ChildCode::Service {
 public:
  Service(PluginInstance& plugin, std::shared_ptr<Channel> channel);
  // [channel's thread] False: it makes no sense, the process is to be ended.
  void take(FrameKind kind, std::uint64_t call, std::string payload);
  // What the plugin asks during `body`, from its own thread, joins the batch's unit.
  void within_batch(Unit* unit, const std::function<void()>& body);
  void stop();

 private:
  void serve(FrameKind kind, std::uint64_t call, const std::string& payload);
  std::string handle(FrameKind kind, wire::Reader& in);
  std::string handle_data(FrameKind kind, wire::Reader& in);
  std::string handle_files(FrameKind kind, wire::Reader& in);
  std::string publish(wire::Reader& in);
  std::string submit(wire::Reader& in);
  std::string add_route(wire::Reader& in);
  std::string execute(wire::Reader& in);
  std::string begin(std::uint64_t parent);
  std::string end(wire::Reader& in);
  std::string http(wire::Reader& in);
  std::string read_journal(wire::Reader& in);
  std::shared_ptr<Unit> unit(std::uint64_t id);

  PluginInstance& plugin_;
  const std::shared_ptr<Channel> channel_;
  std::mutex mutex_;
  std::map<std::uint64_t, std::shared_ptr<Unit>> units_;  // guarded by mutex_
  std::uint64_t last_unit_;                               // guarded by mutex_
  std::vector<std::uint64_t> metrics_;                    // guarded by mutex_
  Workers workers_;  // last: what they run uses all of the above
};

// The unit of the batch that is being delivered; of others the gateway gives the number.
inline constexpr std::uint64_t kNoUnit = 0, kBatchUnit = 1;

}  // namespace gardu::host
