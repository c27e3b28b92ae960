// SPDX-License-Identifier: Apache-2.0
// The HTTP/1.1 server: one io_context per thread, a connection stays on the thread it was given to.
// Server's own functions may be called from any thread except its IO threads. The Application must
// outlive it. Errors of the constructor and start() are std::runtime_error with a text for people.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "http/application.hpp"
#include "http/message.hpp"
#include "http/responder.hpp"

namespace gardu::host::http {

struct TlsFiles {
  std::string certificate;  // PEM chain; with `key` set: HTTPS, TLS 1.2 and newer
  std::string key;          // PEM
};

struct Options {
  std::string listen = "127.0.0.1:8000";  // "host:port", "[v6]:port"; port 0: any free one
  int threads = 1;
  std::size_t header_limit = 16UL * 1024;
  std::size_t max_connections = 10'000;              // more are answered with 503
  std::size_t stream_limit = 1024UL * 1024;          // bytes queued in a Stream
  std::uint64_t body_min_rate = 16UL * 1024;         // bytes a second beyond body_timeout
  std::chrono::milliseconds header_timeout{10'000};  // also of the TLS handshake
  std::chrono::milliseconds body_timeout{30'000};
  std::chrono::milliseconds idle_timeout{60'000};   // between requests of one connection
  std::chrono::milliseconds write_timeout{30'000};  // without any progress
  std::chrono::milliseconds linger_timeout{1'000};  // for the peer to close after our last byte
  TlsFiles tls;
  std::vector<std::string> trusted_proxies;  // "10.0.0.0/8", "::1", ...
};

struct Stats {
  std::uint64_t connections = 0;        // now
  std::uint64_t connections_total = 0;  // accepted since the start
  std::uint64_t in_flight = 0;          // requests given to the application and not yet answered
  std::uint64_t streams = 0;            // streams open now
  std::uint64_t requests_total = 0;     // requests whose header was read
  std::uint64_t ignored_answers = 0;    // send() after an answer, a deadline or a disconnect
  std::array<std::uint64_t, 6> by_class{};  // [2]: answers 2xx, [4]: 4xx, ... since the start
};

class Server {
 public:
  Server(Options options, Application& application);
  ~Server();  // stop()
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Binds and starts the threads. Throws naming the address and the cause.
  void start();
  // The bound port, from start() on; 0 before.
  std::uint16_t port() const;
  // Stops accepting, closes idle connections and ends streams at once, lets requests in flight
  // finish ("Connection: close"). True when all have; false when the time passed first.
  bool drain(std::chrono::milliseconds limit);
  // Closes everything and joins the threads. Idempotent; a stopped server does not start again.
  void stop();
  Stats stats() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gardu::host::http
