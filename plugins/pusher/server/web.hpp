// SPDX-License-Identifier: Apache-2.0
//
// A request of the listener, and the answer to it.
#pragma once
#include <string>
#include <string_view>
#include <utility>

namespace gardu::pusher {

// Views into what was received.
struct WebRequest {
  std::string_view method, target, body;
  bool keep_alive = true;
  bool http11 = true;
  bool upgrade = false;  // asks to become a WebSocket
  std::string_view origin, websocket_key, websocket_version;

  std::string_view path() const noexcept { return target.substr(0, target.find('?')); }
  std::string_view query() const noexcept {
    const size_t mark = target.find('?');
    return mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
  }
};

struct WebResponse {
  int status = 200;
  std::string body;
  std::string_view content_type = "application/json";  // a literal
  std::string header;    // further lines without the last one's end, or empty
  bool no_body = false;  // the answer to HEAD: told how long it is, but not sent

  static WebResponse text(int status, std::string body) {
    return {status, std::move(body), "text/plain; charset=utf-8", {}};
  }
};
std::string render(const WebResponse& response, bool keep_alive);

}  // namespace gardu::pusher
