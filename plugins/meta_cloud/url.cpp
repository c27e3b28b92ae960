// SPDX-License-Identifier: Apache-2.0
//
// The parts of an http or https address.
#include "url.hpp"

#include <algorithm>

namespace gardu::meta_cloud {
namespace {

bool is_port(std::string_view s) {
  return !s.empty() && s.size() <= 5 &&
         std::all_of(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; }) &&
         std::stoi(std::string(s)) >= 1 && std::stoi(std::string(s)) <= 65535;
}

}  // namespace

std::string Url::authority() const {
  std::string out = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != (tls ? "443" : "80")) out += ":" + port;
  return out;
}

std::optional<Url> parse_url(std::string_view text) {
  Url url;
  if (text.starts_with("https://"))
    url.tls = true;
  else if (!text.starts_with("http://"))
    return std::nullopt;
  text.remove_prefix(url.tls ? 8 : 7);
  const bool plain =
      std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
  if (!plain || text.find_first_of("@?#") != std::string_view::npos) return std::nullopt;

  const size_t slash = text.find('/');
  std::string_view authority = text.substr(0, slash);
  if (slash != std::string_view::npos) url.path = text.substr(slash);
  while (url.path.ends_with('/')) url.path.pop_back();

  std::string_view port;
  if (authority.starts_with('[')) {
    const size_t end = authority.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    url.host = authority.substr(1, end - 1);
    authority.remove_prefix(end + 1);
    if (!authority.empty() && authority[0] != ':') return std::nullopt;
    port = authority;
  } else {
    const size_t colon = authority.find(':');
    url.host = authority.substr(0, colon);
    if (colon != std::string_view::npos) port = authority.substr(colon);
  }
  if (!port.empty() && !is_port(port.substr(1))) return std::nullopt;
  url.port = port.empty() ? (url.tls ? "443" : "80") : port.substr(1);
  if (url.host.empty()) return std::nullopt;
  return url;
}

}  // namespace gardu::meta_cloud
