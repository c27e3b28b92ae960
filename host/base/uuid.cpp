// SPDX-License-Identifier: Apache-2.0
#include "base/uuid.hpp"

#include <openssl/rand.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <stdexcept>

#include "base/time.hpp"

namespace gardu::host {
namespace {

// Random bytes, fetched in blocks: one call of the generator serves many ids.
class RandomPool {
 public:
  void take(unsigned char* out, std::size_t n) {
    if (block_.size() - used_ < n) {
      if (RAND_bytes(block_.data(), static_cast<int>(block_.size())) != 1)
        throw std::runtime_error("no random bytes are to be had");
      used_ = 0;
    }
    std::memcpy(out, block_.data() + used_, n);
    used_ += n;
  }

 private:
  std::array<unsigned char, 512> block_{};
  std::size_t used_ = block_.size();
};

}  // namespace

std::string uuid_v7() {
  thread_local RandomPool random;
  thread_local std::int64_t last_ms = 0;
  thread_local std::uint32_t counter = 0;  // 12 bits, right after the time

  std::array<unsigned char, 16> b{};
  random.take(b.data() + 6, 10);
  std::int64_t ms = now_ms();
  if (ms > last_ms) {
    last_ms = ms;
    counter = b[7] & 0x7FU;  // room to count on
  } else {
    ms = last_ms;  // the same millisecond, or the clock went back
    if (++counter > 0xFFFU) {
      ms = ++last_ms;
      counter = 0;
    }
  }
  for (int i = 0; i < 6; ++i)
    b[static_cast<std::size_t>(i)] = static_cast<unsigned char>(ms >> (40 - 8 * i));
  b[6] = static_cast<unsigned char>(0x70U | (counter >> 8));
  b[7] = static_cast<unsigned char>(counter & 0xFFU);
  b[8] = static_cast<unsigned char>(0x80U | (b[8] & 0x3FU));

  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  out.reserve(36);
  for (std::size_t i = 0; i < b.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += kHex[b[i] >> 4];
    out += kHex[b[i] & 0xFU];
  }
  return out;
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (dash ? c != '-' : !hex) return false;
  }
  return true;
}

}  // namespace gardu::host
