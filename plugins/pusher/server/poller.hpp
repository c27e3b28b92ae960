// SPDX-License-Identifier: Apache-2.0
//
// Waits for many descriptors at once (epoll, level-triggered), and can be woken from another
// thread. Unless marked any-thread, calls come from one thread.
#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <span>

#include <sys/epoll.h>

namespace gardu::pusher {

// What a descriptor's readiness is told to. It must outlive the events that `wait` has given out.
class PollTarget {
 public:
  // `events`: EPOLLIN, EPOLLOUT, EPOLLHUP, EPOLLERR.
  virtual void on_ready(uint32_t events) = 0;

 protected:
  ~PollTarget() = default;
};

class Poller {
 public:
  Poller();  // throws std::system_error
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  // `events`: EPOLLIN, EPOLLOUT or nothing; hang-ups and errors are told always. A descriptor that
  // is closed is forgotten. Throws std::system_error.
  void add(int fd, PollTarget& target, uint32_t events);
  void change(int fd, PollTarget& target, uint32_t events);

  // What is ready, after at most `timeout` (negative: whenever something is). Valid until the next
  // call.
  std::span<const epoll_event> wait(std::chrono::milliseconds timeout);
  static void tell(const epoll_event& event) {
    static_cast<PollTarget*>(event.data.ptr)->on_ready(event.events);
  }

  void wake() noexcept;  // any-thread: ends this wait, or the next one

 private:
  class Bell final : public PollTarget {
   public:
    Bell();
    ~Bell();
    void on_ready(uint32_t events) override;
    void ring() noexcept;
    int fd() const noexcept { return fd_; }

   private:
    int fd_;
  };

  Bell bell_;
  int fd_;
  std::array<epoll_event, 512> events_;
};

}  // namespace gardu::pusher
