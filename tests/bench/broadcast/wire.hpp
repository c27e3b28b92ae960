// SPDX-License-Identifier: Apache-2.0
//
// Non-blocking sockets and the one loop that watches them. One thread.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gardu::bench {

class Wire;

class Poller {
 public:
  // With a tick the sockets are looked at every so often, instead of being woken by each message:
  // a wake-up on the same machine would be charged to the server that sent it.
  Poller(int port, int64_t tick_ns);
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  // Lets every wire that has something do its part; returns after `longest` at the latest.
  void wait(int64_t longest_ns);
  char* buffer() noexcept { return buffer_.data(); }
  size_t capacity() const noexcept { return buffer_.size(); }

 private:
  friend class Wire;
  int round(int64_t longest_ns);

  int epoll_;
  int port_;
  int64_t tick_ns_;
  int64_t next_ns_ = 0;
  std::string buffer_;
};

// A connection of the generator. It stays where it is while the poller lives.
class Wire {
 public:
  explicit Wire(Poller& poller) : poller_(poller) {}
  virtual ~Wire() { shut(); }
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  bool is_open() const noexcept { return fd_ >= 0; }
  void shut();  // at once, without telling the derived class

 protected:
  // `spread`: from which of the addresses 127.0.0.x, 8,000 connections from each.
  void connect(size_t spread);
  void send(std::string_view bytes);
  virtual void connected() = 0;
  // What has arrived and was not consumed yet; answers how much of it is consumed.
  virtual size_t received(std::string_view bytes) = 0;
  virtual void ended() = 0;  // by the other side; the wire is shut already

 private:
  friend class Poller;
  void ready(uint32_t events);
  void read();
  void flush();
  void watch(bool for_writing);

  Poller& poller_;
  int fd_ = -1;
  bool connecting_ = false;
  bool writing_ = false;
  std::string out_;
  std::string rest_;  // the beginning of what is not whole yet
};

}  // namespace gardu::bench
