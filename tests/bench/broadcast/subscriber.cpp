// SPDX-License-Identifier: Apache-2.0
#include "subscriber.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "signing.hpp"

namespace gardu::bench {
namespace {

using nlohmann::json;

enum Opcode { kText = 1, kClose = 8, kPing = 9, kPong = 10 };

// Any key will do: nobody guards against guessed ones here.
constexpr std::string_view kKey = "AAECAwQFBgcICQoLDA0ODw==";
constexpr char kMask[] = {'\x37', '\x51', '\x0a', '\x6c'};

// The frame's size; 0 while it is not whole.
size_t parse(std::string_view bytes, std::string_view& payload) {
  const auto at = [&](size_t i) { return static_cast<unsigned char>(bytes[i]); };
  if (bytes.size() < 2) return 0;
  size_t length = at(1), head = 2;
  if (length > 127) throw std::runtime_error("a masked frame from the server");
  if (length >= 126) {
    const size_t digits = length == 126 ? 2 : 8;
    head += digits;
    if (bytes.size() < head) return 0;
    length = 0;
    for (size_t i = 0; i < digits; ++i) length = length << 8U | at(2 + i);
  }
  if (bytes.size() - head < length) return 0;
  payload = bytes.substr(head, length);
  return head + length;
}

json data_of(const json& message) {
  const json& data = message.at("data");
  return data.is_string() ? json::parse(data.get<std::string>()) : data;
}

}  // namespace

Subscriber::Subscriber(Load& load, size_t index, Stream* stream)
    : Wire(load.poller),
      load_(load),
      index_(index),
      stream_(stream),
      next_(stream == nullptr ? 0 : std::max<size_t>(1, load.options.publishers)) {}

void Subscriber::start() {
  began_ns_ = now_ns();
  connect(index_);
}

void Subscriber::connected() {
  send("GET /app/" + load_.options.key +
       "?protocol=7&client=bench&version=1.0 HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
       "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " +
       std::string(kKey) + "\r\n\r\n");
}

void Subscriber::write(int opcode, std::string_view payload) {
  std::string out(1, static_cast<char>(0x80 | opcode));
  if (payload.size() < 126) {
    out.push_back(static_cast<char>(0x80U | payload.size()));
  } else {
    out.push_back(static_cast<char>(0x80 | 126));
    out.push_back(static_cast<char>(payload.size() >> 8U));
    out.push_back(static_cast<char>(payload.size()));
  }
  out.append(kMask, sizeof kMask);
  for (size_t i = 0; i < payload.size(); ++i)
    out.push_back(static_cast<char>(payload[i] ^ kMask[i % sizeof kMask]));
  send(out);
}

void Subscriber::subscribe() {
  const std::string& channel = stream_->channel();
  json data{{"channel", channel}};
  std::string to_sign = socket_id_ + ":" + channel;
  if (channel.starts_with("presence-")) {
    const std::string user = "u" + std::to_string(index_);
    const json who{{"user_id", user}, {"user_info", {{"name", "member " + user}}}};
    data["channel_data"] = who.dump();
    to_sign += ":" + who.dump();
  }
  if (channel.starts_with("presence-") || channel.starts_with("private-"))
    data["auth"] = load_.options.key + ":" + hmac_hex(load_.options.secret, to_sign);
  write(kText, json{{"event", "pusher:subscribe"}, {"data", data}}.dump());
}

void Subscriber::unsubscribe() {
  const json data{{"channel", stream_->channel()}};
  write(kText, json{{"event", "pusher:unsubscribe"}, {"data", data}}.dump());
}

void Subscriber::whisper() { write(kText, stream_->whisper(0, now_ns())); }

void Subscriber::close() {
  closing_ = true;
  write(kClose, std::string_view("\x03\xe8", 2));
}

void Subscriber::ended() {
  if (closing_) return;
  ++load_.ended;
  load_.fail("the server closed a connection");
}

size_t Subscriber::upgraded(std::string_view bytes) {
  const size_t end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return 0;
  const std::string_view head = bytes.substr(0, end);
  if (!head.starts_with("HTTP/1.1 101") ||
      head.find(websocket_accept(kKey)) == std::string_view::npos)
    throw std::runtime_error("no upgrade: " + std::string(head));
  upgraded_ = true;
  return end + 4;
}

size_t Subscriber::received(std::string_view bytes) {
  load_.last_ns = now_ns();
  size_t done = 0;
  if (!upgraded_) {
    done = upgraded(bytes);
    if (done == 0) return 0;
  }
  std::string_view payload;
  while (is_open()) {
    const size_t size = parse(bytes.substr(done), payload);
    if (size == 0) break;
    const int opcode = bytes[done] & 0x0f;
    if ((bytes[done] & 0xf0) != 0x80) throw std::runtime_error("a frame in parts or with bits set");
    done += size;
    frame(opcode, payload);
  }
  return done;
}

void Subscriber::frame(int opcode, std::string_view payload) {
  if (opcode == kText) return message(payload);
  if (opcode == kPing) return write(kPong, payload);
  if (opcode != kClose) return;
  if (!closing_)
    load_.fail("closed with " + std::string(payload.substr(std::min<size_t>(2, payload.size()))));
  if (!closing_) ++load_.ended;
  shut();
}

void Subscriber::message(std::string_view text) {
  const auto number = stream_ == nullptr ? std::nullopt : stream_->recognize(text);
  if (!number) return control(text);
  if (silent) throw std::runtime_error("an event came back to its sender");
  uint32_t& next = next_.at(number->publisher);
  if (number->sequence != next)
    throw std::runtime_error(stream_->channel() + ": event " + std::to_string(number->sequence) +
                             " instead of " + std::to_string(next));
  ++next;
  const auto arrival = stream_->arrived(*number);
  if (arrival.complete) --load_.open;
  if (load_.measuring) {
    ++load_.delivered;
    load_.latency.add(load_.last_ns - arrival.due);
  }
  if (on_event) on_event();
}

void Subscriber::joined(const std::string& user) {
  if (!members_.insert(user).second) throw std::runtime_error("joined twice: " + user);
}

void Subscriber::roster(const std::string& data) {
  const json presence = json::parse(data).at("presence");
  for (const json& user : presence.at("ids")) joined(user.get<std::string>());
  if (presence.at("count") != members_.size()) throw std::runtime_error("a wrong count of members");
}

void Subscriber::control(std::string_view text) {
  const json message = json::parse(text);
  const auto event = message.at("event").get<std::string>();
  if (event == "pusher:connection_established") {
    socket_id_ = data_of(message).at("socket_id").get<std::string>();
    if (stream_ != nullptr && !join_later) return subscribe();
    ++load_.ready;
  } else if (event == "pusher_internal:subscription_succeeded") {
    if (stream_->channel().starts_with("presence-")) roster(message.at("data").get<std::string>());
    load_.subscribed.add(load_.last_ns - began_ns_);
    ++load_.ready;
  } else if (event == "pusher_internal:member_added") {
    joined(data_of(message).at("user_id").get<std::string>());
    ++load_.joins;
  } else if (event == "pusher_internal:member_removed") {
    if (members_.erase(data_of(message).at("user_id").get<std::string>()) == 0)
      throw std::runtime_error("left, and had not joined");
    ++load_.leaves;
  } else if (event == "pusher:ping") {
    write(kText, R"({"event":"pusher:pong","data":{}})");
  } else {
    throw std::runtime_error("unexpected: " + std::string(text.substr(0, 200)));
  }
}

}  // namespace gardu::bench
