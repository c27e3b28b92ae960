// SPDX-License-Identifier: Apache-2.0
// The bytes before a response's body. Pure, except for the clock given in.
#pragma once

#include <ctime>
#include <string>
#include <string_view>

#include "http/message.hpp"

namespace gardu::host::http::detail {

struct ResponseFrame {
  bool http_1_1 = true;
  bool head_request = false;  // the body stays here
  bool keep_alive = true;
  bool streamed = false;  // length unknown: chunked, or until the end of the connection
  std::string_view request_id;
};

// A status that a handler may answer with.
bool is_final_status(int status);
bool has_no_body(int status);
// Framing headers of the handler are replaced; header fields that would break the message (line
// breaks, no token as name) are left out.
std::string response_head(const Response& response, const ResponseFrame& frame, std::time_t now);

}  // namespace gardu::host::http::detail
