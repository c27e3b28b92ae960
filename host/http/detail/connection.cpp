// SPDX-License-Identifier: Apache-2.0
// A connection's life: reading, the states between requests, time limits, the end.
#include "http/detail/connection.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <cstring>
#include <utility>

#include "http/detail/loop.hpp"

namespace gardu::host::http::detail {
namespace {

constexpr std::size_t kSmallRead = 4UL * 1024;
constexpr std::size_t kBodyRead = 64UL * 1024;
// Bytes of later requests kept while one is being answered.
constexpr std::size_t kReadAhead = 16UL * 1024;
constexpr auto kNever = Clock::time_point::max();

}  // namespace

Connection::Connection(Loop& loop, std::string peer, bool secure, bool overloaded)
    : loop_(loop),
      site_(loop.site()),
      peer_(std::move(peer)),
      secure_(secure),
      overloaded_(overloaded),
      timer_(loop.io().get_executor()) {}

Connection::~Connection() { end_request(); }

void Connection::start() {
  phase_deadline_ = Clock::now() + site_.options.header_timeout;
  arm();
  handshake();
}

void Connection::on_handshake(const ErrorCode& error) {
  if (state_ == State::kClosed) return;
  if (error) return close();
  state_ = State::kIdle;  // the header's time limit runs already
  advance();
}

void Connection::drain() {
  const bool nothing_begun =
      state_ == State::kHandshake || (state_ == State::kIdle && input_.size() == 0);
  if (nothing_begun) return say_goodbye();
  if (state_ == State::kStreaming && stream_) stream_->close();
}

void Connection::close() {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  timer_.cancel();
  close_socket();
  end_request();
  loop_.forget(shared_from_this());
}

// Whoever still waits for this request's end hears of it.
void Connection::end_request() {
  set_busy(false);
  if (const auto exchange = std::move(exchange_)) exchange->give_up();
  if (const auto stream = std::move(stream_)) stream->end();
}

void Connection::set_busy(bool busy) {
  if (busy_ == busy) return;
  busy_ = busy;
  busy ? site_.busy.enter() : site_.busy.leave();
}

// Goes on as far as the bytes at hand allow.
void Connection::advance() {
  for (;;) {
    switch (state_) {
      case State::kIdle:
        await_request();
        if (state_ != State::kHeader) return;
        break;
      case State::kHeader:
        if (!read_header()) return want_read();
        break;
      case State::kBody:
        if (!read_body()) return want_read();
        break;
      case State::kLinger:
        input_.consume(input_.size());
        return want_read();
      case State::kWaiting:
      case State::kWriting:
      case State::kStreaming:
        return want_read();  // to notice that the peer is gone
      case State::kHandshake:
      case State::kClosed:
        return;
    }
  }
}

void Connection::await_request() {
  // An empty line before a request is tolerated (RFC 9112 2.2).
  const auto* bytes = static_cast<const char*>(input_.data().data());
  std::size_t blank = 0;
  while (blank < input_.size() && (bytes[blank] == '\r' || bytes[blank] == '\n')) ++blank;
  input_.consume(blank);
  if (input_.size() == 0) {
    if (peer_done_) return say_goodbye();
    if (!reading_) input_.shrink_to_fit();
    return want_read();
  }
  set_busy(true);
  state_ = State::kHeader;
  parser_.emplace(site_.options.header_limit);
  request_ = Request();
  rejection_.reset();
  request_id_.clear();
  head_request_ = false;
  http_1_1_ = true;
  keep_alive_ = false;
  phase_deadline_ = Clock::now() + site_.options.header_timeout;
  arm();
}

void Connection::want_read() {
  if (reading_ || peer_done_ || state_ == State::kClosed) return;
  const bool parsing = state_ == State::kHeader || state_ == State::kBody;
  if (!parsing && input_.size() >= kReadAhead) return;
  const auto size = state_ == State::kBody ? kBodyRead : kSmallRead;
  if (scratch_.size() != size) scratch_ = std::vector<char>(size);
  reading_ = true;
  read_some(boost::asio::buffer(scratch_));
}

void Connection::on_read(const ErrorCode& error, std::size_t bytes) {
  reading_ = false;
  if (state_ == State::kClosed) return;
  if (error) return on_read_error(error);
  const auto space = input_.prepare(bytes);
  std::memcpy(space.data(), scratch_.data(), bytes);
  input_.commit(bytes);
  if (state_ == State::kBody) extend_body_time(bytes);
  advance();
}

// A sender that keeps up the least rate gets the time its body needs.
void Connection::extend_body_time(std::size_t bytes) {
  body_bytes_ += bytes;
  const auto rate = std::max<std::uint64_t>(site_.options.body_min_rate, 1);
  phase_deadline_ = body_started_ + site_.options.body_timeout +
                    std::chrono::milliseconds(body_bytes_ * 1000 / rate);
  arm();
}

void Connection::on_read_error(const ErrorCode& error) {
  const bool half_closed =
      error == boost::asio::error::eof || error == boost::asio::ssl::error::stream_truncated;
  // Data that comes after our close_notify upsets TLS; closing now would reset the connection.
  if (!half_closed && state_ == State::kLinger && read_below_tls()) return want_read();
  peer_done_ = true;
  // A peer may shut down its side and still wait for the answer. Nobody does so on an endless
  // stream, and nothing else would tell that its reader went away while there is nothing to write.
  if (!half_closed || state_ == State::kStreaming || state_ == State::kLinger) return close();
  advance();
}

// The request was answered: the next one, or the end.
void Connection::finish_writing() {
  end_request();
  out_head_.clear();
  out_body_ = std::string();
  out_parts_.clear();
  parser_.reset();
  if (!keep_alive_ || loop_.draining()) return say_goodbye();
  state_ = State::kIdle;
  phase_deadline_ = Clock::now() + site_.options.idle_timeout;
  arm();
  advance();
}

// The orderly end. Not a bare close(): unread bytes would make it a reset, which may destroy the
// last answer on its way.
void Connection::say_goodbye() {
  if (state_ == State::kHandshake) return close();
  state_ = State::kLinger;
  phase_deadline_ = Clock::now() + site_.options.linger_timeout;
  arm();
  shutdown_write();
  if (peer_done_ && !secure_) return close();
  input_.consume(input_.size());
  want_read();
}

// One timer for all limits. It is set anew only for an earlier time; when it fires too early it is
// set again, so a busy connection hardly touches it.
void Connection::arm() {
  const auto next = std::min({phase_deadline_, answer_deadline_, write_deadline_});
  if (next >= armed_ || state_ == State::kClosed) return;
  armed_ = next;
  timer_.expires_at(next);
  timer_.async_wait([self = shared_from_this()](const ErrorCode& error) {
    if (!error) self->on_timer();
  });
}

void Connection::on_timer() {
  armed_ = kNever;
  const auto now = Clock::now();
  if (state_ == State::kClosed) return;
  if (write_deadline_ <= now) return close();
  if (answer_deadline_ <= now) {
    answer_deadline_ = kNever;
    if (exchange_ && exchange_->give_up()) {
      exchange_.reset();
      write_response(Response::problem(504, "The request was not answered in time.", request_id_));
    }
  } else if (phase_deadline_ <= now) {
    phase_deadline_ = kNever;
    on_phase_timeout();
  }
  arm();
}

void Connection::on_phase_timeout() {
  if (state_ == State::kHeader || state_ == State::kBody) {
    fail(408, "The request did not arrive in time.");
  } else if (state_ == State::kIdle) {
    say_goodbye();
  } else if (state_ == State::kHandshake || state_ == State::kLinger) {
    close();
  }
}

}  // namespace gardu::host::http::detail
