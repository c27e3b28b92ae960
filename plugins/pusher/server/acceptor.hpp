// SPDX-License-Identifier: Apache-2.0
//
// The listening socket. One thread accepts for all and deals the connections out in turn: each then
// has the same share of every channel's audience, which a socket a thread (SO_REUSEPORT) would
// leave to chance. Belongs to its loop's thread, but for `open`.
#pragma once
#include <string>
#include <vector>

#include "server/poller.hpp"

namespace gardu::pusher {

class Loop;

class Acceptor final : public PollTarget {
 public:
  // Binds and listens. Throws std::runtime_error that says why not.
  Acceptor(const std::string& host, uint16_t port);
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  std::string address() const;  // as bound, printable
  uint16_t port() const;

  // Accepts on the first of these, for all of them.
  void start(std::vector<Loop*> loops);
  void stop();  // twice is fine

 private:
  void on_ready(uint32_t events) override;
  void pause();
  void hand_over();

  int fd_ = -1;
  std::vector<Loop*> loops_;
  std::vector<std::vector<int>> accepted_;  // by loop, still to be handed over
  size_t next_ = 0;
};

}  // namespace gardu::pusher
