// SPDX-License-Identifier: Apache-2.0
// Request ids: taken over from the client when well formed, else a UUIDv7. One generator per IO
// thread, not shared.
#pragma once

#include <random>
#include <string>
#include <string_view>

namespace gardu::host::http::detail {

// 1 to 128 characters of RFC 9110 "token": safe in a header, a log line and JSON.
bool is_request_id(std::string_view text);
bool is_token(std::string_view text);

class RequestIds {
 public:
  RequestIds();
  std::string next();

 private:
  std::mt19937_64 random_;
};

}  // namespace gardu::host::http::detail
