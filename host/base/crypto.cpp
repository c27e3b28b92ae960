// SPDX-License-Identifier: Apache-2.0
#include "base/crypto.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <stdexcept>

namespace gardu::host {
namespace {

constexpr std::size_t kNonce = 12, kTag = 16;

const unsigned char* bytes(std::string_view s) {
  return reinterpret_cast<const unsigned char*>(s.data());
}
unsigned char* bytes(std::string& s) { return reinterpret_cast<unsigned char*>(s.data()); }
int length(std::string_view s) { return static_cast<int>(s.size()); }

void check(int result) {
  if (result != 1) throw std::runtime_error("the cryptographic library failed");
}

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* c) const { EVP_CIPHER_CTX_free(c); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

std::string encode64(std::string_view in, const char* alphabet, bool pad) {
  std::string out;
  out.reserve((in.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < in.size(); i += 3) {
    std::uint32_t v = 0;
    const std::size_t n = std::min<std::size_t>(3, in.size() - i);
    for (std::size_t k = 0; k < 3; ++k)
      v = v << 8 | (k < n ? static_cast<unsigned char>(in[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k) {
      if (k <= n) {
        out += alphabet[v >> (18 - 6 * k) & 63U];
      } else if (pad) {
        out += '=';
      }
    }
  }
  return out;
}

std::optional<std::string> decode64(std::string_view in, std::string_view alphabet) {
  std::string out;
  std::uint32_t v = 0;
  unsigned bits = 0;
  for (const char c : in) {
    const auto at = alphabet.find(c);
    if (at == std::string_view::npos) return std::nullopt;
    v = v << 6 | static_cast<std::uint32_t>(at);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out += static_cast<char>(v >> bits & 0xFFU);
    }
  }
  if (bits == 6 || (v & ((1U << bits) - 1)) != 0) return std::nullopt;  // cut off, or not canonical
  return out;
}

constexpr char kStandard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr char kUrl[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

}  // namespace

std::string hex_encode(std::string_view in) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  out.reserve(in.size() * 2);
  for (const char c : in) {
    const auto b = static_cast<unsigned char>(c);
    out += kHex[b >> 4];
    out += kHex[b & 0xFU];
  }
  return out;
}

std::string sha256_hex(std::string_view in) {
  std::string digest(32, '\0');
  unsigned n = 0;
  check(EVP_Digest(in.data(), in.size(), bytes(digest), &n, EVP_sha256(), nullptr));
  return hex_encode(digest);
}

std::string hmac_sha256_hex(std::string_view key, std::string_view in) {
  std::string digest(32, '\0');
  unsigned n = 0;
  if (HMAC(EVP_sha256(), key.data(), length(key), bytes(in), in.size(), bytes(digest), &n) ==
      nullptr)
    check(0);
  return hex_encode(digest);
}

std::string random_bytes(std::size_t n) {
  std::string out(n, '\0');
  check(RAND_bytes(bytes(out), static_cast<int>(n)));
  return out;
}

bool constant_time_equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string base64_encode(std::string_view in) { return encode64(in, kStandard, true); }
std::string base64url_encode(std::string_view in) { return encode64(in, kUrl, false); }

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  for (int i = 0; i < 2 && !text.empty() && text.back() == '='; ++i) text.remove_suffix(1);
  return decode64(text, kStandard);
}
std::optional<std::string> base64url_decode(std::string_view text) { return decode64(text, kUrl); }

SealingKey::SealingKey(const std::array<unsigned char, 32>& key)
    : bytes_(key),
      id_(sha256_hex({reinterpret_cast<const char*>(key.data()), key.size()}).substr(0, 16)) {}

std::optional<SealingKey> SealingKey::from_base64(std::string_view text) {
  const auto raw = base64_decode(text);
  if (!raw || raw->size() != 32) return std::nullopt;
  std::array<unsigned char, 32> key{};
  std::copy(raw->begin(), raw->end(), key.begin());
  return SealingKey(key);
}

std::string SealingKey::seal(std::string_view plain, std::string_view context) const {
  std::string out = random_bytes(kNonce);
  out.resize(kNonce + plain.size() + kTag);
  const Cipher c(EVP_CIPHER_CTX_new());
  int n = 0;
  check(EVP_EncryptInit_ex(c.get(), EVP_aes_256_gcm(), nullptr, bytes_.data(), bytes(out)));
  check(EVP_EncryptUpdate(c.get(), nullptr, &n, bytes(context), length(context)));
  check(EVP_EncryptUpdate(c.get(), bytes(out) + kNonce, &n, bytes(plain), length(plain)));
  check(EVP_EncryptFinal_ex(c.get(), bytes(out) + kNonce + n, &n));
  check(
      EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_GCM_GET_TAG, kTag, bytes(out) + kNonce + plain.size()));
  return base64_encode(out);
}

std::optional<std::string> SealingKey::open(std::string_view sealed,
                                            std::string_view context) const {
  auto raw = base64_decode(sealed);
  if (!raw || raw->size() < kNonce + kTag) return std::nullopt;
  const std::size_t size = raw->size() - kNonce - kTag;
  std::string plain(size, '\0');
  const Cipher c(EVP_CIPHER_CTX_new());
  int n = 0;
  check(EVP_DecryptInit_ex(c.get(), EVP_aes_256_gcm(), nullptr, bytes_.data(), bytes(*raw)));
  check(EVP_DecryptUpdate(c.get(), nullptr, &n, bytes(context), length(context)));
  check(EVP_DecryptUpdate(c.get(), bytes(plain), &n, bytes(*raw) + kNonce, static_cast<int>(size)));
  check(EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_GCM_SET_TAG, kTag, bytes(*raw) + kNonce + size));
  if (EVP_DecryptFinal_ex(c.get(), bytes(plain) + n, &n) != 1) return std::nullopt;
  return plain;
}

}  // namespace gardu::host
