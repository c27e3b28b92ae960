// SPDX-License-Identifier: Apache-2.0
#include "app/media_names.hpp"

#include <algorithm>

#include "base/utf8.hpp"

namespace gardu::host {
namespace {

constexpr std::size_t kLongestType = 100, kLongestName = 255;

bool word_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

// Takes an HTTP token off the front; false: there is none.
bool take_token(std::string_view& s) {
  constexpr std::string_view kOthers = "!#$%&'*+.^`|~";
  const auto end = std::find_if(s.begin(), s.end(), [&](char c) {
    return !word_char(c) && kOthers.find(c) == std::string_view::npos;
  });
  const auto n = static_cast<std::size_t>(end - s.begin());
  s.remove_prefix(n);
  return n > 0;
}

bool take(std::string_view& s, char c) {
  if (s.empty() || s.front() != c) return false;
  s.remove_prefix(1);
  return true;
}

bool take_quoted(std::string_view& s) {
  if (!take(s, '"')) return false;
  while (!s.empty() && s.front() != '"') {
    if (s.front() == '\\') s.remove_prefix(1);
    if (s.empty() || s.front() < ' ' || s.front() > '~') return false;
    s.remove_prefix(1);
  }
  return take(s, '"');
}

// Characters that end lines or turn the direction of text, so that "gpj.exe" would read "exe.jpg".
bool is_hostile(std::string_view character) {
  if (character.size() == 1) {
    const char c = character[0];
    return (c >= 0 && c < ' ') || c == 0x7F || c == '/' || c == '\\';
  }
  if (character.size() == 2) return character[0] == '\xC2' && character[1] < '\xA0';
  return character == "\u200E" || character == "\u200F" ||
         (character >= "\u2028" && character <= "\u202E") ||
         (character >= "\u2066" && character <= "\u2069");
}

}  // namespace

bool looks_like_id(std::string_view id) {
  return !id.empty() && id.size() <= 36 && std::all_of(id.begin(), id.end(), word_char);
}

bool is_mime_type(std::string_view s) {
  if (s.size() > kLongestType || !take_token(s) || !take(s, '/') || !take_token(s)) return false;
  while (!s.empty()) {
    while (take(s, ' ')) {
    }
    if (!take(s, ';')) return false;
    while (take(s, ' ')) {
    }
    if (!take_token(s) || !take(s, '=') || (!take_quoted(s) && !take_token(s))) return false;
  }
  return true;
}

std::string tamed_name(std::string_view in) {
  std::string out;
  while (!in.empty()) {
    std::size_t n = 1;
    while (n < std::min<std::size_t>(4, in.size()) && !valid_utf8(in.substr(0, n))) ++n;
    const std::string_view character = in.substr(0, n);
    const bool text = valid_utf8(character);
    if (text && !is_hostile(character)) out += character;
    in.remove_prefix(text ? n : 1);
  }
  out = cut_utf8(out, kLongestName);
  return out == "." || out == ".." ? std::string() : out;
}

}  // namespace gardu::host
