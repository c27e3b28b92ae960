// SPDX-License-Identifier: Apache-2.0
//
// The table of well-formed byte sequences of the Unicode standard (3-7), as code.
#include "protocol/utf8.hpp"

#include <cstring>

namespace gardu::pusher {
namespace {

uint64_t word_at(const char* at) noexcept {
  uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word & 0x8080808080808080U;
}

// Most text is plain ASCII: 32 bytes at once, then 8. The first that is not looked at.
const char* skip_ascii(const char* at, const char* end) noexcept {
  for (; end - at >= 32; at += 32)
    if ((word_at(at) | word_at(at + 8) | word_at(at + 16) | word_at(at + 24)) != 0) break;
  for (; end - at >= 8; at += 8)
    if (word_at(at) != 0) break;
  return at;
}

}  // namespace

bool Utf8Check::feed(std::string_view bytes) noexcept {
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  while (at != end) {
    if (left_ == 0 && end - at >= 8 && word_at(at) == 0) {
      at = skip_ascii(at, end);
      continue;
    }
    const auto byte = static_cast<uint8_t>(*at++);
    if (left_ != 0) {
      if (byte < low_ || byte > high_) return false;
      low_ = 0x80;
      high_ = 0xBF;
      --left_;
      continue;
    }
    if (byte < 0x80) continue;
    if (byte < 0xC2 || byte > 0xF4) return false;
    left_ = byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3;
    low_ = byte == 0xE0 ? 0xA0 : byte == 0xF0 ? 0x90 : 0x80;
    high_ = byte == 0xED ? 0x9F : byte == 0xF4 ? 0x8F : 0xBF;
  }
  return true;
}

bool valid_utf8(std::string_view bytes) noexcept {
  Utf8Check check;
  return check.feed(bytes) && check.complete();
}

std::string_view utf8_prefix(std::string_view text, size_t most) noexcept {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<uint8_t>(text[most]) & 0xC0U) == 0x80U) --most;
  return text.substr(0, most);
}

}  // namespace gardu::pusher
