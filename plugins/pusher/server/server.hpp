// SPDX-License-Identifier: Apache-2.0
//
// The listener: its socket, its threads, and the shared state behind them. Started and stopped from
// one thread.
#pragma once
#include <gardu/host.hpp>
#include <memory>

#include "protocol/settings.hpp"
#include "server/hub.hpp"

namespace gardu::pusher {

class Server {
 public:
  explicit Server(const Host& host);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // A failed start leaves nothing behind.
  Status start(const Settings& settings);
  // Tells the clients to come back elsewhere, and ends all threads. Twice is fine.
  void stop();

  Hub* hub() const noexcept;  // null unless started
  uint16_t port() const noexcept;

 private:
  struct Running;
  const Host& host_;
  std::unique_ptr<Running> running_;
};

}  // namespace gardu::pusher
