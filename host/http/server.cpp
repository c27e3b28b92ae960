// SPDX-License-Identifier: Apache-2.0
// The acceptor on the first loop deals sockets out in turn. One acceptor, not one per thread with
// SO_REUSEPORT: a second program on the same address must be an error, not a silent half of
// traffic.
#include "http/server.hpp"

#include <openssl/ssl.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>

#include "http/detail/listen_address.hpp"
#include "http/detail/loop.hpp"

namespace gardu::host::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

std::unique_ptr<asio::ssl::context> make_tls(const TlsFiles& files) {
  if (files.certificate.empty() && files.key.empty()) return nullptr;
  if (files.certificate.empty() || files.key.empty()) {
    throw std::runtime_error("TLS needs both a certificate and a key");
  }
  auto tls = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
  auto* native = tls->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                  SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_SINGLE_ECDH_USE |
                                  SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  detail::ErrorCode error;
  tls->use_certificate_chain_file(files.certificate, error);
  if (error) {
    throw std::runtime_error("TLS certificate '" + files.certificate + "': " + error.message());
  }
  tls->use_private_key_file(files.key, asio::ssl::context::pem, error);
  if (error) throw std::runtime_error("TLS key '" + files.key + "': " + error.message());
  return tls;
}

}  // namespace

class Server::Impl {
 public:
  Impl(Options options, Application& application) : site_(std::move(options), application) {
    detail::parse_listen(site_.options.listen);
  }

  void start() {
    const std::lock_guard lock(mutex_);
    if (running_ || stopped_) throw std::runtime_error("the HTTP server was started before");
    tls_ = make_tls(site_.options.tls);
    const auto count = static_cast<std::size_t>(std::max(site_.options.threads, 1));
    for (std::size_t i = 0; i < count; ++i) {
      loops_.push_back(std::make_unique<detail::Loop>(site_, tls_.get()));
    }
    try {
      listen();
    } catch (...) {
      acceptor_.reset();
      retry_.reset();
      loops_.clear();
      throw;
    }
    running_ = true;
    accept_next();
    for (const auto& loop : loops_) loop->start_thread();
  }

  bool drain(std::chrono::milliseconds limit) {
    const auto until = detail::Clock::now() + limit;
    {
      const std::lock_guard lock(mutex_);
      if (!running_) return true;
      site_.busy.expect_loops(loops_.size());
      tell_loops([](detail::Loop& loop) { loop.drain(); });
    }
    return site_.busy.wait_until(until);
  }

  void stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    if (!running_) return;
    running_ = false;
    tell_loops([](detail::Loop& loop) { loop.stop(); });
    for (const auto& loop : loops_) loop->join();
    acceptor_.reset();
    retry_.reset();
    loops_.clear();
  }

  std::uint16_t port() const { return port_; }

  Stats stats() const {
    const auto& counters = *site_.counters;
    Stats stats;
    stats.connections = counters.connections;
    stats.connections_total = counters.connections_total;
    stats.in_flight = counters.in_flight;
    stats.streams = counters.streams;
    stats.requests_total = counters.requests_total;
    stats.ignored_answers = counters.ignored_answers;
    std::copy(counters.by_class.begin(), counters.by_class.end(), stats.by_class.begin());
    return stats;
  }

 private:
  using Acceptor = asio::basic_socket_acceptor<tcp, detail::Executor>;

  void listen() {
    const auto fail = [this](const detail::ErrorCode& error) {
      if (error) {
        throw std::runtime_error("cannot listen on " + site_.options.listen + ": " +
                                 error.message());
      }
    };
    const auto address = detail::parse_listen(site_.options.listen);
    auto& io = loops_.front()->io();
    detail::ErrorCode error;
    tcp::resolver resolver(io);
    const auto found = resolver.resolve(
        address.host, address.port, tcp::resolver::passive | tcp::resolver::numeric_service, error);
    fail(error);
    const tcp::endpoint endpoint = found.begin()->endpoint();
    acceptor_.emplace(io.get_executor());
    retry_.emplace(io.get_executor());
    acceptor_->open(endpoint.protocol(), error);
    fail(error);
    acceptor_->set_option(asio::socket_base::reuse_address(true), error);
    fail(error);
    if (endpoint.address().is_v6()) acceptor_->set_option(asio::ip::v6_only(false), error);
    acceptor_->bind(endpoint, error);
    fail(error);
    acceptor_->listen(asio::socket_base::max_listen_connections, error);
    fail(error);
    port_ = acceptor_->local_endpoint(error).port();
    fail(error);
  }

  void accept_next() {
    auto& loop = *loops_[next_++ % loops_.size()];
    acceptor_->async_accept(loop.io().get_executor(),
                            [this, &loop](const detail::ErrorCode& error, detail::Socket socket) {
                              if (!acceptor_->is_open()) return;
                              if (!error) {
                                hand_out(loop, std::move(socket));
                              } else if (is_exhaustion(error)) {
                                return accept_later();
                              }
                              accept_next();
                            });
  }

  static bool is_exhaustion(const detail::ErrorCode& error) {
    return error == asio::error::no_descriptors || error == asio::error::no_memory ||
           error == asio::error::no_buffer_space ||
           error == boost::system::errc::too_many_files_open_in_system;
  }

  // Out of descriptors or memory: without a pause this would be a busy loop.
  void accept_later() {
    retry_->expires_after(std::chrono::milliseconds(100));
    retry_->async_wait([this](const detail::ErrorCode& error) {
      if (!error && acceptor_->is_open()) accept_next();
    });
  }

  // Somewhat more than the limit get an answer that says so; the rest is closed.
  void hand_out(detail::Loop& loop, detail::Socket socket) {
    ++site_.counters->connections_total;
    const auto most = site_.options.max_connections;
    const auto others = site_.counters->connections++;
    if (others >= most + most / 4 + 16) {
      --site_.counters->connections;
      return;
    }
    const bool overloaded = others >= most;
    asio::post(loop.io(), [&loop, overloaded, socket = std::move(socket)]() mutable {
      loop.adopt(std::move(socket), overloaded);
    });
  }

  // First ends accepting, on its loop, so that no connection comes after the word.
  template <class Word>
  void tell_loops(Word word) {
    loops_.front()->gate()->post([this, word] {
      detail::ErrorCode ignored;
      acceptor_->close(ignored);
      retry_->cancel();
      for (const auto& loop : loops_) {
        loop->gate()->post([&loop = *loop, word] { word(loop); });
      }
    });
  }

  detail::Site site_;
  std::unique_ptr<asio::ssl::context> tls_;
  std::vector<std::unique_ptr<detail::Loop>> loops_;
  std::optional<Acceptor> acceptor_;
  std::optional<detail::Timer> retry_;
  std::size_t next_ = 0;
  std::mutex mutex_;  // start, drain, stop
  bool running_ = false;
  bool stopped_ = false;
  std::atomic<std::uint16_t> port_{0};
};

Server::Server(Options options, Application& application)
    : impl_(std::make_unique<Impl>(std::move(options), application)) {}
Server::~Server() { impl_->stop(); }

void Server::start() { impl_->start(); }
std::uint16_t Server::port() const { return impl_->port(); }
bool Server::drain(std::chrono::milliseconds limit) { return impl_->drain(limit); }
void Server::stop() { impl_->stop(); }
Stats Server::stats() const { return impl_->stats(); }

}  // namespace gardu::host::http
