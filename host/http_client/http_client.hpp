// SPDX-License-Identifier: Apache-2.0
// An asynchronous HTTP client for the process: any method over pooled connections, TLS verified,
// one deadline for all of a call, no redirects. Addresses that are not public are refused unless a
// call allows them. Threads: request() and under_way() from any; `done` runs on a thread of the
// client's (or on stop()'s) and must not throw nor block. Errors: values, with neither query nor
// headers.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gardu::host::client {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Call {
  std::string method, url;
  Headers headers;  // neither Host, Content-Length, Transfer-Encoding nor Connection
  std::string body;
  std::chrono::milliseconds deadline{30'000};
  std::size_t max_answer = 1U << 20U;  // bytes of the answer's body
  bool allow_private = false;          // loopback, private, link-local ... addresses too
};

struct Answer {
  enum class Progress {
    answered,     // the members below hold
    unreachable,  // no connection came about: not carried out
    unsent,       // lost before all of the request was out: not carried out
    unknown,      // sent, but no whole answer came: it may have been carried out
    stopped,      // the client was stopped: it may have been carried out
    refused,      // by the address guard, or the call is not one that can be made
  };
  Progress progress = Progress::stopped;
  int status = 0;
  Headers headers;
  std::string body;
  std::string error;  // for people, when not answered
};

// "https://host:port" of a URL, in one form however it is written; empty: no http or https URL.
std::string origin_of(std::string_view url);

class Client {
 public:
  // Literal addresses of a name; none: there is no such. Several at a time, on threads of the
  // client's; may block, must not throw.
  using Resolve = std::function<std::vector<std::string>(const std::string& host)>;
  struct Options {
    unsigned threads = 1;
    std::size_t idle_per_host = 256;  // kept connections of a thread to a host
    std::chrono::milliseconds idle_time{20'000};
    std::size_t most = 4000;  // calls under way
    std::string proxy;        // "http://host:port" or empty
    std::string ca_file;      // authorities besides the system's; PEM
    Resolve resolve;          // in place of the system's look-up; the guard applies all the same
  };
  using Done = std::function<void(Answer)>;

  explicit Client(Options options);  // throws std::runtime_error: the proxy, the ca_file, TLS
  ~Client();                         // stop(); no request() may be running any more
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Begins a call. False: full or stopped, `done` is dropped. True: `done` is called exactly once.
  bool request(Call call, Done done);
  // Ends what is under way with Progress::stopped and joins the threads. Not from a `done`. May
  // last as long as the name look-ups that are running.
  void stop();
  // A call counts until its `done` begins.
  std::size_t under_way() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace gardu::host::client
