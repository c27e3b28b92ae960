// SPDX-License-Identifier: Apache-2.0
// The raw client over POSIX sockets.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

#include "test_support.hpp"

namespace host_http_test {

Client::Client(std::uint16_t port) {
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval guard{kGuard.count(), 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &guard, sizeof guard);
  ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &guard, sizeof guard);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("cannot connect");
  }
}

Client::~Client() {
  if (fd_ >= 0) ::close(fd_);
}

void Client::send(std::string_view text) {
  while (!text.empty()) {
    const long n = write_some(text.data(), text.size());
    if (n <= 0) return;  // the server may have closed: the reads tell
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

void Client::shutdown_write() { ::shutdown(fd_, SHUT_WR); }

void Client::reset() {
  const linger hard{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  ::close(std::exchange(fd_, -1));
}

long Client::write_some(const char* data, std::size_t size) {
  return ::send(fd_, data, size, MSG_NOSIGNAL);
}

long Client::read_some(char* data, std::size_t size) { return ::recv(fd_, data, size, 0); }

bool Client::fill() {
  char data[16 * 1024];
  const long n = read_some(data, sizeof data);
  if (n > 0) buffer_.append(data, static_cast<std::size_t>(n));
  return n > 0;
}

std::string Client::line() {
  while (buffer_.find('\n') == std::string::npos) {
    if (!fill()) return {};
  }
  const auto end = buffer_.find('\n');
  std::string text = buffer_.substr(0, end);
  buffer_.erase(0, end + 1);
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

std::string Client::bytes(std::size_t count) {
  while (buffer_.size() < count && fill()) continue;
  std::string text = buffer_.substr(0, count);
  buffer_.erase(0, count);
  return text;
}

std::string Client::until_end() {
  while (fill()) continue;
  return std::exchange(buffer_, {});
}

bool Client::ended() {
  char byte = 0;
  return buffer_.empty() && read_some(&byte, 1) == 0;
}

std::optional<Reply> Client::reply(bool without_body) {
  const std::string status = line();
  if (!status.starts_with("HTTP/1.1 ")) return std::nullopt;
  Reply reply;
  reply.status = std::stoi(status.substr(9));
  for (auto text = line(); !text.empty(); text = line()) {
    const auto colon = text.find(": ");
    reply.headers.add(text.substr(0, colon), text.substr(colon + 2));
  }
  if (without_body || reply.status < 200 || reply.status == 204) return reply;
  if (const auto length = reply.headers.find("Content-Length")) {
    const auto wanted = std::stoul(std::string(*length));
    reply.body = bytes(wanted);
    if (reply.body.size() != wanted) return std::nullopt;
  } else if (reply.headers.has("Transfer-Encoding")) {
    for (;;) {
      const auto size = line();
      if (size.empty()) return std::nullopt;
      const auto count = std::stoul(size, nullptr, 16);
      reply.body += bytes(count);
      if (!line().empty()) return std::nullopt;
      if (count == 0) break;
    }
  } else {
    reply.body = until_end();
  }
  return reply;
}

std::string get(std::string_view path, std::string_view more_headers) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: gardu.test\r\n" +
         std::string(more_headers) + "\r\n";
}

std::string post(std::string_view path, std::string_view body, std::string_view more_headers) {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: gardu.test\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n" + std::string(more_headers) + "\r\n" + std::string(body);
}

}  // namespace host_http_test
