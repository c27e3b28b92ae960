// SPDX-License-Identifier: Apache-2.0
// A connection, plain or (after start_tls) over TLS: to Asio and Beast a stream like any other.
// Threads: its io_context's.
#pragma once

#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <cerrno>
#include <chrono>
#include <optional>
#include <utility>

namespace gardu::host::client::detail {

using Clock = std::chrono::steady_clock;
using ErrorCode = boost::system::error_code;
using Tcp = boost::asio::ip::tcp;

class Connection {
 public:
  using executor_type = boost::asio::io_context::executor_type;
  using Socket = boost::asio::basic_stream_socket<Tcp, executor_type>;
  using TlsStream = boost::asio::ssl::stream<Socket&>;

  explicit Connection(boost::asio::io_context& io) : socket_(io) {}

  executor_type get_executor() { return socket_.get_executor(); }
  Socket& socket() { return socket_; }
  TlsStream& start_tls(boost::asio::ssl::context& context) {
    return tls_.emplace(socket_, context);
  }
  SSL* tls_handle() { return tls_ ? tls_->native_handle() : nullptr; }

  template <class Buffers, class Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    if (tls_)
      tls_->async_read_some(buffers, std::forward<Handler>(handler));
    else
      socket_.async_read_some(buffers, std::forward<Handler>(handler));
  }
  template <class Buffers, class Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    if (tls_)
      tls_->async_write_some(buffers, std::forward<Handler>(handler));
    else
      socket_.async_write_some(buffers, std::forward<Handler>(handler));
  }

  // Still open, with nothing unasked for waiting to be read.
  bool is_usable() {
    char byte = 0;
    const ssize_t n = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) && buffer.size() == 0;
  }
  void close() {
    ErrorCode ignored;
    (void)socket_.close(ignored);
  }

  boost::beast::flat_buffer buffer;  // read, but not yet used
  Clock::time_point idle_since;

 private:
  Socket socket_;
  std::optional<TlsStream> tls_;
};

}  // namespace gardu::host::client::detail
