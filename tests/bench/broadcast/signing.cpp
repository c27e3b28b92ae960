// SPDX-License-Identifier: Apache-2.0
#include "signing.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <span>

namespace gardu::bench {
namespace {

using Bytes = std::array<unsigned char, EVP_MAX_MD_SIZE>;

std::string hex(std::span<const unsigned char> bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const unsigned char b : bytes) {
    out.push_back(kDigits[b >> 4U]);
    out.push_back(kDigits[b & 15U]);
  }
  return out;
}

std::span<const unsigned char> digest(const EVP_MD* kind, std::string_view text, Bytes& out) {
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), out.data(), &size, kind, nullptr);
  return {out.data(), size};
}

}  // namespace

std::string hmac_hex(std::string_view secret, std::string_view text) {
  Bytes out{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), out.data(), &size);
  return hex({out.data(), size});
}

std::string md5_hex(std::string_view text) {
  Bytes out{};
  return hex(digest(EVP_md5(), text, out));
}

std::string websocket_accept(std::string_view key) {
  Bytes out{};
  const auto sum =
      digest(EVP_sha1(), std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", out);
  std::array<unsigned char, 32> text{};
  const int size = EVP_EncodeBlock(text.data(), sum.data(), static_cast<int>(sum.size()));
  return {reinterpret_cast<const char*>(text.data()), static_cast<size_t>(size)};
}

}  // namespace gardu::bench
