// SPDX-License-Identifier: Apache-2.0
//
// The listener: its socket, its threads, and the shared state behind them. Started and stopped from
// one thread.
#pragma once
#include <functional>
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

  // A failed start leaves nothing behind. `prepare` gives the hub what it needs of others, before
  // the first thread starts.
  Status start(const Settings& settings, const std::function<void(Hub&)>& prepare = {});
  // Tells the clients to come back elsewhere, and ends all threads. Twice is fine.
  void stop();

  Hub* hub() const noexcept;                        // null unless started
  uint16_t port() const noexcept { return port_; }  // 0 unless started

 private:
  struct Running;
  const Host& host_;
  std::unique_ptr<Running> running_;
  uint16_t port_ = 0;
};

}  // namespace gardu::pusher
