// SPDX-License-Identifier: Apache-2.0
//
// Puts the listener together and takes it apart again.
#include "server/server.hpp"

#include <future>
#include <optional>

#include "cluster/redis_cluster.hpp"
#include "server/acceptor.hpp"
#include "server/loop.hpp"
#include "server/transport.hpp"

namespace gardu::pusher {
namespace {

using std::chrono::milliseconds;

// A host gives a plugin ten seconds to stop.
constexpr milliseconds kLongestDrain{7500};
constexpr milliseconds kDrainLinger{1000};

}  // namespace

struct Server::Running {
  Running(const Settings& settings, const Host& host) : hub(settings, host) {
    if (settings.tls()) tls = make_tls_context(settings.tls_certificate, settings.tls_key);
    for (size_t i = 0; i < settings.threads; ++i) {
      loops.push_back(std::make_unique<Loop>(hub, tls.get()));
      hub.loops.push_back(loops.back().get());
    }
  }

  // Returns when no connection is being handed over any more: a thread that has ended could not
  // close it.
  void stop_accepting() {
    std::promise<void> closed;
    loops.front()->post([this, &closed] {
      acceptor->stop();
      closed.set_value();
    });
    closed.get_future().wait();
  }

  Hub hub;
  SslContext tls;
  std::unique_ptr<RedisCluster> cluster;  // told by whoever leaves, up to the end of the loops
  std::unique_ptr<Acceptor> acceptor;
  std::vector<std::unique_ptr<Loop>> loops;  // they end before what they refer to does
};

Server::Server(const Host& host) : host_(host) {}
Server::~Server() { stop(); }

Hub* Server::hub() const noexcept { return running_ ? &running_->hub : nullptr; }

Status Server::start(const Settings& settings, const std::function<void(Hub&)>& prepare) {
  std::unique_ptr<Running> running;
  std::optional<RedisUrl> redis;
  if (!settings.redis.empty()) {
    Result<RedisUrl> parsed = parse_redis_url(settings.redis);
    if (!parsed) return parsed.status();
    redis = std::move(*parsed);
  }
  try {
    running = std::make_unique<Running>(settings, host_);
    if (prepare) prepare(running->hub);
  } catch (const std::exception& e) {
    return Status::invalid(e.what());
  }
  try {
    running->acceptor = std::make_unique<Acceptor>(settings.host, settings.port);
    running->acceptor->start(running->hub.loops);
  } catch (const std::exception& e) {
    return Status::internal("cannot listen on " + settings.host + ':' +
                            std::to_string(settings.port) + ": " + e.what());
  }
  running_ = std::move(running);
  port_ = running_->acceptor->port();
  running_->hub.metrics.port.set(port_);
  if (redis) {
    running_->cluster = std::make_unique<RedisCluster>(running_->hub, std::move(*redis));
    running_->hub.cluster = running_->cluster.get();
  }
  for (const auto& loop : running_->loops) loop->start();
  if (running_->cluster) running_->cluster->start();
  host_.info("listening on " + running_->acceptor->address());
  return {};
}

void Server::stop() {
  if (!running_) return;
  running_->hub.draining = true;
  if (running_->loops.front()->running()) running_->stop_accepting();
  const milliseconds window = std::min(running_->hub.settings.drain, kLongestDrain);
  for (const auto& loop : running_->loops)
    if (loop->running()) loop->drain(window, kDrainLinger);
  for (const auto& loop : running_->loops) loop->join();
  if (running_->cluster) running_->cluster->stop();  // now that all have left
  running_->hub.later.stop();
  running_.reset();
  port_ = 0;
}

}  // namespace gardu::pusher
