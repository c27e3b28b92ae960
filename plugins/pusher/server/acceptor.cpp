// SPDX-License-Identifier: Apache-2.0
//
// Binding and accepting.
#include "server/acceptor.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <stdexcept>
#include <system_error>

#include "server/loop.hpp"

namespace gardu::pusher {
namespace {

constexpr int kBacklog = 4096;  // the kernel cuts it to net.core.somaxconn
constexpr int kAcceptsAtOnce = 64;
constexpr std::chrono::milliseconds kAcceptPause{100};  // when there are no descriptors left

std::string reason() { return std::generic_category().message(errno); }

struct AddressDeleter {
  void operator()(addrinfo* list) const noexcept { ::freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, AddressDeleter>;

Addresses resolve(const std::string& host, uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int problem = ::getaddrinfo(host.empty() ? nullptr : host.c_str(),
                                    std::to_string(port).c_str(), &hints, &found);
  if (problem != 0) throw std::runtime_error(::gai_strerror(problem));
  return Addresses(found);
}

sockaddr_storage bound_to(int fd, socklen_t& size) {
  sockaddr_storage address{};
  size = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return address;
}

// Connections are given up by the client before they are taken, or by the network.
bool this_one_only(int problem) {
  return problem == ECONNABORTED || problem == EINTR || problem == EPROTO || problem == EPERM ||
         problem == ENETDOWN || problem == ENETUNREACH || problem == EHOSTUNREACH;
}

}  // namespace

Acceptor::Acceptor(const std::string& host, uint16_t port) {
  const Addresses addresses = resolve(host, port);
  fd_ = ::socket(addresses->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) throw std::runtime_error(reason());
  constexpr int kOn = 1;
  ::setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &kOn, sizeof kOn);
  // What is accepted inherits it.
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &kOn, sizeof kOn);
  if (::bind(fd_, addresses->ai_addr, addresses->ai_addrlen) == 0 && ::listen(fd_, kBacklog) == 0)
    return;
  const std::string why = reason();
  ::close(fd_);
  throw std::runtime_error(why);
}

Acceptor::~Acceptor() { stop(); }

uint16_t Acceptor::port() const {
  socklen_t size = 0;
  const sockaddr_storage address = bound_to(fd_, size);
  if (address.ss_family == AF_INET6)
    return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

std::string Acceptor::address() const {
  socklen_t size = 0;
  const sockaddr_storage address = bound_to(fd_, size);
  std::array<char, NI_MAXHOST> host{};
  ::getnameinfo(reinterpret_cast<const sockaddr*>(&address), size, host.data(), host.size(),
                nullptr, 0, NI_NUMERICHOST);
  const std::string name = host.data();
  return (address.ss_family == AF_INET6 ? '[' + name + ']' : name) + ':' + std::to_string(port());
}

void Acceptor::start(std::vector<Loop*> loops) {
  loops_ = std::move(loops);
  accepted_.resize(loops_.size());
  loops_.front()->poller().add(fd_, *this, EPOLLIN);
}

void Acceptor::stop() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void Acceptor::on_ready(uint32_t /*events*/) {
  for (int i = 0; i < kAcceptsAtOnce && fd_ >= 0; ++i) {
    const int socket = ::accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket >= 0) {
      accepted_[next_++ % loops_.size()].push_back(socket);
      continue;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) break;
    if (this_one_only(errno)) continue;
    pause();
    break;
  }
  hand_over();
}

void Acceptor::pause() {
  Loop& loop = *loops_.front();
  loop.poller().change(fd_, *this, 0);
  loop.after(kAcceptPause, [this, &loop] {
    if (fd_ >= 0) loop.poller().change(fd_, *this, EPOLLIN);
  });
}

void Acceptor::hand_over() {
  for (size_t i = 0; i < loops_.size(); ++i) {
    if (accepted_[i].empty()) continue;
    loops_[i]->adopt(accepted_[i]);
    accepted_[i].clear();
  }
}

}  // namespace gardu::pusher
