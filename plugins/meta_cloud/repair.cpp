// SPDX-License-Identifier: Apache-2.0
//
// Replacing what is no text inside JSON.
#include "repair.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "json.hpp"

namespace gardu::meta_cloud {
namespace {

// The value of "\uXXXX" at the front.
std::optional<unsigned> unicode_escape(std::string_view s) {
  if (s.size() < 6 || s[0] != '\\' || s[1] != 'u') return std::nullopt;
  unsigned value = 0;
  for (const char c : s.substr(2, 4)) {
    unsigned digit = 0;
    if (c >= '0' && c <= '9')
      digit = static_cast<unsigned>(c - '0');
    else if (c >= 'a' && c <= 'f')
      digit = static_cast<unsigned>(c - 'a') + 10;
    else if (c >= 'A' && c <= 'F')
      digit = static_cast<unsigned>(c - 'A') + 10;
    else
      return std::nullopt;
    value = value * 16 + digit;
  }
  return value;
}

bool is_high(unsigned u) { return u >= 0xD800 && u < 0xDC00; }
bool is_low(unsigned u) { return u >= 0xDC00 && u < 0xE000; }

// Copies the escape at the front of `s` to `out`; returns its length.
size_t copy_escape(std::string_view s, std::string& out) {
  const auto unit = unicode_escape(s);
  if (unit && is_high(*unit)) {
    const auto next = unicode_escape(s.substr(6));
    if (next && is_low(*next)) {
      out += s.substr(0, 12);
      return 12;
    }
  }
  if (unit && (is_high(*unit) || is_low(*unit))) {
    out += kBadText;
    return 6;
  }
  const size_t n = unit ? 6 : std::min<size_t>(2, s.size());
  out += s.substr(0, n);
  return n;
}

// Copies the number at the front of `s`, or the mark as a text when it fits no number type.
size_t copy_number(std::string_view s, std::string& out) {
  const size_t n = std::min(s.find_first_not_of("+-.0123456789eE"), s.size());
  const std::string number(s.substr(0, n));
  if (std::isfinite(std::strtod(number.c_str(), nullptr)))
    out += number;
  else
    out.append("\"").append(kBadText).append("\"");
  return n;
}

bool starts_number(char c) { return c == '-' || (c >= '0' && c <= '9'); }

}  // namespace

size_t utf8_length(std::string_view s) noexcept {
  if (s.empty()) return 0;
  const auto at = [&](size_t i) { return static_cast<unsigned char>(s[i]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) return 1;
  size_t n = 0;
  unsigned char low = 0x80, high = 0xBF;  // what the second byte may be
  if (lead >= 0xC2 && lead <= 0xDF) {
    n = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    n = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    n = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  }
  if (n == 0 || s.size() < n || at(1) < low || at(1) > high) return 0;
  for (size_t i = 2; i < n; ++i)
    if ((at(i) & 0xC0U) != 0x80U) return 0;
  return n;
}

std::string repair(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  bool in_string = false;
  for (size_t i = 0; i < json.size();) {
    const std::string_view rest = json.substr(i);
    if (in_string && rest[0] == '\\') {
      i += copy_escape(rest, out);
      continue;
    }
    if (!in_string && starts_number(rest[0])) {
      i += copy_number(rest, out);
      continue;
    }
    const size_t n = utf8_length(rest);
    const bool control = in_string && n == 1 && static_cast<unsigned char>(rest[0]) < 0x20;
    if (n == 0 || control)
      out += kBadText;
    else
      out += rest.substr(0, n);
    if (rest[0] == '"') in_string = !in_string;
    i += std::max<size_t>(n, 1);
  }
  return out;
}

int nesting_of(std::string_view json) noexcept {
  int depth = 0, deepest = 0;
  bool in_string = false;
  for (size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      deepest = std::max(deepest, ++depth);
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return deepest;
}

}  // namespace gardu::meta_cloud
