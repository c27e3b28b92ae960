// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.hpp"

#include <cstdint>

namespace gardu::host {

bool valid_utf8(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x80U) {
      ++i;
      continue;
    }
    const std::size_t n = c >= 0xC2U && c <= 0xDFU   ? 1
                          : c >= 0xE0U && c <= 0xEFU ? 2
                          : c >= 0xF0U && c <= 0xF4U ? 3
                                                     : 0;
    if (n == 0 || text.size() - i <= n) return false;
    std::uint32_t v = c & (0x3FU >> n);
    for (std::size_t k = 1; k <= n; ++k) {
      const auto d = static_cast<unsigned char>(text[i + k]);
      if ((d & 0xC0U) != 0x80U) return false;
      v = v << 6 | (d & 0x3FU);
    }
    // Overlong forms, surrogates, and what lies past Unicode's end.
    if ((n == 2 && (v < 0x800U || (v >= 0xD800U && v <= 0xDFFFU))) ||
        (n == 3 && (v < 0x10000U || v > 0x10FFFFU)))
      return false;
    i += n + 1;
  }
  return true;
}

std::string_view cut_utf8(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0U) == 0x80U) --bytes;
  return text.substr(0, bytes);
}

}  // namespace gardu::host
