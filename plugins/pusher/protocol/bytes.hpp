// SPDX-License-Identifier: Apache-2.0
//
// Looks at eight bytes at once. Pure functions, any thread.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace gardu::pusher::bytes {

inline constexpr uint64_t kOnes = 0x0101010101010101U;
inline constexpr uint64_t kHighs = 0x8080808080808080U;

inline uint64_t load(const char* at) noexcept {
  uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// Not zero when any byte is `c`, or (below) less than `limit`, which is at most 0x80.
inline uint64_t equal(uint64_t word, char c) noexcept {
  const uint64_t x = word ^ (kOnes * static_cast<unsigned char>(c));
  return (x - kOnes) & ~x & kHighs;
}
inline uint64_t below(uint64_t word, unsigned limit) noexcept {
  return (word - kOnes * limit) & ~word & kHighs;
}

// How many bytes from `at` on need no attention inside a JSON string: up to a quote, a backslash, a
// control character, or the end.
inline size_t plain_json(std::string_view text, size_t at) noexcept {
  const size_t began = at;
  for (; at + 8 <= text.size(); at += 8) {
    const uint64_t word = load(text.data() + at);
    const uint64_t found = equal(word, '"') | equal(word, '\\') | below(word, 0x20);
    if (found == 0) continue;
    // A borrow goes upwards only: what is found first is right.
    if constexpr (std::endian::native == std::endian::little)
      return at - began + static_cast<size_t>(std::countr_zero(found)) / 8;
    break;
  }
  for (; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x20 || byte == '"' || byte == '\\') break;
  }
  return at - began;
}

// Control characters, DEL among them; a tab only with `tab_too`.
inline bool has_control(std::string_view text, bool tab_too) noexcept {
  const auto bad = [tab_too](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && (tab_too || c != '\t')) || c == 0x7F;
  };
  size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    const uint64_t word = load(text.data() + at);
    if ((below(word, 0x20) | equal(word, 0x7F)) == 0) continue;
    for (size_t i = at; i < at + 8; ++i)
      if (bad(text[i])) return true;
  }
  for (; at < text.size(); ++at)
    if (bad(text[at])) return true;
  return false;
}

}  // namespace gardu::pusher::bytes
