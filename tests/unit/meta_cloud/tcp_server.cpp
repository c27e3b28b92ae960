// SPDX-License-Identifier: Apache-2.0
//
// A scripted server on blocking sockets.
#include "tcp_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

namespace gardu::meta_cloud {
namespace {

int listen_on_loopback(uint16_t& port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  if (fd < 0 || ::bind(fd, raw, size) != 0 || ::listen(fd, 64) != 0 ||
      ::getsockname(fd, raw, &size) != 0)
    throw std::runtime_error("no port on loopback");
  port = ntohs(address.sin_port);
  return fd;
}

}  // namespace

std::string TcpPeer::read_request() {
  for (;;) {
    const size_t head = rest_.find("\r\n\r\n");
    if (head != std::string::npos) {
      const size_t at = rest_.find("Content-Length: ");
      const size_t length = at < head ? std::stoul(rest_.substr(at + 16)) : 0;
      if (rest_.size() >= head + 4 + length) {
        std::string request = rest_.substr(0, head + 4 + length);
        rest_.erase(0, request.size());
        return request;
      }
    }
    char buffer[4096];
    const ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
    if (n <= 0) return {};
    rest_.append(buffer, static_cast<size_t>(n));
  }
}

void TcpPeer::write(const std::string& text) {
  (void)::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
}

void TcpPeer::reset() {
  const linger hard{1, 0};
  (void)::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

void TcpPeer::wait_for_close() {
  char byte = 0;
  while (::recv(fd_, &byte, 1, 0) > 0) {
  }
}

struct TcpServer::State {
  Script script;
  uint16_t port = 0;
  int listener = -1;
  std::atomic<int> accepted{0};
  std::mutex mutex;
  std::vector<int> open;
  std::vector<std::thread> workers;
  std::thread acceptor;

  void serve(int fd, int number) {
    TcpPeer peer(fd);
    script(peer, number);
    const std::lock_guard lock(mutex);
    std::erase(open, fd);
    ::close(fd);
  }
  void accept_all() {
    for (;;) {
      const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      const std::lock_guard lock(mutex);
      open.push_back(fd);
      workers.emplace_back([this, fd, number = accepted.fetch_add(1)] { serve(fd, number); });
    }
  }
};

TcpServer::TcpServer(Script script) : state_(std::make_unique<State>()) {
  state_->script = std::move(script);
  state_->listener = listen_on_loopback(state_->port);
  state_->acceptor = std::thread([s = state_.get()] { s->accept_all(); });
}

TcpServer::~TcpServer() {
  ::shutdown(state_->listener, SHUT_RDWR);
  state_->acceptor.join();
  ::close(state_->listener);
  {
    const std::lock_guard lock(state_->mutex);
    for (const int fd : state_->open) ::shutdown(fd, SHUT_RDWR);
  }
  for (std::thread& worker : state_->workers) worker.join();
}

std::string TcpServer::url() const { return "http://127.0.0.1:" + std::to_string(state_->port); }
int TcpServer::connections() const { return state_->accepted.load(); }

std::string http_answer(int status, const std::string& body, const std::string& headers) {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Type: application/json\r\n" +
         headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string dead_url() {
  uint16_t port = 0;
  ::close(listen_on_loopback(port));
  return "http://127.0.0.1:" + std::to_string(port);
}

}  // namespace gardu::meta_cloud
