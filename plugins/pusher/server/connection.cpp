// SPDX-License-Identifier: Apache-2.0
//
// The life of a socket: waiting, reading, writing, closing. What the bytes mean is in
// connection_input.cpp.
#include "server/connection.hpp"

#include "protocol/messages.hpp"
#include "server/http_reader.hpp"
#include "server/loop.hpp"
#include "server/session.hpp"

namespace gardu::pusher {
namespace {

constexpr std::chrono::seconds kHeadPatience{15};  // from a request's first byte on
constexpr std::chrono::seconds kPatience{60};      // for its body, and for the next request
constexpr std::chrono::seconds kLinger{5};         // for the peer to go after our goodbye
constexpr int kReadsAtOnce = 4;                    // then the others get their turn

}  // namespace

Connection::Connection(Loop& loop, int fd)
    : loop_(loop), transport_(fd, loop.tls()), last_received_(loop.now()) {}

Connection::~Connection() = default;

void Connection::start() {
  loop_.set_deadline(*this, last_received_ + kHeadPatience);
  try {
    loop_.poller().add(transport_.fd(), *this, EPOLLIN);
  } catch (const std::exception& e) {
    give_up(e);
  }
}

// What is waited for has its time from when that began: bytes that drip in do not lengthen it.
void Connection::await(Awaited what) {
  if (what == awaited_) return;
  awaited_ = what;
  loop_.set_deadline(*this, loop_.now() + (what == Awaited::head ? kHeadPatience : kPatience));
}

void Connection::watch() {
  loop_.poller().change(transport_.fd(), *this,
                        (input_ended_ ? 0U : EPOLLIN) | (write_blocked_ ? EPOLLOUT : 0U));
}

void Connection::on_ready(uint32_t events) {
  try {
    handle_ready(events);
  } catch (const std::exception& e) {
    give_up(e);
  }
}

void Connection::reread() {
  rereading_ = false;
  on_ready(EPOLLIN);
}

void Connection::give_up(const std::exception& why) {
  loop_.hub().host.error(std::string("a connection is given up: ") + why.what());
  shut();
}

void Connection::handle_ready(uint32_t events) {
  if (phase_ == Phase::closed) return;
  if ((events & EPOLLOUT) != 0) {
    write_blocked_ = false;
    watch();
    write();
    if (phase_ == Phase::closed) return;
    if (transport_.hides_input()) events |= EPOLLIN;  // reading may have waited for it too
  }
  if (input_ended_) {
    if ((events & (EPOLLHUP | EPOLLERR)) != 0) shut();
  } else if ((events & ~EPOLLOUT) != 0) {
    read();
  }
}

void Connection::read() {
  const std::span<char> scratch = loop_.scratch();
  bool exhausted = false;
  for (int i = 0; i < kReadsAtOnce && !exhausted; ++i) {
    size_t got = 0;
    const Io io = transport_.read(scratch.data(), scratch.size(), got);
    if (io == Io::closed) return on_end_of_input();
    if (io == Io::want_write && !write_blocked_) {
      write_blocked_ = true;
      watch();
    }
    if (io != Io::done) {
      exhausted = true;
      break;
    }
    last_received_ = loop_.now();
    loop_.traffic().bytes_in += static_cast<int64_t>(got);
    if (phase_ != Phase::closing) feed(scratch.first(got));
    if (phase_ == Phase::closed) return;
    // What comes after a short read is told by the descriptor.
    exhausted = got < scratch.size() && !transport_.hides_input();
  }
  if (unflushed_) touch();
  if (exhausted || rereading_ || !transport_.hides_input()) return;
  rereading_ = true;
  loop_.again(*this);
}

void Connection::on_end_of_input() {
  input_ended_ = true;
  const bool answering = phase_ == Phase::http && (!queue_.empty() || unflushed_);
  if (!answering && (phase_ != Phase::closing || finished_)) return shut();
  watch();
  // A caller of the API may close its half and still read the answer.
  if (answering) return begin_closing();
  touch();
}

void Connection::send(SharedBytes bytes) {
  if (phase_ == Phase::closing || phase_ == Phase::closed || overflowed_) return;
  const size_t limit = loop_.hub().settings.send_queue;
  // A queue that is full of what the socket was never asked to take says nothing of its reader.
  if (!write_blocked_ && !queue_.fits(bytes->size(), limit)) pump();
  // What happens to a slow reader waits for `flush`: the caller may be going through a channel.
  overflowed_ = !queue_.push(std::move(bytes), limit);
  if (phase_ == Phase::websocket) ++loop_.traffic().messages_out;
  touch();
}

void Connection::touch() {
  if (touched_) return;
  touched_ = true;
  loop_.touch(*this, phase_ == Phase::http);
}

void Connection::flush() {
  touched_ = false;
  try {
    write();
  } catch (const std::exception& e) {
    give_up(e);
  }
}

// Gives the socket what it takes. Closes nothing, whatever becomes of it.
Io Connection::pump() {
  const size_t waiting = queue_.bytes();
  const Io io = queue_.flush(transport_);
  loop_.traffic().bytes_out += static_cast<int64_t>(waiting - queue_.bytes());
  unflushed_ = io != Io::done;
  if (io == Io::want_write) {
    write_blocked_ = true;
    watch();
  }
  return io;
}

void Connection::write() {
  if (phase_ == Phase::closed) return;
  if (overflowed_ && phase_ == Phase::websocket) {
    loop_.hub().metrics.slow_consumers.add();
    close_with_error(Code::over_capacity, "Too slow: messages were piling up");
  } else if (overflowed_ && phase_ == Phase::http) {
    return shut();
  }
  if (write_blocked_) return;
  const Io io = pump();
  if (io == Io::closed) return shut();
  if (io == Io::want_write) return;
  if (phase_ == Phase::websocket && session_ && session_->wants_room()) session_->on_room();
  if (io != Io::done || phase_ != Phase::closing || finished_) return;
  transport_.finish();
  finished_ = true;
  if (input_ended_) shut();
}

void Connection::begin_closing() {
  if (session_) session_->end();
  phase_ = Phase::closing;
  pending_.reset();
  loop_.set_deadline(*this, loop_.now() + kLinger);
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
  const auto now = loop_.now();
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
  else if (phase_ == Phase::http && pending_)
    return;  // a request that is still coming is answered, and that ends it
  else if (phase_ == Phase::http && queue_.empty() && !unflushed_)
    shut();
  else if (phase_ == Phase::http)
    begin_closing();
}

void Connection::shut() {
  if (phase_ == Phase::closed) return;
  phase_ = Phase::closed;
  if (session_) session_->end();
  unlink();
  transport_.close();
  loop_.forget(*this);
}

}  // namespace gardu::pusher
