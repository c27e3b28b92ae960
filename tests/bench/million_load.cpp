// SPDX-License-Identifier: Apache-2.0
//
// Requests at fixed times, whether or not the ones before are answered (open loop): what a request
// waited for its turn counts as its latency.
//   million_load PORT TOKEN SECONDS READS_PER_SECOND WRITES_PER_SECOND < requests
// A line is NAME, a tab, PATH, and for a write another tab and the body of a POST. Prints one line
// of JSON: of each name the count, the failed ones, and p50, p99 and max in microseconds.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Micros = std::chrono::duration<double, std::micro>;

struct Request {
  std::string name, bytes;
};
struct Result {
  std::vector<double> micros;
  std::size_t failed = 0;
};
using Results = std::map<std::string, Result>;

// A connection that is kept.
class Connection {
 public:
  explicit Connection(int port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
      throw std::runtime_error("cannot connect");
  }
  ~Connection() { ::close(fd_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // The status.
  int call(const std::string& request) {
    for (std::size_t sent = 0; sent < request.size();) {
      const auto n = ::send(fd_, request.data() + sent, request.size() - sent, MSG_NOSIGNAL);
      if (n <= 0) throw std::runtime_error("the connection was closed");
      sent += static_cast<std::size_t>(n);
    }
    in_.clear();
    std::size_t head = 0;
    while ((head = in_.find("\r\n\r\n")) == std::string::npos) receive();
    const std::size_t all = head + 4 + content_length(std::string_view(in_).substr(0, head));
    while (in_.size() < all) receive();
    return std::atoi(in_.c_str() + sizeof "HTTP/1.1");
  }

 private:
  static std::size_t content_length(std::string_view head) {
    static constexpr std::string_view kName = "\r\nContent-Length: ";
    const auto at = head.find(kName);
    if (at == std::string_view::npos) throw std::runtime_error("an answer without its length");
    std::size_t out = 0;
    std::from_chars(head.data() + at + kName.size(), head.data() + head.size(), out);
    return out;
  }
  void receive() {
    char part[65536];
    const auto n = ::recv(fd_, part, sizeof part, 0);
    if (n <= 0) throw std::runtime_error("the connection was closed");
    in_.append(part, static_cast<std::size_t>(n));
  }

  const int fd_;
  std::string in_;
};

// One kind of requests, taken in turn by as many connections as may be needed.
class Stream {
 public:
  Stream(int port, std::vector<Request> requests, double rate, int connections,
         Clock::time_point start, double seconds)
      : requests_(std::move(requests)),
        rate_(rate),
        start_(start),
        count_(requests_.empty() ? 0 : static_cast<std::size_t>(rate * seconds)) {
    if (count_ == 0) return;
    results_.resize(static_cast<std::size_t>(connections));
    for (Results& r : results_) threads_.emplace_back([this, port, &r] { loop(port, r); });
  }
  void join_into(Results& out) {
    for (auto& t : threads_) t.join();
    for (const Results& part : results_)
      for (const auto& [name, r] : part) {
        auto& all = out[name];
        all.micros.insert(all.micros.end(), r.micros.begin(), r.micros.end());
        all.failed += r.failed;
      }
  }

 private:
  void loop(int port, Results& out) {
    Connection connection(port);
    for (std::size_t i = next_++; i < count_; i = next_++) {
      const Request& request = requests_[i % requests_.size()];
      const auto due = start_ + std::chrono::duration_cast<Clock::duration>(
                                    std::chrono::duration<double>(static_cast<double>(i) / rate_));
      std::this_thread::sleep_until(due);
      const int status = connection.call(request.bytes);
      Result& r = out[request.name];
      r.micros.push_back(Micros(Clock::now() - due).count());
      if (status < 200 || status > 299) ++r.failed;
    }
  }

  const std::vector<Request> requests_;
  const double rate_;
  const Clock::time_point start_;
  const std::size_t count_;
  std::atomic<std::size_t> next_{0};
  std::vector<Results> results_;
  std::vector<std::thread> threads_;
};

void read_requests(const std::string& token, std::vector<Request>& reads,
                   std::vector<Request>& writes) {
  for (std::string line; std::getline(std::cin, line);) {
    const auto first = line.find('\t');
    if (first == std::string::npos) continue;
    const auto second = line.find('\t', first + 1);
    const bool write = second != std::string::npos;
    const std::string path = line.substr(first + 1, second - first - 1);
    Request r{line.substr(0, first), (write ? "POST " : "GET ") + path +
                                         " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " +
                                         token + "\r\n"};
    if (write) {
      const std::string body = line.substr(second + 1);
      r.bytes +=
          "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
          "\r\n\r\n" + body;
    } else {
      r.bytes += "\r\n";
    }
    (write ? writes : reads).push_back(std::move(r));
  }
}

void print(Results& results) {
  const char* between = "{";
  for (auto& [name, r] : results) {
    std::sort(r.micros.begin(), r.micros.end());
    const auto at = [&, &all = r.micros](double p) {
      return all[std::min(all.size() - 1,
                          static_cast<std::size_t>(static_cast<double>(all.size()) * p))];
    };
    std::printf("%s\"%s\":{\"count\":%zu,\"failed\":%zu,\"p50\":%.0f,\"p99\":%.0f,\"max\":%.0f}",
                between, name.c_str(), r.micros.size(), r.failed, at(0.5), at(0.99),
                r.micros.back());
    between = ",";
  }
  std::printf("}\n");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fprintf(stderr,
                 "usage: million_load PORT TOKEN SECONDS READS_PER_SECOND WRITES_PER_SECOND\n");
    return 2;
  }
  std::vector<Request> reads, writes;
  read_requests(argv[2], reads, writes);
  const int port = std::atoi(argv[1]);
  const double seconds = std::atof(argv[3]);
  const auto start = Clock::now() + std::chrono::milliseconds(100);
  Results results;
  Stream reading(port, std::move(reads), std::atof(argv[4]), 8, start, seconds);
  Stream writing(port, std::move(writes), std::atof(argv[5]), 32, start, seconds);
  reading.join_into(results);
  writing.join_into(results);
  if (results.empty()) return 1;
  print(results);
  return 0;
}
