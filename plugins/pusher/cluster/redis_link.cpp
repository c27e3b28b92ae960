// SPDX-License-Identifier: Apache-2.0
//
// Redis by Poco.
#include "cluster/redis_link.hpp"

#include <Poco/Net/StreamSocket.h>
#include <Poco/Redis/Client.h>
#include <Poco/Redis/Command.h>
#include <Poco/Redis/Exception.h>
#include <fcntl.h>

#include <mutex>
#include <stdexcept>

namespace gardu::pusher {
namespace {

namespace Redis = Poco::Redis;

constexpr int64_t kConnectMicros = 2'000'000;

// The client writes in pieces of 1 KiB, and without TCP_NODELAY each but the first waits for an
// acknowledgement (40 ms); but it shows nobody its socket. Naming a private member is allowed where
// a template is instantiated explicitly.
Poco::Net::StreamSocket& socket_of(Redis::Client& client);
template <Poco::Net::StreamSocket Redis::Client::*kMember>
struct SocketAccess {
  friend Poco::Net::StreamSocket& socket_of(Redis::Client& client) { return client.*kMember; }
};
template struct SocketAccess<&Redis::Client::_socket>;

// What Poco throws says what and not with which arguments.
template <class F>
auto in_own_words(F&& f) {
  try {
    return f();
  } catch (const Poco::Exception& e) {
    throw std::runtime_error(e.displayText());
  }
}

void refuse_errors(const Redis::Array& replies) {
  for (size_t i = 0; i < replies.size(); ++i)
    if (replies.getType(i) == Redis::RedisTypeTraits<Redis::Error>::TypeId)
      throw std::runtime_error("Redis refused to publish");
}

}  // namespace

struct RedisLink::Client {
  Redis::Client redis;
  std::mutex mutex;                // of the two below
  Poco::Net::StreamSocket socket;  // not closed but under the lock: its number could be another's
  bool interrupted = false;

  void share_socket() {
    const std::lock_guard lock(mutex);
    if (interrupted) throw std::runtime_error("interrupted");
    socket = socket_of(redis);
  }
};

RedisLink::RedisLink(RedisUrl url) : url_(std::move(url)), client_(std::make_unique<Client>()) {}
RedisLink::~RedisLink() { disconnect(); }

void RedisLink::connect(std::chrono::milliseconds patience) {
  disconnect();
  in_own_words([&] {
    Redis::Client& redis = client_->redis;
    const Poco::Timespan wait(std::chrono::microseconds(patience).count());
    redis.connect(Poco::Net::SocketAddress(url_.host, url_.port), Poco::Timespan(kConnectMicros));
    Poco::Net::StreamSocket& socket = socket_of(redis);
    ::fcntl(socket.impl()->sockfd(), F_SETFD, FD_CLOEXEC);
    socket.setNoDelay(true);
    socket.setKeepAlive(true);
    socket.setSendTimeout(wait);
    socket.setReceiveTimeout(wait);
    client_->share_socket();
    if (!url_.password.empty()) {
      Redis::Array auth;
      auth.add("AUTH");
      if (!url_.user.empty()) auth.add(url_.user);
      auth.add(url_.password);
      redis.execute<std::string>(auth);
    }
    if (url_.database == 0) return;
    Redis::Array select;
    select.add("SELECT").add(std::to_string(url_.database));
    redis.execute<std::string>(select);
  });
}

void RedisLink::disconnect() noexcept {
  try {
    const std::lock_guard lock(client_->mutex);
    client_->redis.disconnect();
    client_->socket = Poco::Net::StreamSocket();
  } catch (const std::exception&) {  // it was not connected
  }
}

void RedisLink::subscribe(const std::vector<std::string>& channels) {
  in_own_words([&] {
    Redis::Array command;
    command.add("SUBSCRIBE").add(channels);
    client_->redis.execute<void>(command);
    client_->redis.flush();
    for (size_t i = 0; i < channels.size(); ++i) {
      Redis::Array confirmation;
      client_->redis.readReply(confirmation);
    }
  });
}

RedisLink::Message RedisLink::receive() {
  return in_own_words([&] {
    while (true) {
      Redis::Array reply;
      client_->redis.readReply(reply);
      if (reply.size() != 3) continue;
      const auto kind = reply.get<Redis::BulkString>(0);
      if (kind.isNull() || kind.value() != "message") continue;
      return Message{reply.get<Redis::BulkString>(1).value(),
                     reply.get<Redis::BulkString>(2).value()};
    }
  });
}

void RedisLink::publish(const std::vector<Message>& messages) {
  if (messages.empty()) return;
  in_own_words([&] {
    std::vector<Redis::Array> commands(messages.size());
    for (size_t i = 0; i < messages.size(); ++i)
      commands[i].add("PUBLISH").add(messages[i].channel).add(messages[i].payload);
    refuse_errors(client_->redis.sendCommands(commands));
  });
}

void RedisLink::interrupt() noexcept {
  try {
    const std::lock_guard lock(client_->mutex);
    client_->interrupted = true;
    client_->socket.shutdown();
  } catch (const std::exception&) {  // it was not connected
  }
}

}  // namespace gardu::pusher
