// SPDX-License-Identifier: Apache-2.0
//
// A cluster of nodes that hear each other through Redis. Nothing is stored there: every node keeps
// what the others tell of themselves. Two threads, one that listens and one that talks; without
// Redis the node goes on alone and looks for it.
#pragma once
#include <memory>

#include <gardu/host.hpp>

#include "cluster/cluster.hpp"
#include "cluster/redis_url.hpp"
#include "server/hub.hpp"

namespace gardu::pusher {

class RedisCluster final : public Cluster {
 public:
  // The hub, its loops and the host must outlive it.
  RedisCluster(const Hub& hub, RedisUrl url);
  ~RedisCluster() override;

  void start();
  // Tells what is still to be told, says goodbye, and joins both threads. Twice is fine.
  void stop() noexcept;

  void publish(const App& app, const ClusterEvent& event) noexcept override;
  void joined(const App& app, std::string_view room, std::string_view user,
              std::string_view info) noexcept override;
  void left(const App& app, std::string_view room, std::string_view user,
            bool gone) noexcept override;
  void count_changed(const App& app, std::string_view channel, size_t total,
                     bool edge) noexcept override;
  void terminate(const App& app, std::string_view user) noexcept override;
  bool speaks() const noexcept override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gardu::pusher
