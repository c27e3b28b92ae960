// SPDX-License-Identifier: Apache-2.0
// One IO thread: its io_context and the connections that live on it. post() from any thread; the
// rest on the loop's own thread, except start_thread() and join().
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <unordered_set>

#include "http/detail/connection.hpp"
#include "http/detail/request_id.hpp"
#include "http/detail/shared.hpp"

namespace gardu::host::http::detail {

class Loop {
 public:
  Loop(Site& site, boost::asio::ssl::context* tls);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void start_thread();
  void join();

  boost::asio::io_context& io() { return io_; }
  const std::shared_ptr<Gate>& gate() const { return gate_; }
  Site& site() { return site_; }
  RequestIds& ids() { return ids_; }
  bool draining() const { return draining_; }

  void adopt(Socket socket, bool overloaded);
  void forget(const std::shared_ptr<Connection>& connection);
  void drain();
  void stop();  // closes every connection; the thread ends when the last handler has run

 private:
  class LoopGate;
  using Guard = boost::asio::executor_work_guard<Executor>;

  Site& site_;
  boost::asio::ssl::context* tls_;
  RequestIds ids_;
  bool draining_ = false;
  bool stopping_ = false;
  boost::asio::io_context io_{1};
  std::shared_ptr<LoopGate> own_gate_;
  std::shared_ptr<Gate> gate_;
  std::optional<Guard> guard_;
  std::unordered_set<std::shared_ptr<Connection>> connections_;
  std::thread thread_;
};

}  // namespace gardu::host::http::detail
