// SPDX-License-Identifier: Apache-2.0
// One call: its request, connection and answer, under one deadline. Handlers and the shard's books
// keep it alive. Threads: the shard's.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>
#include <optional>
#include <string>

#include "http_client/detail/connector.hpp"
#include "http_client/http_client.hpp"

namespace gardu::host::client::detail {

class Shard;

class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(Shard& shard, Call call, Client::Done done);
  void start();
  void stop();

 private:
  using Progress = Answer::Progress;
  using Body = boost::beast::http::string_body;
  enum class Stage { connecting, writing, reading };

  template <class F>
  auto step(F f);
  void prepare(const Url& url);
  void begin(Url url);
  void connect();
  void connected(Connector::Result result);
  void write();
  void read();
  void read_head();
  void head_read();
  void answered();
  void on_error(ErrorCode error);
  bool may_send_again(ErrorCode error) const;
  void send_again();
  void on_late();
  void fail(std::string why);
  void finish(Progress progress, std::string error);
  void finish(Answer answer);
  std::string explain(ErrorCode error) const;

  Shard& shard_;
  Call call_;
  Client::Done done_;  // empty: finished
  Url url_;
  std::string key_;  // of the pool
  Stage stage_ = Stage::connecting;
  bool reused_ = false;       // the connection; it may have been closed at the other end
  bool sent_before_ = false;  // in vain, and yet it may have been carried out
  unsigned interim_ = 0;      // answers 1xx
  Clock::time_point until_;
  boost::asio::steady_timer deadline_;
  std::shared_ptr<Connector> connector_;
  std::unique_ptr<Connection> connection_, retired_;
  boost::beast::http::request<Body> request_;
  std::optional<boost::beast::http::response_parser<Body>> parser_;
};

}  // namespace gardu::host::client::detail
