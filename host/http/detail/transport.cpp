// SPDX-License-Identifier: Apache-2.0
// The two streams under a connection. Every handler holds the connection alive.
#include "http/detail/transport.hpp"

#include <boost/asio/completion_condition.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <utility>

namespace gardu::host::http::detail {
namespace {

// Small enough that a slow but living peer shows progress within the write timeout.
constexpr std::size_t kWriteStep = 64UL * 1024;

class PlainConnection final : public Connection {
 public:
  PlainConnection(Loop& loop, Socket socket, std::string peer, bool overloaded)
      : Connection(loop, std::move(peer), false, overloaded), socket_(std::move(socket)) {}

 private:
  std::shared_ptr<PlainConnection> self() {
    return std::static_pointer_cast<PlainConnection>(shared_from_this());
  }
  void handshake() override { on_handshake({}); }
  void read_some(boost::asio::mutable_buffer buffer) override {
    socket_.async_read_some(buffer, [self = self()](const ErrorCode& error, std::size_t bytes) {
      self->on_read(error, bytes);
    });
  }
  void write_all(const Buffers& buffers) override {
    const auto progress = [this](const ErrorCode& error, std::size_t) -> std::size_t {
      on_write_progress();
      return error ? 0 : kWriteStep;
    };
    boost::asio::async_write(
        socket_, buffers, progress,
        [self = self()](const ErrorCode& error, std::size_t) { self->on_write(error); });
  }
  void shutdown_write() override {
    ErrorCode ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
  }
  bool read_below_tls() override { return false; }
  void close_socket() override {
    ErrorCode ignored;
    socket_.close(ignored);
  }

  Socket socket_;
};

class TlsConnection final : public Connection {
 public:
  TlsConnection(Loop& loop, Socket socket, boost::asio::ssl::context& tls, std::string peer,
                bool overloaded)
      : Connection(loop, std::move(peer), true, overloaded), stream_(std::move(socket), tls) {}

 private:
  std::shared_ptr<TlsConnection> self() {
    return std::static_pointer_cast<TlsConnection>(shared_from_this());
  }
  void handshake() override {
    stream_.async_handshake(boost::asio::ssl::stream_base::server,
                            [self = self()](const ErrorCode& error) { self->on_handshake(error); });
  }
  void read_some(boost::asio::mutable_buffer buffer) override {
    auto done = [self = self()](const ErrorCode& error, std::size_t bytes) {
      self->on_read(error, bytes);
    };
    if (below_tls_) {
      stream_.next_layer().async_read_some(buffer, std::move(done));
    } else {
      stream_.async_read_some(buffer, std::move(done));
    }
  }
  void write_all(const Buffers& buffers) override {
    const auto progress = [this](const ErrorCode& error, std::size_t) -> std::size_t {
      on_write_progress();
      return error ? 0 : kWriteStep;
    };
    boost::asio::async_write(
        stream_, buffers, progress,
        [self = self()](const ErrorCode& error, std::size_t) { self->on_write(error); });
  }
  void shutdown_write() override {
    // With unread data in the way this fails after close_notify was sent, which is all we need: the
    // connection goes on reading until the peer closes.
    stream_.async_shutdown([self = self()](const ErrorCode& error) {
      if (!error || self->peer_done()) self->close();
    });
  }
  bool read_below_tls() override { return !std::exchange(below_tls_, true); }
  void close_socket() override {
    ErrorCode ignored;
    stream_.next_layer().close(ignored);
  }

  boost::asio::ssl::stream<Socket> stream_;
  bool below_tls_ = false;
};

}  // namespace

std::shared_ptr<Connection> make_connection(Loop& loop, Socket socket,
                                            boost::asio::ssl::context* tls, std::string peer,
                                            bool overloaded) {
  if (tls == nullptr) {
    return std::make_shared<PlainConnection>(loop, std::move(socket), std::move(peer), overloaded);
  }
  return std::make_shared<TlsConnection>(loop, std::move(socket), *tls, std::move(peer),
                                         overloaded);
}

}  // namespace gardu::host::http::detail
