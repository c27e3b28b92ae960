// SPDX-License-Identifier: Apache-2.0
//
// What a connection's bytes mean: requests while it speaks HTTP, messages once it is a WebSocket.
#include <ctime>
#include <utility>

#include "protocol/messages.hpp"
#include "server/api.hpp"
#include "server/connection.hpp"
#include "server/handshake.hpp"
#include "server/http_reader.hpp"
#include "server/loop.hpp"
#include "server/session.hpp"

namespace gardu::pusher {

void Connection::feed(std::span<char> data) {
  // Mostly all of it is used at once, and a connection at rest keeps no buffer.
  auto whole = std::exchange(pending_, nullptr);
  if (whole) data = whole->append(data.data(), data.size());
  size_t done = 0;
  while (done < data.size() && (phase_ == Phase::http || phase_ == Phase::websocket)) {
    const size_t used = take(data.subspan(done));
    if (used == 0) break;
    done += used;
  }
  if (done == data.size() || phase_ == Phase::closing || phase_ == Phase::closed) return;
  if (whole) {
    whole->erase(0, done);
    pending_ = std::move(whole);
  } else {
    pending_ = std::make_unique<std::string>(data.data() + done, data.size() - done);
  }
}

size_t Connection::take(std::span<char> data) {
  return phase_ == Phase::http ? take_http(data) : take_frame(data);
}

size_t Connection::take_http(std::span<char> data) {
  if (!http_) http_ = std::make_unique<HttpReader>(loop_.body_limit());
  size_t used = 0;
  switch (http_->feed({data.data(), data.size()}, used)) {
    case HttpReader::State::need_more:
      if (http_->wants_continue())
        send(std::make_shared<const std::string>("HTTP/1.1 100 Continue\r\n\r\n"));
      await(http_->has_head() ? Awaited::body : Awaited::head);
      return used;
    case HttpReader::State::complete:
      handle(http_->request());
      // Nobody's buffer stays with a connection that may rest now.
      if (phase_ == Phase::http)
        http_->reset();
      else
        http_.reset();
      return used;
    case HttpReader::State::body_too_large:
      refuse_request(413, "The content of this event exceeds the allowed maximum");
      break;
    case HttpReader::State::head_too_large:
      refuse_request(431, "The request's head is too large");
      break;
    case HttpReader::State::malformed:
      refuse_request(400, "Malformed request");
      break;
  }
  return data.size();
}

void Connection::handle(const WebRequest& request) {
  Hub& hub = loop_.hub();
  const Target target = find_target(request.path(), hub.settings.path);
  if (target.endpoint == Endpoint::socket && request.upgrade) return upgrade(request, target.app);
  const WebResponse response =
      answer(hub, request, target, static_cast<int64_t>(std::time(nullptr)));
  hub.metrics.api_request(target.endpoint, response.status);
  respond(response, request.keep_alive && !hub.draining.load());
}

void Connection::refuse_request(int status, std::string text) {
  loop_.hub().metrics.api_request(Endpoint::none, status);
  respond(WebResponse::text(status, std::move(text)), false);
}

void Connection::respond(const WebResponse& response, bool keep_alive) {
  // An answer is sent whatever its size; who asks on without reading is let go behind it.
  keep_alive = keep_alive && queue_.bytes() <= loop_.hub().settings.send_queue;
  queue_.push_always(std::make_shared<const std::string>(render(response, keep_alive)));
  touch();
  if (!keep_alive) return begin_closing();
  awaited_ = Awaited::head;  // over
  await(Awaited::request);
}

void Connection::upgrade(const WebRequest& request, const std::string& key) {
  const Handshake handshake = shake_hands(loop_.hub(), request, key);
  if (handshake.response) return respond(*handshake.response, false);
  queue_.push_always(std::make_shared<const std::string>(handshake.accepted));
  phase_ = Phase::websocket;
  if (handshake.app == nullptr) return close_with_error(handshake.refusal, handshake.why);
  session_ = std::make_unique<Session>(*this, loop_.hub(), *handshake.app);
  session_->open();
  loop_.set_deadline(*this, last_received_ + loop_.hub().settings.activity_timeout);
}

size_t Connection::take_frame(std::span<char> data) {
  if (messages_) {
    const size_t used = take_frame(*messages_, data);
    if (messages_->idle()) messages_.reset();
    return used;
  }
  const size_t limit = session_->app().settings.limits.message;
  MessageReader reader(limit == 0 ? SIZE_MAX / 2 : limit);
  const size_t used = take_frame(reader, data);
  if (!reader.idle()) messages_ = std::make_unique<MessageReader>(std::move(reader));
  return used;
}

size_t Connection::take_frame(MessageReader& reader, std::span<char> data) {
  const MessageReader::Item item = reader.next(data.data(), data.size());
  switch (item.kind) {
    case MessageReader::Kind::need_more:
    case MessageReader::Kind::part:
    case MessageReader::Kind::pong:
      break;
    case MessageReader::Kind::text:
      ++loop_.traffic().messages_in;
      session_->on_text(item.payload);
      break;
    case MessageReader::Kind::ping:
      send(std::make_shared<const std::string>(make_frame(Opcode::pong, item.payload)));
      break;
    case MessageReader::Kind::binary:
      close_websocket(1003, "Text only");
      break;
    case MessageReader::Kind::close:
      close_websocket(item.code, {});
      break;
    case MessageReader::Kind::violation:
      close_websocket(item.code, item.code == 1009 ? "Message too big" : "Protocol error");
      break;
  }
  return item.used;
}

}  // namespace gardu::pusher
