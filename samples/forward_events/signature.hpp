// SPDX-License-Identifier: Apache-2.0
//
// What a receiver checks: an HMAC-SHA-256 over the time and the raw body. Pure functions; they
// throw std::runtime_error when the library has no such digest.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace forward_events {

std::string sha256_hex(std::string_view bytes);
std::string hmac_sha256_hex(std::string_view secret, std::string_view bytes);
// "t=<unix>,v1=<hex of the HMAC of "<unix>.<body>">"
std::string signature_header(std::string_view secret, std::int64_t unix_seconds,
                             std::string_view body);

}  // namespace forward_events
