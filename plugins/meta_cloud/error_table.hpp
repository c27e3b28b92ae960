// SPDX-License-Identifier: Apache-2.0
//
// The one table from Meta's error codes to what the gateway does about them, for answers to sends
// and for failed statuses alike. Titles are never looked at: Meta changes them.
#pragma once
#include <cstdint>
#include <gardu/result.hpp>
#include <span>
#include <string>
#include <string_view>

#include "json.hpp"

namespace gardu::meta_cloud {

enum class ErrorClass : uint8_t {
  retry,       // a passing fault
  retry_once,  // worth one more try, not two
  throttle,    // slow down; the message waits and loses no attempt
  permanent,   // this message will never go out
  account,     // the account needs a person
};

struct ErrorRule {
  int64_t first, last;  // codes
  ErrorClass what;
  gardu_scope scope;  // of a throttle
  int64_t wait_s;     // what to wait at least, unless the answer tells; 0: the host decides
};
std::span<const ErrorRule> error_rules();

// What an unlisted code is treated as: permanent.
const ErrorRule& rule_of(int64_t code, int64_t subcode);
bool is_retryable(int64_t code, int64_t subcode);

// A code as number or text; -1 when there is none.
int64_t code_of(const Json* value);

// How the other side answered a send that it did not take.
struct Refusal {
  int http_status = 0;
  std::string_view body;
  std::string_view retry_after;     // header Retry-After, as received
  std::string_view business_usage;  // header X-Business-Use-Case-Usage
  std::string_view token;           // a secret: cut out where the other side repeats it
  uint32_t attempt = 1;
  uint32_t pair_strikes = 0;  // how often in a row this pair was throttled before
};
Status status_of(const Refusal& refusal);

}  // namespace gardu::meta_cloud
