// SPDX-License-Identifier: Apache-2.0
// What text may be stored: UTF-8 without NUL (one of the engines cuts at it).
#pragma once
#include <string_view>

namespace gardu::host {

bool valid_utf8(std::string_view text);
inline bool has_nul(std::string_view text) { return text.find('\0') != std::string_view::npos; }
inline bool storable(std::string_view text) { return !has_nul(text) && valid_utf8(text); }
// At most `bytes`, never through a character.
std::string_view cut_utf8(std::string_view text, std::size_t bytes);

}  // namespace gardu::host
