// SPDX-License-Identifier: Apache-2.0
// Beast parses; what it accepts and a server must not is refused here.
#include "http/detail/request_parser.hpp"

#include <algorithm>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cctype>
#include <string_view>
#include <utility>

namespace gardu::host::http::detail {
namespace {

namespace beast_http = boost::beast::http;

// "METHOD target HTTP/2.0": well formed, only not ours.
bool is_other_version(std::string_view data) {
  const auto line = data.substr(0, data.find('\r'));
  if (line.size() < 9) return false;
  const auto tail = line.substr(line.size() - 9);
  return tail.starts_with(" HTTP/") && std::isdigit(static_cast<unsigned char>(tail[6])) != 0 &&
         tail[7] == '.' && std::isdigit(static_cast<unsigned char>(tail[8])) != 0;
}

ParseFailure describe(const boost::beast::error_code& error, std::string_view data) {
  using Code = beast_http::error;
  if (error == Code::header_limit) return {431, "The request header is too large."};
  if (error == Code::body_limit || error == Code::buffer_overflow) {
    return {413, "The request body is too large."};
  }
  if (error == Code::bad_version && is_other_version(data)) {
    return {505, "Only HTTP/1.0 and HTTP/1.1 are spoken here."};
  }
  if (error == Code::bad_content_length || error == Code::multiple_content_length) {
    return {400, "Content-Length is malformed or contradicts another header."};
  }
  if (error == Code::bad_transfer_encoding) {
    return {400, "Transfer-Encoding is malformed or contradicts another header."};
  }
  if (error == Code::bad_chunk || error == Code::bad_chunk_extension) {
    return {400, "The chunked body is malformed."};
  }
  return {400, "The request is malformed."};
}

}  // namespace

class RequestParser::Impl {
 public:
  beast_http::request_parser<beast_http::string_body> parser;
  std::size_t header_limit;
  std::size_t header_bytes = 0;

  explicit Impl(std::size_t limit) : header_limit(limit) {
    parser.header_limit(static_cast<std::uint32_t>(limit));
    parser.body_limit(boost::none);
    parser.eager(false);
  }

  std::optional<ParseFailure> check() const {
    const auto& message = parser.get();
    const auto hosts = message.count(beast_http::field::host);
    if (hosts > 1) return ParseFailure{400, "There is more than one Host header."};
    if (hosts == 0 && message.version() >= 11) {
      return ParseFailure{400, "HTTP/1.1 requires a Host header."};
    }
    const auto codings = message.count(beast_http::field::transfer_encoding);
    if (codings > 0) {
      if (message.version() < 11) {
        return ParseFailure{400, "HTTP/1.0 knows no Transfer-Encoding."};
      }
      const auto coding = message[beast_http::field::transfer_encoding];
      if (codings > 1 || !equals_ignoring_case({coding.data(), coding.size()}, "chunked")) {
        return ParseFailure{501, "The only transfer coding supported is chunked."};
      }
    }
    return check_target();
  }

  std::optional<ParseFailure> check_target() const {
    const auto target = parser.get().target();
    if (target == "*" && parser.get().method() == beast_http::verb::options) return std::nullopt;
    if (target.starts_with('/') || target.starts_with("http://") ||
        target.starts_with("https://")) {
      return std::nullopt;
    }
    return ParseFailure{400, "The request target is malformed."};
  }
};

RequestParser::RequestParser(std::size_t header_limit)
    : impl_(std::make_unique<Impl>(header_limit)) {}
RequestParser::~RequestParser() = default;

RequestParser::Step RequestParser::put_header(const char* data, std::size_t size) {
  Step step;
  boost::beast::error_code error;
  while (!impl_->parser.is_header_done() && !error) {
    step.consumed += impl_->parser.put(
        boost::asio::const_buffer(data + step.consumed, size - step.consumed), error);
  }
  impl_->header_bytes += step.consumed;
  const bool needs_more = error == beast_http::error::need_more;
  const auto seen = impl_->header_bytes + (needs_more ? size - step.consumed : 0);
  if (error && !needs_more) {
    step.failure = describe(error, {data, size});
  } else if (seen > impl_->header_limit) {
    step.failure = ParseFailure{431, "The request header is too large."};
  } else if (!error) {
    step.done = true;
    step.failure = impl_->check();
  }
  return step;
}

RequestParser::Step RequestParser::put_body(const char* data, std::size_t size) {
  Step step;
  boost::beast::error_code error;
  impl_->parser.eager(true);
  if (size > 0 && !impl_->parser.is_done()) {
    step.consumed = impl_->parser.put(boost::asio::const_buffer(data, size), error);
  }
  step.done = impl_->parser.is_done();
  if (error && error != beast_http::error::need_more) step.failure = describe(error, {});
  return step;
}

void RequestParser::take_head(RequestHead& head) {
  const auto& message = impl_->parser.get();
  const auto method = message.method_string();
  const auto target = message.target();
  head.method.assign(method.data(), method.size());
  head.target.assign(target.data(), target.size());
  std::string_view rest = head.target;
  if (!rest.starts_with('/') && rest != "*") {  // absolute form: "http://host/path"
    rest.remove_prefix(std::min(rest.find("://") + 3, rest.size()));
    const auto path = rest.find_first_of("/?");
    rest = path == std::string_view::npos ? std::string_view() : rest.substr(path);
  }
  const auto mark = rest.find('?');
  head.path = rest.substr(0, mark);
  if (head.path.empty()) head.path.assign(1, '/');
  if (mark != std::string_view::npos) head.query = rest.substr(mark + 1);
  for (const auto& field : message) {
    const auto name = field.name_string();
    const auto value = field.value();
    head.headers.add({name.data(), name.size()}, {value.data(), value.size()});
  }
}

std::optional<ParseFailure> RequestParser::set_body_limit(std::uint64_t limit) {
  const auto length = content_length();
  if (length && *length > limit) return ParseFailure{413, "The request body is too large."};
  impl_->parser.body_limit(limit);
  return std::nullopt;
}

bool RequestParser::complete() const { return impl_->parser.is_done(); }
bool RequestParser::keep_alive() const { return impl_->parser.keep_alive(); }
bool RequestParser::http_1_1() const { return impl_->parser.get().version() >= 11; }

std::optional<std::uint64_t> RequestParser::content_length() const {
  const auto length = impl_->parser.content_length();
  return length ? std::optional<std::uint64_t>(*length) : std::nullopt;
}

std::string RequestParser::take_body() { return std::move(impl_->parser.get().body()); }

}  // namespace gardu::host::http::detail
