// SPDX-License-Identifier: Apache-2.0
//
// One connection to Redis. All calls but `interrupt` from one thread; what goes wrong is thrown as
// std::runtime_error, never with the password in it, and ends the connection: connect again.
#pragma once
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "cluster/redis_url.hpp"

namespace gardu::pusher {

class RedisLink {
 public:
  struct Message {
    std::string channel, payload;
  };

  explicit RedisLink(RedisUrl url);
  ~RedisLink();
  RedisLink(const RedisLink&) = delete;
  RedisLink& operator=(const RedisLink&) = delete;

  // `patience`: how long any answer, or the next message, may take.
  void connect(std::chrono::milliseconds patience);
  void disconnect() noexcept;
  void subscribe(const std::vector<std::string>& channels);
  Message receive();
  void publish(const std::vector<Message>& messages);  // at once, and waits until Redis has them
  // Any thread: makes a call that waits fail, now or the next time.
  void interrupt() noexcept;

 private:
  struct Client;
  const RedisUrl url_;
  std::unique_ptr<Client> client_;
};

}  // namespace gardu::pusher
