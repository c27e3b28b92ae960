// SPDX-License-Identifier: Apache-2.0
#include "rest.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <stdexcept>

namespace gardu::bench {
namespace {

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() { ::close(fd_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

int connect_to(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || ::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
    if (fd >= 0) ::close(fd);
    throw std::runtime_error("no connection to the gateway");
  }
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

std::optional<Extent> answer_in(std::string_view text) {
  constexpr std::string_view kLength = "\r\nContent-Length: ";
  const auto end = text.find("\r\n\r\n");
  if (end == std::string_view::npos || end < 12) return std::nullopt;
  Extent e;
  e.head = end + 4;
  std::from_chars(text.data() + 9, text.data() + 12, e.status);
  if (const auto at = text.substr(0, end).find(kLength); at != std::string_view::npos)
    std::from_chars(text.data() + at + kLength.size(), text.data() + end, e.body);
  if (text.size() < e.head + e.body) return std::nullopt;
  return e;
}

Answer request(int port, const std::string& method, const std::string& path,
               const std::string& token, const std::string& body) {
  const Socket socket(connect_to(port));
  std::string out = method + " " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n";
  if (!token.empty()) out += "Authorization: Bearer " + token + "\r\n";
  if (!body.empty())
    out +=
        "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  out += "\r\n" + body;
  for (std::size_t sent = 0; sent < out.size();) {
    const ssize_t n = ::send(socket.fd(), out.data() + sent, out.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) throw std::runtime_error(method + " " + path + " could not be sent");
    sent += static_cast<std::size_t>(n);
  }
  std::string in;
  for (;;) {
    if (const auto e = answer_in(in)) return {e->status, in.substr(e->head, e->body)};
    char buffer[65536];
    const ssize_t n = ::recv(socket.fd(), buffer, sizeof buffer, 0);
    if (n <= 0) throw std::runtime_error(method + " " + path + ": no answer");
    in.append(buffer, static_cast<std::size_t>(n));
  }
}

}  // namespace gardu::bench
