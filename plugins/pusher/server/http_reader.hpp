// SPDX-License-Identifier: Apache-2.0
//
// HTTP/1.1 requests out of bytes as they come, and answers into bytes. Belongs to one connection.
#pragma once
#include <memory>
#include <string>
#include <string_view>

namespace gardu::pusher {

struct WebRequest {
  std::string method, target, body;
  bool keep_alive = true;
  bool http11 = true;
  bool upgrade = false;  // asks to become a WebSocket
  std::string origin, websocket_key, websocket_version;

  std::string_view path() const noexcept {
    return std::string_view(target).substr(0, target.find('?'));
  }
  std::string_view query() const noexcept {
    const size_t mark = target.find('?');
    return mark == std::string::npos ? std::string_view{}
                                     : std::string_view(target).substr(mark + 1);
  }
};

struct WebResponse {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
  std::string header;    // further lines without the last one's end, or empty
  bool no_body = false;  // the answer to HEAD: told how long it is, but not sent

  static WebResponse text(int status, std::string body) {
    return {status, std::move(body), "text/plain; charset=utf-8", {}};
  }
};
std::string render(const WebResponse& response, bool keep_alive);

class HttpReader {
 public:
  enum class State { need_more, complete, malformed, head_too_large, body_too_large };

  explicit HttpReader(size_t body_limit);
  ~HttpReader();

  // `used`: bytes that are done with; what is left belongs to what comes next.
  State feed(const char* data, size_t size, size_t& used);
  // Once true: the client waits for "100 Continue" before it sends the body.
  bool wants_continue();
  // After complete. The reader is ready for the next request.
  WebRequest take();

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
  size_t body_limit_;
};

}  // namespace gardu::pusher
