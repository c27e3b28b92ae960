// SPDX-License-Identifier: Apache-2.0
//
// Beast's parser, fed by hand.
#include "server/http_reader.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/http/string_body.hpp>

namespace gardu::pusher {
namespace {

namespace http = boost::beast::http;
constexpr uint32_t kHeadLimit = 16384;

std::string text_of(boost::beast::string_view v) { return {v.data(), v.size()}; }

std::string_view reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 413:
      return "Content Too Large";
    case 426:
      return "Upgrade Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    default:
      return "Internal Server Error";
  }
}

}  // namespace

struct HttpReader::Parser {
  explicit Parser(size_t body_limit) {
    parser.eager(true);
    parser.header_limit(kHeadLimit);
    parser.body_limit(body_limit);
  }
  http::request_parser<http::string_body> parser;
  bool continued = false;
};

HttpReader::HttpReader(size_t body_limit)
    : parser_(std::make_unique<Parser>(body_limit)), body_limit_(body_limit) {}
HttpReader::~HttpReader() = default;

HttpReader::State HttpReader::feed(const char* data, size_t size, size_t& used) {
  used = 0;
  auto& parser = parser_->parser;
  // A blank line before a request is tolerated, as RFC 9112 section 2.2 asks.
  while (!parser.got_some() && used < size && (data[used] == '\r' || data[used] == '\n')) ++used;
  while (!parser.is_done()) {
    boost::system::error_code error;
    const size_t n = parser.put(boost::asio::buffer(data + used, size - used), error);
    used += n;
    if (error == http::error::need_more) return State::need_more;
    if (error == http::error::body_limit) return State::body_too_large;
    if (error == http::error::header_limit) return State::head_too_large;
    if (error) return State::malformed;
    if (n == 0 && !parser.is_done()) return State::need_more;
  }
  return State::complete;
}

bool HttpReader::wants_continue() {
  const auto& parser = parser_->parser;
  if (parser_->continued || !parser.is_header_done() || parser.is_done()) return false;
  parser_->continued = true;
  return boost::beast::iequals(parser.get()[http::field::expect], "100-continue");
}

WebRequest HttpReader::take() {
  auto message = parser_->parser.release();
  WebRequest out;
  out.method = text_of(message.method_string());
  out.target = text_of(message.target());
  out.keep_alive = message.keep_alive();
  out.http11 = message.version() >= 11;
  out.upgrade = boost::beast::iequals(message[http::field::upgrade], "websocket") &&
                http::token_list(message[http::field::connection]).exists("upgrade");
  out.origin = text_of(message[http::field::origin]);
  out.websocket_key = text_of(message[http::field::sec_websocket_key]);
  out.websocket_version = text_of(message[http::field::sec_websocket_version]);
  out.body = std::move(message.body());
  parser_ = std::make_unique<Parser>(body_limit_);
  return out;
}

std::string render(const WebResponse& response, bool keep_alive) {
  std::string out = "HTTP/1.1 " + std::to_string(response.status) + ' ';
  out += reason_of(response.status);
  if (response.status != 204)
    out += "\r\nContent-Type: " + response.content_type +
           "\r\nContent-Length: " + std::to_string(response.body.size());
  out += std::string("\r\nConnection: ") + (keep_alive ? "keep-alive" : "close") + "\r\n";
  if (!response.header.empty()) out += response.header + "\r\n";
  out += "\r\n";
  return response.no_body ? out : out + response.body;
}

}  // namespace gardu::pusher
