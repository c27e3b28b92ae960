// SPDX-License-Identifier: Apache-2.0
//
// Sockets to the gateway: one to be used with epoll, and single blocking requests.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace gardu::bench {

struct Answer {
  int status = 0;
  std::string body;
};

// A connection to 127.0.0.1, without delays. Throws std::runtime_error.
int connect_to(int port);

// How long an answer at the front of `text` is; nothing: it is not there yet. Every answer that a
// benchmark asks for has a Content-Length.
struct Extent {
  int status = 0;
  std::size_t head = 0, body = 0;
};
std::optional<Extent> answer_in(std::string_view text);

// On a connection of its own. `token` and `body` may be empty.
Answer request(int port, const std::string& method, const std::string& path,
               const std::string& token, const std::string& body);

}  // namespace gardu::bench
