// SPDX-License-Identifier: Apache-2.0
//
// Digests by OpenSSL.
#include "signature.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <climits>
#include <stdexcept>

namespace gardu::meta_cloud {
namespace {

using Digest = std::array<unsigned char, 32>;

Digest sha256(std::string_view data) {
  Digest out{};
  if (EVP_Digest(data.data(), data.size(), out.data(), nullptr, EVP_sha256(), nullptr) != 1)
    throw std::runtime_error("SHA-256 is not available");
  return out;
}

std::string hex(const Digest& digest) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const unsigned char byte : digest) {
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 15U];
  }
  return out;
}

}  // namespace

std::string sha256_hex(std::string_view data) { return hex(sha256(data)); }

std::string hmac_sha256_hex(std::string_view key, std::string_view data) {
  Digest out{};
  unsigned size = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(data.data());
  if (key.size() > INT_MAX || HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes,
                                   data.size(), out.data(), &size) == nullptr)
    throw std::runtime_error("HMAC-SHA-256 is not available");
  return hex(out);
}

bool same_secret(std::string_view a, std::string_view b) {
  const Digest x = sha256(a), y = sha256(b);
  return CRYPTO_memcmp(x.data(), y.data(), x.size()) == 0;
}

bool signature_matches(std::string_view secret, std::string_view body, std::string_view header) {
  constexpr std::string_view kPrefix = "sha256=";
  if (secret.empty() || header.size() != kPrefix.size() + 64 || !header.starts_with(kPrefix))
    return false;
  const std::string expected = hmac_sha256_hex(secret, body);
  return CRYPTO_memcmp(expected.data(), header.data() + kPrefix.size(), expected.size()) == 0;
}

}  // namespace gardu::meta_cloud
