// SPDX-License-Identifier: Apache-2.0
//
// Origins against patterns, without regard to case.
#include "protocol/origin.hpp"

#include <algorithm>

namespace gardu::pusher {
namespace {

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

// Linear in time: after a mismatch only the last '*' takes one character more.
bool glob(std::string_view pattern, std::string_view text) {
  size_t p = 0, t = 0, star = std::string_view::npos, mark = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

// "https://x.org:8443" -> "x.org:8443"
std::string_view authority(std::string_view origin) {
  const size_t scheme = origin.find("://");
  if (scheme != std::string_view::npos) origin.remove_prefix(scheme + 3);
  return origin.substr(0, origin.find('/'));
}

std::string_view without_port(std::string_view text) {
  const size_t colon = text.rfind(':');
  return colon == std::string_view::npos || text.back() == ']' ? text : text.substr(0, colon);
}

}  // namespace

bool origin_allowed(std::span<const std::string> patterns, std::string_view origin) {
  if (origin.empty()) return true;
  const std::string whole = lower_case(origin);
  const std::string_view host_port = authority(whole);
  return std::ranges::any_of(patterns, [&](const std::string& given) {
    const std::string pattern = lower_case(given);
    if (pattern.find("://") != std::string::npos) return glob(pattern, whole);
    return glob(pattern, without_port(host_port)) || glob(pattern, host_port);
  });
}

}  // namespace gardu::pusher
