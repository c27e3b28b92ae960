// SPDX-License-Identifier: Apache-2.0
//
// The life of a socket: waiting, reading, writing, closing. What the bytes mean is in
// connection_input.cpp.
#include "server/connection.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "protocol/messages.hpp"
#include "server/api.hpp"
#include "server/loop.hpp"
#include "server/session.hpp"
#include "server/waiter.hpp"

namespace gardu::pusher {
namespace {

constexpr std::chrono::seconds kHttpPatience{60};  // for a request to be there whole
constexpr std::chrono::seconds kLinger{5};         // for the peer to go after our goodbye
constexpr int kReadsAtOnce = 4;                    // then the others get their turn

}  // namespace

Connection::Connection(Loop& loop, int fd)
    : loop_(loop),
      waiter_(std::make_unique<Waiter>(loop.io(), fd)),
      transport_(fd, loop.tls()),
      queue_(loop.hub().settings.send_queue),
      last_received_(Loop::Clock::now()),
      http_(std::make_unique<HttpReader>(body_limit(loop.hub().settings))) {}

Connection::~Connection() = default;

void Connection::start() {
  loop_.set_deadline(*this, last_received_ + kHttpPatience);
  wait_readable();
}

void Connection::wait_readable() {
  if (phase_ == Phase::closed || input_ended_) return;
  waiter_->descriptor.async_wait(
      boost::asio::posix::stream_descriptor::wait_read,
      [self = shared_from_this()](const boost::system::error_code& error) {
        if (!error) self->on_readable();
      });
}

void Connection::wait_writable() {
  write_blocked_ = true;
  waiter_->descriptor.async_wait(
      boost::asio::posix::stream_descriptor::wait_write,
      [self = shared_from_this()](const boost::system::error_code& error) {
        if (error) return;
        self->write_blocked_ = false;
        self->flush();
      });
}

void Connection::on_readable() {
  const std::span<char> scratch = loop_.scratch();
  bool exhausted = false;
  for (int i = 0; i < kReadsAtOnce && phase_ != Phase::closed && !exhausted; ++i) {
    size_t got = 0;
    const Io io = transport_.read(scratch.data(), scratch.size(), got);
    if (io == Io::closed) return on_end_of_input();
    exhausted = io != Io::done;
    if (exhausted) break;
    last_received_ = Loop::Clock::now();
    if (phase_ != Phase::closing) feed_or_shut(scratch.first(got));
  }
  if (phase_ == Phase::closed) return;
  if (unflushed_) touch();
  if (exhausted) return wait_readable();
  // TLS may hold input that the socket does not show any more.
  boost::asio::post(loop_.io(), [self = shared_from_this()] {
    if (self->phase_ != Phase::closed) self->on_readable();
  });
}

void Connection::feed_or_shut(std::span<char> data) {
  try {
    feed(data);
  } catch (const std::exception& e) {
    loop_.hub().host.error(std::string("a connection is given up: ") + e.what());
    shut();
  }
}

void Connection::on_end_of_input() {
  input_ended_ = true;
  // A caller of the API may close its half and still read the answer.
  if (phase_ == Phase::http && !queue_.empty()) return begin_closing();
  if (phase_ == Phase::closing && !finished_) return touch();
  shut();
}

void Connection::send(SharedBytes bytes) {
  if (phase_ == Phase::closing || phase_ == Phase::closed || overflowed_) return;
  // What happens to a slow reader waits for `flush`: the caller may be going through a channel.
  overflowed_ = !queue_.push(std::move(bytes));
  touch();
}

void Connection::touch() {
  if (touched_) return;
  touched_ = true;
  loop_.touch(*this);
}

void Connection::flush() {
  touched_ = false;
  if (phase_ == Phase::closed) return;
  if (overflowed_ && phase_ == Phase::websocket) {
    loop_.hub().metrics.slow_consumers.add();
    close_with_error(Code::over_capacity, "Too slow: messages were piling up");
  } else if (overflowed_ && phase_ == Phase::http) {
    return shut();
  }
  if (write_blocked_) return;
  const Io io = queue_.flush(transport_);
  unflushed_ = io != Io::done;
  if (io == Io::closed) return shut();
  if (io == Io::want_write) return wait_writable();
  if (phase_ == Phase::websocket && session_ && session_->wants_room()) session_->on_room();
  if (io != Io::done || phase_ != Phase::closing || finished_) return;
  transport_.finish();
  finished_ = true;
  if (input_ended_) shut();
}

void Connection::begin_closing() {
  if (session_) session_->end();
  phase_ = Phase::closing;
  pending_.clear();
  loop_.set_deadline(*this, Loop::Clock::now() + kLinger);
  touch();
}

void Connection::close_with_error(Code code, std::string_view text) {
  if (phase_ == Phase::closing || phase_ == Phase::closed) return;
  if (overflowed_) queue_.drop_unsent();
  queue_.push_always(text_frame(error_message(code, text)));
  close_websocket(static_cast<uint16_t>(code), text);
}

void Connection::close_websocket(uint16_t code, std::string_view reason) {
  queue_.push_always(std::make_shared<const std::string>(
      code == 1005 ? make_frame(Opcode::close, {}) : make_close_frame(code, reason)));
  begin_closing();
}

void Connection::on_deadline() {
  if (phase_ == Phase::websocket) return check_alive();
  shut();
}

void Connection::check_alive() {
  const Settings& settings = loop_.hub().settings;
  const auto now = Loop::Clock::now();
  if (pinged_ && last_received_ >= ping_sent_) pinged_ = false;
  if (pinged_ && now - ping_sent_ >= settings.pong_timeout) {
    loop_.hub().metrics.timed_out.add();
    return close_with_error(Code::pong_missing, "Pong reply not received in time");
  }
  if (!pinged_ && now - last_received_ >= settings.activity_timeout) {
    send(text_frame(ping_message()));
    pinged_ = true;
    ping_sent_ = now;
  }
  loop_.set_deadline(*this, pinged_ ? ping_sent_ + settings.pong_timeout
                                    : last_received_ + settings.activity_timeout);
}

void Connection::drain() {
  if (phase_ == Phase::websocket)
    close_with_error(Code::reconnect, "The server is restarting");
  else if (phase_ == Phase::http && queue_.empty())
    shut();
  else if (phase_ == Phase::http)
    begin_closing();
}

void Connection::shut() {
  if (phase_ == Phase::closed) return;
  const auto self = shared_from_this();
  phase_ = Phase::closed;
  if (session_) session_->end();
  unlink();
  boost::system::error_code ignored;
  waiter_->descriptor.close(ignored);
  loop_.forget(*this);
}

}  // namespace gardu::pusher
