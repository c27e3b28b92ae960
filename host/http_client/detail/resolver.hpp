// SPDX-License-Identifier: Apache-2.0
// Names to addresses, on threads that may block. Look-ups of one name at the same time are one.
// Threads: the io_context's. The pool is
// stopped and joined before this goes.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "http_client/http_client.hpp"

namespace gardu::host::client::detail {

class Resolver {
 public:
  struct Result {
    std::vector<boost::asio::ip::address> addresses;
    std::string error;  // when there is none
  };
  using Found = std::function<void(const Result&)>;

  // `resolve` may be empty: the system's.
  Resolver(boost::asio::io_context& io, boost::asio::thread_pool& pool,
           const Client::Resolve& resolve)
      : io_(io), pool_(pool), resolve_(resolve) {}
  // `found` is called later, or at once for a literal address.
  void look_up(const std::string& host, Found found);

 private:
  boost::asio::io_context& io_;
  boost::asio::thread_pool& pool_;
  const Client::Resolve& resolve_;
  std::map<std::string, std::vector<Found>> waiting_;
};

}  // namespace gardu::host::client::detail
