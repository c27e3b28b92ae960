// SPDX-License-Identifier: Apache-2.0
// One thread of the client with connections and calls of its own, so that nothing is locked.
// Threads: submit() and begin_stop() any, the constructor and join() one, the rest the shard's own.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <thread>
#include <unordered_set>

#include "http_client/detail/connector.hpp"
#include "http_client/detail/gate.hpp"
#include "http_client/detail/pool.hpp"
#include "http_client/detail/resolver.hpp"
#include "http_client/http_client.hpp"

namespace gardu::host::client::detail {

// What the shards of a client share; outlives them.
struct Common {
  explicit Common(const Client::Options& options);  // throws std::runtime_error

  const Client::Options options;
  std::optional<Url> proxy;
  boost::asio::ssl::context tls{boost::asio::ssl::context::tls_client};
  Gate gate;
  boost::asio::thread_pool lookups;
};

class Exchange;

class Shard {
 public:
  explicit Shard(Common& common);
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  void submit(Call call, Client::Done done);  // the caller is in the gate
  void begin_stop();                          // ends all calls, and every one that comes
  void join();                                // once the gate is empty

  boost::asio::io_context& io() { return io_; }
  Pool& pool() { return pool_; }
  Connector::Site connector_site();
  bool has_proxy() const { return common_.proxy.has_value(); }
  // Off the books; its `done` is about to be called.
  void forget(const std::shared_ptr<Exchange>& exchange);

 private:
  Common& common_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
  Resolver resolver_;
  Pool pool_;
  std::unordered_set<std::shared_ptr<Exchange>> exchanges_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace gardu::host::client::detail
