// SPDX-License-Identifier: Apache-2.0
// OpenSSL behind plain functions. They throw std::runtime_error only when the library itself fails.
#pragma once
#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace gardu::host {

std::string sha256_hex(std::string_view bytes);
std::string hmac_sha256_hex(std::string_view key, std::string_view bytes);
std::string random_bytes(std::size_t n);
// Takes the same time wherever the two differ; unequal lengths are told apart at once.
bool constant_time_equal(std::string_view a, std::string_view b);

std::string hex_encode(std::string_view bytes);
std::string base64_encode(std::string_view bytes);
std::optional<std::string> base64_decode(std::string_view text);  // padded, strict
std::string base64url_encode(std::string_view bytes);             // without padding
std::optional<std::string> base64url_decode(std::string_view text);

// AES-256-GCM. What it seals is base64(nonce, ciphertext, tag); `context` is bound in, so that a
// sealed text cannot be moved to another place.
class SealingKey {
 public:
  // Nothing: not 32 bytes in base64.
  static std::optional<SealingKey> from_base64(std::string_view text);
  static SealingKey from_bytes(const std::array<unsigned char, 32>& bytes) {
    return SealingKey(bytes);
  }

  const std::string& id() const { return id_; }  // tells keys apart without showing them
  std::string seal(std::string_view plain, std::string_view context) const;
  std::optional<std::string> open(std::string_view sealed, std::string_view context) const;

 private:
  explicit SealingKey(const std::array<unsigned char, 32>& bytes);
  std::array<unsigned char, 32> bytes_;
  std::string id_;
};

}  // namespace gardu::host
