// SPDX-License-Identifier: Apache-2.0
#include "wire.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <stdexcept>

#include "measure.hpp"

namespace gardu::bench {
namespace {

constexpr size_t kBuffer = 1U << 20U;
constexpr size_t kPerAddress = 8000;
constexpr uint32_t kFirstAddress = 0x7f000002;  // 127.0.0.2

sockaddr_in address(uint32_t ip, int port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(static_cast<uint16_t>(port));
  out.sin_addr.s_addr = htonl(ip);
  return out;
}

[[noreturn]] void fail(const char* what) {
  throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
}

void sleep_until(int64_t ns) {
  const timespec at{ns / kSecond, ns % kSecond};
  ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr);
}

}  // namespace

Poller::Poller(int port, int64_t tick_ns)
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      port_(port),
      tick_ns_(tick_ns),
      buffer_(kBuffer, '\0') {
  if (epoll_ < 0) fail("epoll_create1");
}

Poller::~Poller() { ::close(epoll_); }

void Poller::wait(int64_t longest_ns) {
  longest_ns = std::max<int64_t>(0, longest_ns);
  if (tick_ns_ == 0) {
    round(longest_ns);
    return;
  }
  const int64_t until = now_ns() + longest_ns;
  if (next_ns_ > now_ns()) sleep_until(std::min(next_ns_, until));
  if (now_ns() < next_ns_) return;
  next_ns_ = now_ns() + tick_ns_;
  while (round(0) > 0) {
  }
}

int Poller::round(int64_t longest_ns) {
  std::array<epoll_event, 1024> events;
  const timespec longest{longest_ns / kSecond, longest_ns % kSecond};
  const int count = ::epoll_pwait2(epoll_, events.data(), events.size(), &longest, nullptr);
  if (count < 0 && errno != EINTR) fail("epoll_pwait2");
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<size_t>(i)];
    static_cast<Wire*>(event.data.ptr)->ready(event.events);
  }
  return count == static_cast<int>(events.size()) ? count : 0;
}

void Wire::connect(size_t spread) {
  shut();
  out_.clear();
  rest_.clear();
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) fail("socket");
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(fd_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  const sockaddr_in from = address(kFirstAddress + static_cast<uint32_t>(spread / kPerAddress), 0);
  if (::bind(fd_, reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0) fail("bind");
  const sockaddr_in to = address(INADDR_LOOPBACK, poller_.port_);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 &&
      errno != EINPROGRESS)
    fail("connect");
  connecting_ = true;
  writing_ = true;
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT;
  event.data.ptr = this;
  if (::epoll_ctl(poller_.epoll_, EPOLL_CTL_ADD, fd_, &event) != 0) fail("epoll_ctl");
}

void Wire::shut() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void Wire::watch(bool for_writing) {
  if (fd_ < 0 || writing_ == for_writing) return;
  writing_ = for_writing;
  epoll_event event{};
  event.events = EPOLLIN | (for_writing ? EPOLLOUT : 0U);
  event.data.ptr = this;
  if (::epoll_ctl(poller_.epoll_, EPOLL_CTL_MOD, fd_, &event) != 0) fail("epoll_ctl");
}

void Wire::send(std::string_view bytes) {
  if (fd_ < 0) return;
  out_ += bytes;
  if (!connecting_) flush();
}

void Wire::flush() {
  size_t done = 0;
  while (done < out_.size()) {
    const ssize_t n = ::send(fd_, out_.data() + done, out_.size() - done, MSG_NOSIGNAL);
    if (n < 0) break;  // full, or an error that reading will meet, too
    done += static_cast<size_t>(n);
  }
  out_.erase(0, done);
  watch(!out_.empty());
}

void Wire::ready(uint32_t events) {
  if (fd_ < 0) return;
  if (connecting_) {
    if ((events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) == 0) return;
    int problem = 0;
    socklen_t size = sizeof problem;
    ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &problem, &size);
    if (problem != 0) {
      shut();
      return ended();
    }
    connecting_ = false;
    connected();
  }
  if ((events & EPOLLOUT) != 0 && fd_ >= 0) flush();
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 && fd_ >= 0) read();
}

void Wire::read() {
  const size_t had = rest_.size();
  if (had >= poller_.capacity()) throw std::runtime_error("a message larger than the buffer");
  std::memcpy(poller_.buffer(), rest_.data(), had);
  const ssize_t n = ::recv(fd_, poller_.buffer() + had, poller_.capacity() - had, 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) {
    shut();
    return ended();
  }
  const std::string_view bytes(poller_.buffer(), had + static_cast<size_t>(n));
  rest_ = bytes.substr(received(bytes));
}

}  // namespace gardu::bench
