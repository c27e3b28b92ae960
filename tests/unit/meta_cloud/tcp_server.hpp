// SPDX-License-Identifier: Apache-2.0
//
// A server for tests: plain blocking sockets on loopback, a script for each connection.
// Threads: one for accepting, one a connection; all joined by the destructor.
#pragma once
#include <functional>
#include <memory>
#include <string>

namespace gardu::meta_cloud {

// One accepted connection, in the hands of a script.
class TcpPeer {
 public:
  explicit TcpPeer(int fd) : fd_(fd) {}
  // A whole request, by its Content-Length; empty when the other side closed.
  std::string read_request();
  void write(const std::string& text);
  // Ends with a reset, not in good order.
  void reset();
  // Until the other side closes.
  void wait_for_close();
  int fd() const { return fd_; }

 private:
  int fd_;
  std::string rest_;
};

class TcpServer {
 public:
  // `script` gets the connection and its number from 0 on; the connection closes when it returns.
  using Script = std::function<void(TcpPeer&, int)>;
  explicit TcpServer(Script script);
  ~TcpServer();
  TcpServer(const TcpServer&) = delete;
  TcpServer& operator=(const TcpServer&) = delete;

  std::string url() const;
  int connections() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string http_answer(int status, const std::string& body, const std::string& headers = "");
// A port on which nothing listens.
std::string dead_url();

}  // namespace gardu::meta_cloud
