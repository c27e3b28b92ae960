// SPDX-License-Identifier: Apache-2.0
//
// An asynchronous HTTP client: POST over kept connections, on threads of its own. It tells apart
// what was surely not delivered from what may have been.
// Threads: post() from any; each `done` is called once, on a thread of the client's, or on the
// caller's after stop(). stop() and the destructor: one thread, not one of the client's.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "url.hpp"

namespace gardu::meta_cloud {

struct HttpPost {
  Url server;
  std::string target, body;
  std::vector<std::pair<std::string, std::string>> headers;
  std::chrono::milliseconds deadline{30'000};  // for all of it
};

struct HttpAnswer {
  enum class Kind {
    answered,     // the members below hold
    unreachable,  // no connection came about
    unsent,       // the connection was lost before all of the request was out
    unknown,      // sent, but no whole answer came: it may have been carried out
    stopped,      // the client was stopped
  };
  Kind kind = Kind::stopped;
  int status = 0;
  std::string body, retry_after, business_usage;
  std::string error;  // when not answered
};

class HttpClient {
 public:
  struct Options {
    unsigned threads = 1;
    size_t idle_per_host = 64;  // kept connections a thread and host
    std::chrono::milliseconds idle_time{20'000};
    size_t max_answer = 1U << 20U;  // bytes
  };
  using Done = std::function<void(HttpAnswer)>;

  explicit HttpClient(const Options& options);  // throws std::runtime_error without TLS
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  void post(HttpPost request, Done done);
  // Ends what is under way with Kind::stopped and joins the threads.
  void stop();

 private:
  struct Connection;
  class Shard;
  std::vector<std::unique_ptr<Shard>> shards_;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gardu::meta_cloud
