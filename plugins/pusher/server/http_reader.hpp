// SPDX-License-Identifier: Apache-2.0
//
// HTTP/1.1 requests out of bytes as they come, without copying them. A reader belongs to one
// connection; between two requests it holds nothing.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "server/web.hpp"

namespace gardu::pusher {

class HttpReader {
 public:
  enum class State { need_more, complete, malformed, head_too_large, body_too_large };

  explicit HttpReader(size_t body_limit) noexcept : limit_(body_limit) {}

  // `data`: what is not used yet, from its first byte on; after need_more the same and more.
  // `used`: bytes that are done with, set by complete (and for blank lines before a request).
  State feed(std::string_view data, size_t& used);
  bool has_head() const noexcept { return head_ != 0; }
  // Once true: the client waits for "100 Continue" before it sends the body.
  bool wants_continue();
  // After complete. Its views live as long as the data and until `reset`.
  const WebRequest& request() const noexcept { return request_; }
  void reset() noexcept;

 private:
  static State too_short(std::string_view data);
  State read_head(std::string_view data);
  State read_line(std::string_view line);
  State read_field(std::string_view line);
  State set_length(std::string_view value);
  void read_connection(std::string_view value);
  State read_chunks(std::string_view data);
  State read_trailer(std::string_view data, size_t at);

  size_t limit_;
  WebRequest request_;
  size_t head_ = 0;  // its size once it is there whole; else 0
  bool chunked_ = false, coded_ = false, has_length_ = false;
  bool expects_ = false, continued_ = false;
  bool upgrade_named_ = false, websocket_named_ = false;
  bool closes_ = false, stays_ = false;
  uint64_t length_ = 0;
  size_t at_ = 0;     // chunked: where the next chunk begins
  std::string body_;  // chunked: put together
};

}  // namespace gardu::pusher
