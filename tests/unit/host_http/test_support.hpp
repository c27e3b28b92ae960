// SPDX-License-Identifier: Apache-2.0
// A server with functions as its application, and a blocking raw client. Reads give up after 20 s:
// a guard against a hanging test, never a thing that is asserted on.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "http/server.hpp"

namespace host_http_test {

using gardu::host::http::Application;
using gardu::host::http::HeadDecision;
using gardu::host::http::Headers;
using gardu::host::http::Options;
using gardu::host::http::Request;
using gardu::host::http::RequestHead;
using gardu::host::http::Responder;
using gardu::host::http::Response;
using gardu::host::http::Server;
using gardu::host::http::Stream;

inline constexpr auto kGuard = std::chrono::seconds(20);

// By default echoes "METHOD path|query|body".
class TestApp final : public Application {
 public:
  std::function<HeadDecision(const RequestHead&)> head;
  std::function<void(Request&&, Responder)> request;

  HeadDecision on_head(const RequestHead& h) override { return head ? head(h) : HeadDecision(); }
  void on_request(Request&& r, Responder responder) override {
    if (request) return request(std::move(r), std::move(responder));
    responder.send(Response::text(200, r.method + " " + r.path + "|" + r.query + "|" + r.body));
  }
};

struct TestServer {
  TestApp app;
  Options options;
  std::unique_ptr<Server> server;

  TestServer() { options.listen = "127.0.0.1:0"; }
  std::uint16_t start() {
    server = std::make_unique<Server>(options, app);
    server->start();
    return server->port();
  }
};

struct Reply {
  int status = 0;
  Headers headers;
  std::string body;  // de-chunked
};

class Client {
 public:
  Client() = default;
  explicit Client(std::uint16_t port);
  virtual ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void send(std::string_view text);
  virtual void shutdown_write();
  void reset();  // closes with a TCP reset
  // nullopt: the connection ended (or the guard time passed) before a whole answer.
  std::optional<Reply> reply(bool without_body = false);
  std::string line();  // up to LF, which is left out
  std::string bytes(std::size_t count);
  std::string until_end();  // everything until the server closes
  bool ended();             // the server closed and nothing is left

 protected:
  virtual long write_some(const char* data, std::size_t size);
  virtual long read_some(char* data, std::size_t size);
  int fd_ = -1;

 private:
  bool fill();
  std::string buffer_;
};

std::string get(std::string_view path, std::string_view more_headers = {});
std::string post(std::string_view path, std::string_view body, std::string_view more_headers = {});

// A value that another thread delivers once.
template <class T>
class Delivery {
 public:
  void put(T value) { promise_.set_value(std::move(value)); }
  bool arrived() { return future_.wait_for(kGuard) == std::future_status::ready; }
  T take() { return arrived() ? future_.get() : T(); }

 private:
  std::promise<T> promise_;
  std::future<T> future_ = promise_.get_future();
};

}  // namespace host_http_test
