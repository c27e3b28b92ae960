// SPDX-License-Identifier: Apache-2.0
#include "journal/identity.hpp"

#include <algorithm>

namespace gardu::host {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }
bool upper(char c) { return c >= 'A' && c <= 'Z'; }

// Two capital letters, a dot, then letters and digits, perhaps after "ENT." (Meta's form).
bool is_bsuid(std::string_view s) {
  if (s.size() < 4 || !upper(s[0]) || !upper(s[1]) || s[2] != '.') return false;
  s.remove_prefix(3);
  if (s.substr(0, 4) == "ENT.") s.remove_prefix(4);
  return !s.empty() && s.size() <= 128 && std::all_of(s.begin(), s.end(), [](char c) {
    return digit(c) || upper(c) || (c >= 'a' && c <= 'z');
  });
}

}  // namespace

std::optional<std::string> normalize_phone(std::string_view text) {
  std::string out = "+";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (digit(c)) {
      out += c;
    } else if (c == '+') {
      if (out.size() > 1 || i != text.find('+')) return std::nullopt;
    } else if (c != ' ' && c != '-' && c != '(' && c != ')' && c != '.') {
      return std::nullopt;
    }
  }
  if (out.size() < 6 || out.size() > 16 || out[1] == '0') {
    // A number never begins with 0 in E.164; the loopback network's fault numbers do.
    if (out.size() < 6 || out.size() > 16 || out.substr(1, 3) != "000") return std::nullopt;
  }
  return out;
}

std::optional<NamedPeer> parse_peer(std::string_view to) {
  if (to.size() > 160) return std::nullopt;
  const auto at = to.find('@');
  if (at == std::string_view::npos) {
    if (is_bsuid(to)) return NamedPeer{"bsuid", std::string(to), std::string(to)};
    const auto phone = normalize_phone(to);
    if (!phone) return std::nullopt;
    return NamedPeer{"phone", *phone, phone->substr(1)};
  }
  const std::string_view user = to.substr(0, at), server = to.substr(at + 1);
  if (user.empty()) return std::nullopt;
  if (server == "c.us" || server == "s.whatsapp.net") {
    const auto phone = normalize_phone(user);
    if (!phone) return std::nullopt;
    return NamedPeer{"phone", *phone, std::string(to)};
  }
  if (server == "lid") return NamedPeer{"lid", std::string(user), std::string(to)};
  if (server == "g.us") return NamedPeer{"group", std::string(to), std::string(to)};
  return std::nullopt;
}

}  // namespace gardu::host
