// SPDX-License-Identifier: Apache-2.0
// A scripted server on loopback (plain blocking sockets, TLS when asked), and shortcuts for calls.
// Threads of the server: one for accepting, one a connection; all joined by the destructor.
#pragma once

#include <openssl/ssl.h>

#include <functional>
#include <future>
#include <memory>
#include <string>

#include "http_client/http_client.hpp"

namespace host_http_client_test {

using gardu::host::client::Answer;
using gardu::host::client::Call;
using gardu::host::client::Client;
using Progress = Answer::Progress;

// One accepted connection, in the hands of a script.
class Peer {
 public:
  explicit Peer(int fd) : fd_(fd), ssl_(nullptr, &SSL_free) {}
  bool start_tls(SSL_CTX& context);  // from here on
  std::string server_name() const;   // what the client asked for
  // A whole request, by its Content-Length; empty when the other side closed.
  std::string read_request();
  void write(const std::string& text);
  void finish_writing();  // half of the connection is closed
  void reset();           // ends with a reset, not in good order
  void wait_for_bytes();  // which stay unread
  void wait_for_close();  // until the other side closes

 private:
  long read_some(char* data, std::size_t size);

  int fd_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
  std::string rest_;
};

class Server {
 public:
  // `script` gets the connection and its number from 0 on; the connection closes when it returns.
  using Script = std::function<void(Peer&, int)>;
  explicit Server(Script script);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::string port() const;
  std::string url(const std::string& host = "127.0.0.1") const;  // http
  int connections() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Answers every request with 200 and this body.
void serve_all(Peer& peer, const std::string& body);

std::string http_answer(int status, const std::string& body, const std::string& headers = "");
std::string dead_url();  // where nothing listens

// A GET that may go to loopback.
Call get(const std::string& url);
Call post(const std::string& url, const std::string& body = "{}");

std::future<Answer> begin(Client& client, Call call);
Answer run(Client& client, Call call);
// With a client and a server of its own.
Answer run(const Server::Script& script, const std::function<void(Call&)>& change = {});

}  // namespace host_http_client_test
