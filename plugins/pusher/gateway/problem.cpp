// SPDX-License-Identifier: Apache-2.0
//
// Problem documents.
#include "gateway/problem.hpp"

#include "protocol/messages.hpp"

namespace gardu::pusher {

HttpResponse problem(int status, std::string_view title, std::string_view detail) {
  HttpResponse out;
  out.status = status;
  out.content_type = "application/problem+json";
  out.body = R"({"type":"about:blank","title":)" + json_string(title) + R"(,"status":)" +
             std::to_string(status) + R"(,"detail":)" + json_string(detail) + '}';
  return out;
}

}  // namespace gardu::pusher
