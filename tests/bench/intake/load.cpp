// SPDX-License-Identifier: Apache-2.0
#include "load.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <stdexcept>

#include "rest.hpp"

namespace gardu::bench {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

std::int64_t now(clockid_t clock) {
  timespec t{};
  ::clock_gettime(clock, &t);
  return static_cast<std::int64_t>(t.tv_sec) * kSecond + t.tv_nsec;
}

class Load {
 public:
  Load(int port, const std::vector<std::string>& requests, std::size_t connections, double rate);
  ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;
  Outcome run();

 private:
  struct Connection {
    int fd = -1;
    std::int64_t from = 0;  // when the request in flight was due
    std::string in;
  };
  std::int64_t due(std::size_t number) const;
  void send_due();
  void wait();
  void receive(std::size_t index);

  const std::vector<std::string>& requests_;
  const double rate_;
  const int epoll_;
  std::vector<Connection> connections_;
  std::vector<std::size_t> free_;
  std::size_t next_ = 0;
  std::int64_t start_ = 0;
  Outcome out_;
};

Load::Load(int port, const std::vector<std::string>& requests, std::size_t connections, double rate)
    : requests_(requests), rate_(rate), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  connections_.resize(std::min(connections, requests.size()));
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    connections_[i].fd = connect_to(port);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, connections_[i].fd, &event);
    free_.push_back(i);
  }
  out_.waits_ms.reserve(requests.size());
}

Load::~Load() {
  for (const Connection& c : connections_) ::close(c.fd);
  ::close(epoll_);
}

std::int64_t Load::due(std::size_t number) const {
  return start_ + static_cast<std::int64_t>(static_cast<double>(number) * kSecond / rate_);
}

void Load::send_due() {
  std::int64_t at = now(CLOCK_MONOTONIC);
  while (next_ < requests_.size() && !free_.empty()) {
    if (rate_ > 0 && due(next_) > at) return;
    Connection& c = connections_[free_.back()];
    free_.pop_back();
    const std::string& bytes = requests_[next_];
    at = now(CLOCK_MONOTONIC);
    c.from = rate_ > 0 ? due(next_) : at;
    ++next_;
    // A request is far smaller than a socket's buffer, which is empty here.
    if (::send(c.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(bytes.size()))
      throw std::runtime_error("a request could not be sent at once");
  }
}

void Load::wait() {
  timespec limit{30, 0};
  if (rate_ > 0 && next_ < requests_.size() && !free_.empty()) {
    const auto rest = std::max<std::int64_t>(0, due(next_) - now(CLOCK_MONOTONIC));
    limit = {rest / kSecond, rest % kSecond};
  }
  std::array<epoll_event, 64> events{};
  const int n =
      ::epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &limit, nullptr);
  if (n < 0 && errno != EINTR) throw std::runtime_error("epoll_pwait2 failed");
  if (n == 0 && limit.tv_sec >= 30) throw std::runtime_error("no answer for 30 s");
  for (int i = 0; i < n; ++i) receive(events[static_cast<std::size_t>(i)].data.u64);
}

void Load::receive(std::size_t index) {
  Connection& c = connections_[index];
  char buffer[4096];
  const ssize_t n = ::recv(c.fd, buffer, sizeof buffer, 0);
  if (n <= 0) throw std::runtime_error("the gateway closed a connection");
  c.in.append(buffer, static_cast<std::size_t>(n));
  const auto extent = answer_in(c.in);
  if (!extent) return;
  c.in.clear();
  ++out_.answered;
  if (extent->status == 200) ++out_.accepted;
  out_.waits_ms.push_back(static_cast<double>(now(CLOCK_MONOTONIC) - c.from) / 1e6);
  free_.push_back(index);
}

Outcome Load::run() {
  const std::int64_t cpu = now(CLOCK_THREAD_CPUTIME_ID);
  start_ = now(CLOCK_MONOTONIC);
  while (out_.answered < requests_.size()) {
    send_due();
    wait();
  }
  out_.seconds = static_cast<double>(now(CLOCK_MONOTONIC) - start_) / kSecond;
  out_.cpu_ns = now(CLOCK_THREAD_CPUTIME_ID) - cpu;
  std::sort(out_.waits_ms.begin(), out_.waits_ms.end());
  return std::move(out_);
}

}  // namespace

double Outcome::at(double part) const {
  if (waits_ms.empty()) return 0;
  const auto i = static_cast<std::size_t>(part * static_cast<double>(waits_ms.size()));
  return waits_ms[std::min(i, waits_ms.size() - 1)];
}

Outcome send_all(int port, const std::vector<std::string>& requests, std::size_t connections,
                 double rate) {
  return Load(port, requests, connections, rate).run();
}

}  // namespace gardu::bench
