// SPDX-License-Identifier: Apache-2.0
#include "signature.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <climits>
#include <stdexcept>

namespace sms_http {

std::string sign(std::string_view secret, std::string_view body) {
  std::array<unsigned char, 32> digest{};
  unsigned size = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(body.data());
  if (secret.size() > INT_MAX || HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
                                      bytes, body.size(), digest.data(), &size) == nullptr)
    throw std::runtime_error("HMAC-SHA-256 is not available");
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const unsigned char byte : digest) {
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 15U];
  }
  return out;
}

bool signature_matches(std::string_view secret, std::string_view body, std::string_view signature) {
  if (secret.empty()) return false;
  const std::string expected = sign(secret, body);
  return signature.size() == expected.size() &&
         CRYPTO_memcmp(expected.data(), signature.data(), expected.size()) == 0;
}

}  // namespace sms_http
