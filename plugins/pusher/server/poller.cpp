// SPDX-License-Identifier: Apache-2.0
//
// epoll, and an eventfd to be woken by.
#include "server/poller.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <system_error>

namespace gardu::pusher {
namespace {

int checked(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

}  // namespace

Poller::Bell::Bell() : fd_(checked(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd")) {}
Poller::Bell::~Bell() { ::close(fd_); }

void Poller::Bell::on_ready(uint32_t /*events*/) {
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t n = ::read(fd_, &count, sizeof count);
}

void Poller::Bell::ring() noexcept {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(fd_, &one, sizeof one);
}

Poller::Poller() : fd_(checked(::epoll_create1(EPOLL_CLOEXEC), "epoll")) {
  try {
    add(bell_.fd(), bell_, EPOLLIN);
  } catch (...) {
    ::close(fd_);
    throw;
  }
}

Poller::~Poller() { ::close(fd_); }

void Poller::add(int fd, PollTarget& target, uint32_t events) {
  epoll_event event{.events = events, .data = {.ptr = &target}};
  checked(::epoll_ctl(fd_, EPOLL_CTL_ADD, fd, &event), "epoll");
}

void Poller::change(int fd, PollTarget& target, uint32_t events) {
  epoll_event event{.events = events, .data = {.ptr = &target}};
  checked(::epoll_ctl(fd_, EPOLL_CTL_MOD, fd, &event), "epoll");
}

std::span<const epoll_event> Poller::wait(std::chrono::milliseconds timeout) {
  const auto most = std::min<int64_t>(timeout.count(), INT_MAX);
  const int n = ::epoll_wait(fd_, events_.data(), static_cast<int>(events_.size()),
                             most < 0 ? -1 : static_cast<int>(most));
  return {events_.data(), static_cast<size_t>(std::max(n, 0))};  // else it was interrupted
}

void Poller::wake() noexcept { bell_.ring(); }

}  // namespace gardu::pusher
