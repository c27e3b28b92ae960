// SPDX-License-Identifier: Apache-2.0
// One client connection: reads a request, asks the application, writes the answer, again. Lives on
// one loop and is touched by its thread only; Transport (plain or TLS) is the derived class.
#pragma once

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "http/detail/exchange.hpp"
#include "http/detail/request_parser.hpp"
#include "http/detail/shared.hpp"

namespace gardu::host::http::detail {

class Loop;

using Executor = boost::asio::io_context::executor_type;
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;
using Clock = std::chrono::steady_clock;
using Timer = boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>, Executor>;
using ErrorCode = boost::system::error_code;

class Connection : public AnswerTarget, public std::enable_shared_from_this<Connection> {
 public:
  // `overloaded`: one too many; its request is answered with 503.
  Connection(Loop& loop, std::string peer, bool secure, bool overloaded);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start();
  void drain();
  void close();  // at once, without a word to the peer

  void answer(const std::shared_ptr<Exchange>& exchange, Response&& response) override;
  void begin_stream(const std::shared_ptr<Exchange>& exchange, Response&& head,
                    std::shared_ptr<StreamQueue> stream) override;
  void stream_ready() override;

 protected:
  using Buffers = std::vector<boost::asio::const_buffer>;

  // The transport's part. Each ends in the on_... function of the same name, once.
  virtual void handshake() = 0;
  virtual void read_some(boost::asio::mutable_buffer buffer) = 0;
  virtual void write_all(const Buffers& buffers) = 0;
  virtual void shutdown_write() = 0;  // tells the peer that nothing follows; no completion needed
  // True if reads from here on take the bytes below TLS: good enough for throwing them away, and
  // possible when TLS itself gave up. False if they do so already, or there is no TLS.
  virtual bool read_below_tls() = 0;
  virtual void close_socket() = 0;

  void on_handshake(const ErrorCode& error);
  void on_read(const ErrorCode& error, std::size_t bytes);
  void on_write(const ErrorCode& error);
  void on_write_progress();
  bool peer_done() const { return peer_done_; }

 private:
  enum class State {
    kHandshake,
    kIdle,
    kHeader,
    kBody,
    kWaiting,
    kWriting,
    kStreaming,
    kLinger,
    kClosed
  };
  enum class Written { kContinue, kResponse, kStreamPart };

  // connection.cpp: life, reading, time
  void advance();
  void want_read();
  void on_read_error(const ErrorCode& error);
  void await_request();
  void finish_writing();
  void say_goodbye();
  void extend_body_time(std::size_t bytes);
  void set_busy(bool busy);
  void arm();
  void on_timer();
  void on_phase_timeout();

  // connection_request.cpp: from bytes to the application
  bool read_header();
  bool read_body();
  void on_header();
  void decide();
  void reject(Response&& response, bool expects_continue);
  void begin_body();
  void dispatch();
  void fail(int status, const char* detail);

  // connection_answer.cpp: the way back
  void write_response(Response&& response);
  void write_stream_part();
  void send_buffers(Written what, const Buffers& buffers);
  void write_head(const Response& response, bool streamed);
  void end_request();

  Loop& loop_;
  Site& site_;
  const std::string peer_;
  const bool secure_;
  const bool overloaded_;

  State state_ = State::kHandshake;
  boost::beast::flat_buffer input_;
  std::vector<char> scratch_;  // a read is underway into this while input_ is parsed
  std::optional<RequestParser> parser_;
  Request request_;
  std::optional<Response> rejection_;  // answered once the (small) body was read
  std::chrono::milliseconds answer_within_{0};
  bool head_request_ = false;
  std::string request_id_;
  bool http_1_1_ = true;
  bool keep_alive_ = false;
  bool reading_ = false;
  bool peer_done_ = false;  // the peer has shut down its side
  bool busy_ = false;

  std::shared_ptr<Exchange> exchange_;
  std::shared_ptr<StreamQueue> stream_;
  bool writing_ = false;
  bool chunked_ = false;
  bool stream_last_ = false;
  Written written_ = Written::kResponse;
  std::string out_head_;
  std::string out_body_;
  std::vector<std::string> out_parts_;
  std::size_t out_parts_bytes_ = 0;

  Timer timer_;
  Clock::time_point armed_ = Clock::time_point::max();
  Clock::time_point phase_deadline_ = Clock::time_point::max();
  Clock::time_point answer_deadline_ = Clock::time_point::max();
  Clock::time_point write_deadline_ = Clock::time_point::max();
  Clock::time_point body_started_;
  std::uint64_t body_bytes_ = 0;
};

}  // namespace gardu::host::http::detail
