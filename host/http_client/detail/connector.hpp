// SPDX-License-Identifier: Apache-2.0
// Brings a connection about: look-up, address guard, TCP, the proxy's tunnel, TLS. It keeps itself
// alive until it is done or cancelled. Threads: the io_context's.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "http_client/detail/connection.hpp"
#include "http_client/detail/resolver.hpp"
#include "http_client/detail/url.hpp"

namespace gardu::host::client::detail {

class Connector : public std::enable_shared_from_this<Connector> {
 public:
  struct Result {
    std::unique_ptr<Connection> connection;  // null: `error` says why
    bool refused = false;
    std::string error;
  };
  using Done = std::function<void(Result)>;
  // What it works with; outlives it.
  struct Site {
    boost::asio::io_context& io;
    Resolver& resolver;
    boost::asio::ssl::context& tls;
    const Url* proxy;  // or null
  };

  Connector(const Site& site, Url url, bool allow_private, Clock::time_point deadline)
      : site_(site),
        url_(std::move(url)),
        allow_private_(allow_private),
        deadline_(deadline),
        patience_(site.io) {}

  // `done` may be called before this returns; never after cancel().
  void start(Done done);
  void cancel();

 private:
  template <class F>
  auto step(F f);
  const Url& hop() const { return site_.proxy != nullptr ? *site_.proxy : url_; }
  void found(const Resolver::Result& result);
  void try_next(const std::string& last_error);
  void limit_attempt();
  void connected();
  void tunnel();
  void read_tunnel();
  void handshake();
  void fail(std::string error);
  void refuse();
  void finish(Result result);

  const Site site_;
  const Url url_;
  const bool allow_private_;
  const Clock::time_point deadline_;
  Done done_;  // empty: finished
  std::vector<boost::asio::ip::address> addresses_;
  std::size_t next_ = 0;
  bool late_ = false;  // the attempt was given up
  boost::asio::steady_timer patience_;
  std::unique_ptr<Connection> connection_;
  std::string failing_;  // what an error of the current step means
  std::string tunnel_;   // the request for it
  std::optional<boost::beast::http::response_parser<boost::beast::http::empty_body>> parser_;
};

}  // namespace gardu::host::client::detail
