// SPDX-License-Identifier: Apache-2.0
//
// Binds, accepts, and gives each connection to a thread in turn.
#include "server/server.hpp"

#include <fcntl.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <future>
#include <optional>

#include "cluster/redis_cluster.hpp"
#include "server/loop.hpp"
#include "server/transport.hpp"

namespace gardu::pusher {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using std::chrono::milliseconds;

constexpr milliseconds kLongestDrain{1000};
constexpr milliseconds kDrainLinger{1000};
constexpr milliseconds kAcceptPause{100};

std::string printable(const tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? '[' + address + ']' : address) + ':' +
         std::to_string(endpoint.port());
}

void close_on_exec(int fd) { ::fcntl(fd, F_SETFD, FD_CLOEXEC); }

// Throws boost::system::system_error.
void open_acceptor(tcp::acceptor& acceptor, const Settings& settings) {
  tcp::resolver resolver(acceptor.get_executor());
  const auto found = resolver.resolve(settings.host, std::to_string(settings.port),
                                      tcp::resolver::passive | tcp::resolver::numeric_service);
  const tcp::endpoint endpoint = *found.begin();
  acceptor.open(endpoint.protocol());
  close_on_exec(acceptor.native_handle());
  acceptor.set_option(tcp::acceptor::reuse_address(true));
  acceptor.bind(endpoint);
  acceptor.listen(1024);
}

}  // namespace

struct Server::Running {
  Running(const Settings& settings, const Host& host) : hub(settings, host) {
    if (settings.tls()) tls = make_tls_context(settings.tls_certificate, settings.tls_key);
    for (size_t i = 0; i < settings.threads; ++i) {
      loops.push_back(std::make_unique<Loop>(hub, tls.get()));
      hub.loops.push_back(loops.back().get());
    }
    acceptor = std::make_unique<tcp::acceptor>(loops.front()->io());
    pause = std::make_unique<asio::steady_timer>(loops.front()->io());
  }
  ~Running() {
    acceptor.reset();  // these before the loops that they run on
    pause.reset();
  }

  void accept() {
    acceptor->async_accept([this](const boost::system::error_code& error, tcp::socket socket) {
      if (error == asio::error::operation_aborted || !acceptor->is_open()) return;
      if (error) {  // no descriptors left, most likely: try again, without spinning
        pause->expires_after(kAcceptPause);
        pause->async_wait([this](const boost::system::error_code& stopped) {
          if (!stopped) accept();
        });
        return;
      }
      hand_over(socket);
      accept();
    });
  }

  void hand_over(tcp::socket& socket) {
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    close_on_exec(socket.native_handle());
    boost::system::error_code error;
    const int fd = socket.release(error);
    if (!error) loops[next++ % loops.size()]->adopt(fd);
  }

  // Returns when no connection is being handed over any more: a thread that has ended could not
  // close it.
  void stop_accepting() {
    std::promise<void> closed;
    asio::post(loops.front()->io(), [this, &closed] {
      boost::system::error_code ignored;
      acceptor->close(ignored);
      pause->cancel();
      closed.set_value();
    });
    closed.get_future().wait();
  }

  Hub hub;
  SslContext tls;
  std::vector<std::unique_ptr<Loop>> loops;
  std::unique_ptr<RedisCluster> cluster;
  std::unique_ptr<tcp::acceptor> acceptor;
  std::unique_ptr<asio::steady_timer> pause;
  size_t next = 0;
  uint16_t port = 0;
};

Server::Server(const Host& host) : host_(host) {}
Server::~Server() { stop(); }

Hub* Server::hub() const noexcept { return running_ ? &running_->hub : nullptr; }
uint16_t Server::port() const noexcept { return running_ ? running_->port : uint16_t{0}; }

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
    open_acceptor(*running->acceptor, settings);
  } catch (const boost::system::system_error& e) {
    return Status::internal("cannot listen on " + settings.host + ':' +
                            std::to_string(settings.port) + ": " + e.code().message());
  }
  running_ = std::move(running);
  const tcp::endpoint bound = running_->acceptor->local_endpoint();
  running_->port = bound.port();
  running_->hub.metrics.port.set(bound.port());
  running_->accept();
  if (redis) {
    running_->cluster = std::make_unique<RedisCluster>(running_->hub, std::move(*redis));
    running_->hub.cluster = running_->cluster.get();
  }
  for (const auto& loop : running_->loops) loop->start();
  if (running_->cluster) running_->cluster->start();
  host_.info("listening on " + printable(bound));
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
}

}  // namespace gardu::pusher
