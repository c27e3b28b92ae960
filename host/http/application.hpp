// SPDX-License-Identifier: Apache-2.0
// What the server asks of the program behind it. Both functions are called on an IO thread, from
// several of them at once, and must not block: work goes elsewhere with the Responder. An exception
// out of either becomes a 500 without its text.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "http/message.hpp"
#include "http/responder.hpp"

namespace gardu::host::http {

// The decision after the header and before the body (and before "100 Continue").
struct HeadDecision {
  std::uint64_t body_limit = 1024UL * 1024;    // a longer body is answered with 413
  std::optional<Response> reject;              // answered instead of reading the body
  std::chrono::milliseconds deadline{30'000};  // from on_request to the answer, else 504; 0: none
};

class Application {
 public:
  virtual ~Application() = default;
  virtual HeadDecision on_head(const RequestHead& head) = 0;
  virtual void on_request(Request&& request, Responder responder) = 0;
};

}  // namespace gardu::host::http
