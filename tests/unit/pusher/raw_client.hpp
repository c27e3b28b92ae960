// SPDX-License-Identifier: Apache-2.0
//
// A blocking client that writes every byte itself, so that it can misbehave. Reads give up after
// ten seconds, by an exception.
#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

#include "protocol/crypto.hpp"

namespace gardu::pusher::testing {

using Json = nlohmann::json;

inline constexpr std::string_view kKey = "278d425bdf160c739803";
inline constexpr std::string_view kSecret = "7ad3773142a6692b25b8";

struct Frame {
  int opcode = -1;  // -1: the stream ended
  std::string payload;
  int close_code() const {
    return payload.size() < 2
               ? 1005
               : static_cast<uint8_t>(payload[0]) * 256 + static_cast<uint8_t>(payload[1]);
  }
};

inline std::string masked_frame(int first_byte, std::string_view payload) {
  std::string out(1, static_cast<char>(first_byte));
  if (payload.size() < 126) {
    out += static_cast<char>(0x80 | static_cast<int>(payload.size()));
  } else if (payload.size() < 65536) {
    out += static_cast<char>(0xFE);
    out += static_cast<char>(payload.size() >> 8);
    out += static_cast<char>(payload.size() & 255);
  } else {
    out += static_cast<char>(0xFF);
    for (int i = 7; i >= 0; --i) out += static_cast<char>((payload.size() >> (8 * i)) & 255);
  }
  constexpr char kMask[4] = {1, 2, 3, 4};
  out.append(kMask, 4);
  for (size_t i = 0; i < payload.size(); ++i) out += static_cast<char>(payload[i] ^ kMask[i % 4]);
  return out;
}

struct Reply {
  int status = 0;
  std::string head, body;
};

class RawClient {
 public:
  explicit RawClient(uint16_t port, int receive_buffer = 0) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receive_buffer != 0)
      ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    const timeval patience{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("no connection");
  }
  RawClient(RawClient&& other) noexcept
      : socket_id(std::move(other.socket_id)),
        fd_(std::exchange(other.fd_, -1)),
        input_(std::move(other.input_)) {}
  RawClient(const RawClient&) = delete;
  ~RawClient() { close(); }

  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  int descriptor() const { return fd_; }
  void end_output() { ::shutdown(fd_, SHUT_WR); }

  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) throw std::runtime_error("cannot write");
      bytes.remove_prefix(static_cast<size_t>(n));
    }
  }
  void text(std::string_view payload) { write(masked_frame(0x81, payload)); }
  void say(const Json& message) { text(message.dump()); }

  Frame frame() {
    if (!need(2)) return {};
    const int opcode = input_[0] & 15;
    uint64_t length = static_cast<uint8_t>(input_[1]);
    size_t head = 2;
    if (length >= 126) {
      head += length == 126 ? 2 : 8;
      if (!need(head)) return {};
      length = 0;
      for (size_t i = 2; i < head; ++i) length = length * 256 + static_cast<uint8_t>(input_[i]);
    }
    if (!need(head + length)) return {};
    Frame out{opcode, input_.substr(head, length)};
    input_.erase(0, head + length);
    return out;
  }
  // The next text message, which is checked for `data` being a string everywhere but in an error.
  Json message() {
    const Frame f = frame();
    if (f.opcode != 1) throw std::runtime_error("no text but opcode " + std::to_string(f.opcode));
    Json json = Json::parse(f.payload);
    if (json.contains("data") && json["event"] != "pusher:error" && !json["data"].is_string())
      throw std::runtime_error("data is no string: " + f.payload);
    return json;
  }
  bool at_end() { return !need(1); }

  // An answer's head alone, as it comes for HEAD; empty at the end of the stream.
  std::string head() {
    size_t end = 0;
    while ((end = input_.find("\r\n\r\n")) == std::string::npos)
      if (!need(input_.size() + 1)) return {};
    std::string out = input_.substr(0, end + 2);
    input_.erase(0, end + 4);
    return out;
  }
  Reply reply() {
    Reply out;
    out.head = head();
    if (out.head.empty()) return out;
    out.status = std::stoi(out.head.substr(9, 3));
    const size_t length = out.head.find("Content-Length: ");
    if (length == std::string::npos) return out;
    const size_t size = std::stoul(out.head.substr(length + 16));
    if (!need(size)) return {};
    out.body = input_.substr(0, size);
    input_.erase(0, size);
    return out;
  }
  Reply request(const std::string& method, const std::string& target, std::string_view body = {}) {
    std::string text = method + ' ' + target + " HTTP/1.1\r\nHost: localhost\r\n";
    if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    write(text + "\r\n" + std::string(body));
    return reply();
  }

  static std::string upgrade_request(const std::string& target, const std::string& header = {}) {
    return "GET " + target +
           " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
           header + "\r\n";
  }
  // Upgrades; the first message is the caller's to read.
  Reply upgrade(const std::string& target, const std::string& header = {}) {
    write(upgrade_request(target, header));
    return reply();
  }
  // Until the connection is established.
  void open(const std::string& target = "/app/" + std::string(kKey) + "?protocol=7") {
    if (upgrade(target).status != 101) throw std::runtime_error("not upgraded");
    const Json hello = message();
    if (hello["event"] != "pusher:connection_established") throw std::runtime_error(hello.dump());
    socket_id = Json::parse(hello["data"].get<std::string>())["socket_id"];
  }
  std::string sign(const std::string& channel) const {
    return std::string(kKey) + ':' + hmac_sha256_hex(kSecret, socket_id + ':' + channel);
  }
  Json subscribe(const std::string& channel) {
    say({{"event", "pusher:subscribe"}, {"data", {{"channel", channel}, {"auth", sign(channel)}}}});
    return message();
  }

  std::string socket_id;

 private:
  bool need(size_t size) {
    while (input_.size() < size) {
      char buffer[65536];
      const ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
      if (n < 0 && errno == ECONNRESET) return false;
      if (n < 0) throw std::runtime_error("nothing came");
      if (n == 0) return false;
      input_.append(buffer, static_cast<size_t>(n));
    }
    return true;
  }

  int fd_ = -1;
  std::string input_;
};

}  // namespace gardu::pusher::testing
