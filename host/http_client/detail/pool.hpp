// SPDX-License-Identifier: Apache-2.0
// Connections kept for the next call to the same host. What was connected without the address guard
// is under a key of its own. Threads: the io_context's.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <map>
#include <memory>
#include <string>

#include "http_client/detail/connection.hpp"
#include "http_client/detail/url.hpp"

namespace gardu::host::client::detail {

class Pool {
 public:
  Pool(boost::asio::io_context& io, std::size_t most_per_key, std::size_t most,
       std::chrono::milliseconds idle_time)
      : most_per_key_(most_per_key), most_(most), idle_time_(idle_time), sweeper_(io) {}

  static std::string key(const Url& url, bool allow_private);

  std::unique_ptr<Connection> take(const std::string& key);  // null: none
  void keep(const std::string& key, std::unique_ptr<Connection> connection);
  void close();  // all, and every one that comes

 private:
  using Kept = std::deque<std::unique_ptr<Connection>>;  // longest idle first, none empty
  void sweep_later();
  void sweep();

  const std::size_t most_per_key_, most_;
  const std::chrono::milliseconds idle_time_;
  std::map<std::string, Kept> idle_;
  std::size_t size_ = 0;
  bool sweeping_ = false, closed_ = false;
  boost::asio::steady_timer sweeper_;
};

}  // namespace gardu::host::client::detail
