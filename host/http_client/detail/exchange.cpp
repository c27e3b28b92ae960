// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "http_client/detail/exchange.hpp"

#include <algorithm>
#include <boost/asio/ssl/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include "http_client/detail/check.hpp"
#include "http_client/detail/shard.hpp"

namespace gardu::host::client::detail {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;

constexpr std::uint32_t kMostHeaderBytes = 64U * 1024U;
constexpr unsigned kMostInterim = 32;
constexpr std::chrono::milliseconds kLongest = std::chrono::hours(24);  // a sum must not overflow

bool is_close(ErrorCode error) {
  return error == http::error::end_of_stream || error == asio::error::eof ||
         error == asio::error::connection_reset || error == asio::error::broken_pipe ||
         error == asio::error::connection_aborted || error == asio::ssl::error::stream_truncated;
}

}  // namespace

Exchange::Exchange(Shard& shard, Call call, Client::Done done)
    : shard_(shard),
      call_(std::move(call)),
      done_(std::move(done)),
      until_(Clock::now() + std::min(call_.deadline, kLongest)),
      deadline_(shard.io()) {}

// Wraps a step's continuation: nothing runs any more once the call is finished.
template <class F>
auto Exchange::step(F f) {
  return [self = shared_from_this(), f = std::move(f)](ErrorCode error, auto&&...) {
    if (!self->done_) return;
    if (error)
      self->on_error(error);
    else
      f(*self);
  };
}

void Exchange::start() {
  std::string why;
  auto url = parse_url(call_.url, why);
  if (url) why = why_not_sendable(call_);
  if (why.empty())
    begin(std::move(*url));
  else
    finish(Progress::refused, std::move(why));
}

void Exchange::stop() { finish(Progress::stopped, "the client is stopping"); }

void Exchange::begin(Url url) {
  url_ = std::move(url);
  prepare(url_);
  deadline_.expires_at(until_);
  deadline_.async_wait([self = shared_from_this()](ErrorCode error) {
    if (!error && self->done_) self->on_late();
  });
  key_ = Pool::key(url_, call_.allow_private);
  connection_ = shard_.pool().take(key_);
  reused_ = connection_ != nullptr;
  if (reused_)
    write();
  else
    connect();
}

void Exchange::prepare(const Url& url) {
  request_.version(11);
  request_.method_string(call_.method);
  // A proxy is told all of the URL (RFC 9112, 3.2.2); through a tunnel, the server is as always.
  const bool absolute = shard_.has_proxy() && !url.tls;
  request_.target(absolute ? "http://" + url.authority() + url.target : url.target);
  request_.set(http::field::host, url.authority());
  for (const auto& [name, value] : call_.headers) request_.insert(name, value);
  if (request_.find(http::field::user_agent) == request_.end())
    request_.set(http::field::user_agent, "Gardu");
  request_.body() = std::move(call_.body);
  const std::string& method = call_.method;
  if (!request_.body().empty() || method == "POST" || method == "PUT" || method == "PATCH")
    request_.content_length(request_.body().size());
}

void Exchange::connect() {
  stage_ = Stage::connecting;
  connector_ =
      std::make_shared<Connector>(shard_.connector_site(), url_, call_.allow_private, until_);
  connector_->start([self = shared_from_this()](Connector::Result result) {
    if (self->done_) self->connected(std::move(result));
  });
}

void Exchange::connected(Connector::Result result) {
  connection_ = std::move(result.connection);
  if (connection_)
    write();
  else if (result.refused && !sent_before_)
    finish(Progress::refused, std::move(result.error));
  else
    fail(std::move(result.error));
}

void Exchange::write() {
  stage_ = Stage::writing;
  http::async_write(*connection_, request_, step([](Exchange& self) { self.read(); }));
}

void Exchange::read() {
  stage_ = Stage::reading;
  read_head();
}

void Exchange::read_head() {
  parser_.emplace();
  parser_->header_limit(kMostHeaderBytes);
  parser_->body_limit(call_.max_answer);
  if (call_.method == "HEAD") parser_->skip(true);
  http::async_read_header(*connection_, connection_->buffer, *parser_,
                          step([](Exchange& self) { self.head_read(); }));
}

void Exchange::head_read() {
  const unsigned status = parser_->get().result_int();
  if (status == 101) {
    fail("the server changed the protocol, unasked");
  } else if (status / 100 == 1) {
    if (++interim_ > kMostInterim)
      fail("the server does not come to an answer");
    else
      read_head();
  } else if (parser_->is_done()) {
    answered();
  } else {
    http::async_read(*connection_, connection_->buffer, *parser_,
                     step([](Exchange& self) { self.answered(); }));
  }
}

void Exchange::answered() {
  Answer answer;
  answer.progress = Progress::answered;
  const bool keep = parser_->keep_alive();
  auto& message = parser_->get();
  answer.status = static_cast<int>(message.result_int());
  for (const auto& field : message)
    answer.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  answer.body = std::move(message.body());
  if (keep) shard_.pool().keep(key_, std::move(connection_));
  finish(std::move(answer));
}

void Exchange::on_error(ErrorCode error) {
  if (may_send_again(error))
    send_again();
  else
    fail(explain(error));
}

// The server gave the kept connection up. It cannot act on half a request; on a whole one it may
// have, which for some methods does no harm.
bool Exchange::may_send_again(ErrorCode error) const {
  if (!reused_) return false;
  if (stage_ == Stage::writing) return true;
  const bool nothing_came =
      interim_ == 0 && connection_->buffer.size() == 0 && !parser_->got_some();
  return stage_ == Stage::reading && is_close(error) && nothing_came && is_idempotent(call_.method);
}

void Exchange::send_again() {
  sent_before_ = stage_ == Stage::reading;
  reused_ = false;
  connection_->close();
  retired_ = std::move(connection_);
  connect();
}

// All of the request may be out already, with only the handler that says so still to come.
void Exchange::on_late() {
  if (stage_ == Stage::writing) stage_ = Stage::reading;
  fail(stage_ == Stage::connecting ? "no connection with " + url_.host_and_port() + " in time"
                                   : "no answer in time");
}

void Exchange::fail(std::string why) {
  const Progress progress = sent_before_ || stage_ == Stage::reading ? Progress::unknown
                            : stage_ == Stage::writing               ? Progress::unsent
                                                                     : Progress::unreachable;
  finish(progress, std::move(why));
}

void Exchange::finish(Progress progress, std::string error) {
  Answer answer;
  answer.progress = progress;
  answer.error = std::move(error);
  finish(std::move(answer));
}

void Exchange::finish(Answer answer) {
  const Client::Done done = std::exchange(done_, nullptr);
  deadline_.cancel();
  if (connector_) connector_->cancel();
  if (connection_) connection_->close();
  const auto self = shared_from_this();
  shard_.forget(self);
  done(std::move(answer));
}

std::string Exchange::explain(ErrorCode error) const {
  if (error == http::error::body_limit)
    return "the answer is larger than " + std::to_string(call_.max_answer) + " bytes";
  if (error == http::error::header_limit) return "the answer's headers are larger than 64 KiB";
  if (error == http::error::partial_message || error == asio::ssl::error::stream_truncated)
    return "the connection was closed within the answer";
  if (stage_ == Stage::reading && is_close(error))
    return "the connection was closed before an answer: " + error.message();
  if (error.category() == make_error_code(http::error::bad_version).category())
    return "not an answer in HTTP: " + error.message();
  return "the connection was lost: " + error.message();
}

}  // namespace gardu::host::client::detail
