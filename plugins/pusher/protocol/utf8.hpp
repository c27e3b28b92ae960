// SPDX-License-Identifier: Apache-2.0
//
// Whether bytes are UTF-8, piece by piece: a character may be cut between two pieces.
#pragma once
#include <cstdint>
#include <string_view>

namespace gardu::pusher {

class Utf8Check {
 public:
  // False once the bytes so far cannot begin any valid text (surrogates and overlong forms too).
  bool feed(std::string_view bytes) noexcept;
  // No character is open.
  bool complete() const noexcept { return left_ == 0; }
  void reset() noexcept { left_ = 0; }

 private:
  uint8_t left_ = 0;                  // continuation bytes still to come
  uint8_t low_ = 0x80, high_ = 0xBF;  // what the next one may be
};

bool valid_utf8(std::string_view bytes) noexcept;

// Up to so many bytes of a text from its beginning, no character cut.
std::string_view utf8_prefix(std::string_view text, size_t most) noexcept;

}  // namespace gardu::pusher
