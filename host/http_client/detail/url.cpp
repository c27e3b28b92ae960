// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "http_client/detail/url.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>

namespace gardu::host::client::detail {
namespace {

constexpr std::size_t kLongestUrl = 32'768;
constexpr std::size_t kLongestHost = 253;
constexpr std::size_t kLongestLabel = 63;

bool is_url_digit(char c) { return c >= '0' && c <= '9'; }
char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool is_host_char(char c) {
  return is_url_digit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
}

bool take_scheme(std::string_view& text, bool& tls) {
  const std::size_t end = text.find("://");
  if (end == std::string_view::npos) return false;
  std::string scheme(text.substr(0, end));
  std::transform(scheme.begin(), scheme.end(), scheme.begin(), to_lower);
  if (scheme != "http" && scheme != "https") return false;
  tls = scheme == "https";
  text.remove_prefix(end + 3);
  return true;
}

// "443"; leading zeros are dropped.
bool read_port(std::string_view text, std::string& port) {
  if (text.empty() || text.size() > 5 || !std::all_of(text.begin(), text.end(), is_url_digit))
    return false;
  const int number = std::stoi(std::string(text));
  port = std::to_string(number);
  return number >= 1 && number <= 65535;
}

bool read_ipv6(const std::string& text, Url& url) {
  in6_addr address{};
  std::array<char, INET6_ADDRSTRLEN> plain{};
  if (::inet_pton(AF_INET6, text.c_str(), &address) != 1) return false;
  if (::inet_ntop(AF_INET6, &address, plain.data(), plain.size()) == nullptr) return false;
  url.host = plain.data();
  url.literal = true;
  return true;
}

bool are_labels(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.empty() || name.size() > kLongestHost) return false;
  while (true) {
    const std::string_view label = name.substr(0, name.find('.'));
    if (label.empty() || label.size() > kLongestLabel ||
        !std::all_of(label.begin(), label.end(), is_host_char))
      return false;
    if (label.size() == name.size()) return true;
    name.remove_prefix(label.size() + 1);
  }
}

bool ends_in_number(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  const std::string_view last = name.substr(name.rfind('.') + 1);
  return std::all_of(last.begin(), last.end(), is_url_digit) || last.starts_with("0x");
}

// A resolver reads 127.1, 0x7f000001 and 2130706433 as addresses. What looks like a number is one
// here already, so that all who look at the host see the same.
bool read_name(std::string_view text, Url& url) {
  url.host = text;
  std::transform(url.host.begin(), url.host.end(), url.host.begin(), to_lower);
  if (!are_labels(url.host)) return false;
  if (!ends_in_number(url.host)) return true;
  in_addr address{};
  std::array<char, INET_ADDRSTRLEN> plain{};
  if (::inet_aton(url.host.c_str(), &address) == 0) return false;
  if (::inet_ntop(AF_INET, &address, plain.data(), plain.size()) == nullptr) return false;
  url.host = plain.data();
  url.literal = true;
  return true;
}

bool read_authority(std::string_view text, Url& url, std::string& why) {
  if (text.find('@') != std::string_view::npos) {
    why = "the URL has a user or password in it";
    return false;
  }
  bool good = false;
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    good = end != std::string_view::npos && read_ipv6(std::string(text.substr(1, end - 1)), url);
    if (good) port = text.substr(end + 1);
  } else {
    const std::size_t colon = std::min(text.find(':'), text.size());
    good = read_name(text.substr(0, colon), url);
    port = text.substr(colon);
  }
  if (!good) {
    why = "the URL's host is not a name or address";
    return false;
  }
  url.port = url.tls ? "443" : "80";
  if (port.empty() || (port[0] == ':' && read_port(port.substr(1), url.port))) return true;
  why = "the URL's port is not one of 1 to 65535";
  return false;
}

}  // namespace

std::string Url::host_and_port() const {
  return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + port;
}

std::string Url::authority() const {
  std::string out = host_and_port();
  if (port == (tls ? "443" : "80")) out.resize(out.size() - port.size() - 1);
  return out;
}

std::string_view Url::name_for_tls() const {
  std::string_view name = host;
  if (name.ends_with('.')) name.remove_suffix(1);
  return name;
}

std::optional<Url> parse_url(std::string_view text, std::string& why) {
  Url url;
  if (text.size() > kLongestUrl) {
    why = "the URL is longer than 32 KiB";
    return std::nullopt;
  }
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; })) {
    why = "the URL has a space, a control character or one that is not ASCII";
    return std::nullopt;
  }
  if (!take_scheme(text, url.tls)) {
    why = "the URL does not begin with http:// or https://";
    return std::nullopt;
  }
  text = text.substr(0, text.find('#'));
  const std::size_t end = std::min(text.find_first_of("/?"), text.size());
  if (!read_authority(text.substr(0, end), url, why)) return std::nullopt;
  url.target = text.substr(end);
  if (!url.target.starts_with('/')) url.target.insert(0, 1, '/');
  return url;
}

}  // namespace gardu::host::client::detail
