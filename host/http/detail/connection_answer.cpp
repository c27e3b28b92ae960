// SPDX-License-Identifier: Apache-2.0
// The way back: whole answers and streams.
#include <charconv>
#include <ctime>
#include <utility>

#include "http/detail/connection.hpp"
#include "http/detail/loop.hpp"
#include "http/detail/response_head.hpp"

namespace gardu::host::http::detail {
namespace {

bool asks_to_close(const Response& response) {
  return equals_ignoring_case(response.headers.get("Connection"), "close");
}

std::string chunk_start(std::size_t size) {
  char digits[16];
  const auto end = std::to_chars(digits, digits + sizeof digits, size, 16).ptr;
  return std::string(digits, end) + "\r\n";
}

}  // namespace

void Connection::answer(const std::shared_ptr<Exchange>& exchange, Response&& response) {
  if (state_ != State::kWaiting || exchange != exchange_) return;
  exchange_.reset();
  answer_deadline_ = Clock::time_point::max();
  write_response(std::move(response));
}

void Connection::write_head(const Response& response, bool streamed) {
  keep_alive_ = keep_alive_ && !overloaded_ && !loop_.draining() && !asks_to_close(response);
  ++site_.counters->by_class.at(static_cast<std::size_t>(response.status / 100));
  const ResponseFrame frame{http_1_1_, head_request_, keep_alive_, streamed, request_id_};
  out_head_ = response_head(response, frame, std::time(nullptr));
}

void Connection::write_response(Response&& response) {
  if (!is_final_status(response.status)) {
    response = Response::problem(500, "The answer had no valid status.", request_id_);
  }
  state_ = State::kWriting;
  write_head(response, false);
  Buffers buffers{boost::asio::buffer(out_head_)};
  if (!head_request_ && !has_no_body(response.status)) {
    out_body_ = std::move(response.body);
    if (!out_body_.empty()) buffers.push_back(boost::asio::buffer(out_body_));
  }
  send_buffers(Written::kResponse, buffers);
}

void Connection::begin_stream(const std::shared_ptr<Exchange>& exchange, Response&& head,
                              std::shared_ptr<StreamQueue> stream) {
  if (state_ != State::kWaiting || exchange != exchange_) return stream->end();
  exchange_.reset();
  answer_deadline_ = Clock::time_point::max();
  const bool bodiless = head_request_ || has_no_body(head.status);
  if (!is_final_status(head.status) || bodiless) {
    stream->end();
    return write_response(std::move(head));
  }
  state_ = State::kStreaming;
  stream_ = std::move(stream);
  chunked_ = http_1_1_;
  keep_alive_ = keep_alive_ && chunked_;
  write_head(head, true);
  out_body_.clear();
  if (!head.body.empty()) {
    out_body_ = chunked_ ? chunk_start(head.body.size()) + head.body + "\r\n" : head.body;
  }
  out_parts_bytes_ = 0;
  stream_last_ = false;
  if (loop_.draining()) stream_->close();
  Buffers buffers{boost::asio::buffer(out_head_)};
  if (!out_body_.empty()) buffers.push_back(boost::asio::buffer(out_body_));
  send_buffers(Written::kStreamPart, buffers);
  advance();
}

void Connection::stream_ready() {
  if (state_ == State::kStreaming) write_stream_part();
}

// Everything queued goes out as one chunk in one gathering write.
void Connection::write_stream_part() {
  if (writing_ || !stream_) return;
  auto batch = stream_->take();
  if (batch.parts.empty() && !batch.last) return;
  out_parts_ = std::move(batch.parts);
  stream_last_ = batch.last;
  out_parts_bytes_ = 0;
  Buffers buffers;
  for (const auto& part : out_parts_) {
    out_parts_bytes_ += part.size();
    buffers.push_back(boost::asio::buffer(part));
  }
  if (chunked_) {
    out_body_.clear();
    if (out_parts_bytes_ > 0) {
      out_head_ = chunk_start(out_parts_bytes_);
      buffers.insert(buffers.begin(), boost::asio::buffer(out_head_));
      out_body_ = "\r\n";
    }
    if (stream_last_) out_body_ += "0\r\n\r\n";
    buffers.push_back(boost::asio::buffer(out_body_));
  }
  if (buffers.empty()) return finish_writing();
  send_buffers(Written::kStreamPart, buffers);
}

void Connection::send_buffers(Written what, const Buffers& buffers) {
  writing_ = true;
  written_ = what;
  on_write_progress();
  arm();
  write_all(buffers);
}

// Whoever reads at all, however slowly, keeps the connection.
void Connection::on_write_progress() {
  write_deadline_ = Clock::now() + site_.options.write_timeout;
}

void Connection::on_write(const ErrorCode& error) {
  writing_ = false;
  write_deadline_ = Clock::time_point::max();
  if (state_ == State::kClosed) return;
  if (error) return close();
  switch (written_) {
    case Written::kContinue:
      begin_body();
      return advance();
    case Written::kResponse:
      return finish_writing();
    case Written::kStreamPart:
      if (stream_) stream_->written(out_parts_bytes_);
      out_parts_.clear();
      if (stream_last_) return finish_writing();
      return write_stream_part();
  }
}

}  // namespace gardu::host::http::detail
