// SPDX-License-Identifier: Apache-2.0
// One request out of received bytes: Beast's parser with the checks it leaves to the server (Host,
// transfer codings, the whole header's size, the form of the target). No sockets, one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "http/message.hpp"

namespace gardu::host::http::detail {

struct ParseFailure {
  int status;
  const char* detail;
};

class RequestParser {
 public:
  explicit RequestParser(std::size_t header_limit);
  ~RequestParser();

  struct Step {
    std::size_t consumed = 0;
    bool done = false;  // the header (or the body) is complete
    std::optional<ParseFailure> failure;
  };
  // The unconsumed bytes are given again, with more behind them.
  Step put_header(const char* data, std::size_t size);
  Step put_body(const char* data, std::size_t size);

  // From here on valid once the header is done.
  void take_head(RequestHead& head);
  std::optional<ParseFailure> set_body_limit(std::uint64_t limit);
  bool complete() const;  // there is no body, or it was read
  bool keep_alive() const;
  bool http_1_1() const;
  std::optional<std::uint64_t> content_length() const;
  std::string take_body();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gardu::host::http::detail
