// SPDX-License-Identifier: Apache-2.0
//
// The provider's signature: HMAC-SHA256 of the raw body, as 64 lower-case hexadecimal digits.
#pragma once
#include <string>
#include <string_view>

namespace sms_http {

// Throws std::runtime_error when OpenSSL cannot.
std::string sign(std::string_view secret, std::string_view body);

// Takes as long for a wrong signature as for the right one. An empty secret matches nothing.
bool signature_matches(std::string_view secret, std::string_view body, std::string_view signature);

}  // namespace sms_http
