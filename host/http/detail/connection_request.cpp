// SPDX-License-Identifier: Apache-2.0
// From received bytes to the application.
#include <utility>

#include "http/detail/connection.hpp"
#include "http/detail/loop.hpp"

namespace gardu::host::http::detail {
namespace {

// A rejected request's body up to this size is read, so that the connection can be kept.
constexpr std::uint64_t kDiscardedBody = 64UL * 1024;

}  // namespace

// False: more bytes are needed.
bool Connection::read_header() {
  const auto step =
      parser_->put_header(static_cast<const char*>(input_.data().data()), input_.size());
  input_.consume(step.consumed);
  if (step.done) {
    on_header();
    step.failure ? fail(step.failure->status, step.failure->detail) : decide();
    return true;
  }
  if (step.failure) {
    fail(step.failure->status, step.failure->detail);
    return true;
  }
  if (!peer_done_) return false;
  fail(400, "The request ends within its header.");
  return true;
}

void Connection::on_header() {
  ++site_.counters->requests_total;
  phase_deadline_ = Clock::time_point::max();
  parser_->take_head(request_);
  http_1_1_ = parser_->http_1_1();
  keep_alive_ = parser_->keep_alive();
  head_request_ = request_.method == "HEAD";
  const auto given = request_.headers.get("X-Request-Id");
  request_id_ = is_request_id(given) ? std::string(given) : loop_.ids().next();
  request_.request_id = request_id_;
  auto client = site_.proxies.resolve(peer_, secure_, request_.headers);
  request_.remote_address = std::move(client.address);
  request_.secure = client.secure;
}

void Connection::decide() {
  const auto expect = request_.headers.get("Expect");
  const bool expects_continue = http_1_1_ && equals_ignoring_case(expect, "100-continue");
  if (!expect.empty() && http_1_1_ && !expects_continue) {
    return fail(417, "The only expectation supported is 100-continue.");
  }
  if (overloaded_) {
    auto response = Response::problem(503, "There are too many connections.", request_id_);
    response.headers.add("Retry-After", "1");
    keep_alive_ = false;
    return write_response(std::move(response));
  }
  HeadDecision decision;
  try {
    decision = site_.application.on_head(request_);
  } catch (...) {
    return reject(Response::problem(500, "The request could not be handled.", request_id_),
                  expects_continue);
  }
  answer_within_ = decision.deadline;
  if (decision.reject) return reject(std::move(*decision.reject), expects_continue);
  if (const auto failure = parser_->set_body_limit(decision.body_limit)) {
    return fail(failure->status, failure->detail);
  }
  if (parser_->complete()) return dispatch();
  if (expects_continue && input_.size() == 0) {
    state_ = State::kWriting;
    out_head_ = "HTTP/1.1 100 Continue\r\n\r\n";
    return send_buffers(Written::kContinue, {boost::asio::buffer(out_head_)});
  }
  begin_body();
}

void Connection::reject(Response&& response, bool expects_continue) {
  if (parser_->complete()) return write_response(std::move(response));
  const auto length = parser_->content_length();
  if (expects_continue || !length || *length > kDiscardedBody) {
    keep_alive_ = false;
    return write_response(std::move(response));
  }
  rejection_ = std::move(response);
  begin_body();
}

void Connection::begin_body() {
  state_ = State::kBody;
  body_started_ = Clock::now();
  body_bytes_ = 0;
  extend_body_time(input_.size());
}

// False: more bytes are needed.
bool Connection::read_body() {
  const auto step =
      parser_->put_body(static_cast<const char*>(input_.data().data()), input_.size());
  input_.consume(step.consumed);
  if (step.failure) {
    fail(step.failure->status, step.failure->detail);
  } else if (step.done) {
    phase_deadline_ = Clock::time_point::max();
    if (rejection_) {
      write_response(std::move(*rejection_));
    } else {
      dispatch();
    }
  } else if (input_.size() > site_.options.header_limit + kDiscardedBody) {
    fail(400, "The chunked body is malformed.");  // an endless chunk extension or trailer
  } else if (peer_done_) {
    fail(400, "The request ends within its body.");
  } else {
    return false;
  }
  return true;
}

void Connection::dispatch() {
  state_ = State::kWaiting;
  request_.body = parser_->take_body();
  exchange_ = std::make_shared<Exchange>(ExchangeLink{
      loop_.gate(), weak_from_this(), site_.counters, request_id_, site_.options.stream_limit});
  if (answer_within_.count() > 0) answer_deadline_ = Clock::now() + answer_within_;
  arm();
  const Responder responder(exchange_);
  try {
    site_.application.on_request(std::exchange(request_, Request()), responder);
  } catch (...) {
    if (responder.alive()) {
      responder.send(Response::problem(500, "The request could not be handled.", request_id_));
    }
  }
}

// What is left of the request is not understood or not wanted: answer and close.
void Connection::fail(int status, const char* detail) {
  keep_alive_ = false;
  phase_deadline_ = Clock::time_point::max();
  if (request_id_.empty()) request_id_ = loop_.ids().next();
  write_response(Response::problem(status, detail, request_id_));
}

}  // namespace gardu::host::http::detail
