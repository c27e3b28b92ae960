// SPDX-License-Identifier: Apache-2.0
// CIDR matching and the walk over X-Forwarded-For.
#include "http/detail/client_address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace gardu::host::http::detail {
namespace {

std::string_view trim_blanks(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Proxies write "1.2.3.4", "1.2.3.4:567", "v6", "[v6]" and "[v6]:567".
std::string_view without_port(std::string_view text) {
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    return end == std::string_view::npos ? std::string_view() : text.substr(1, end - 1);
  }
  const auto colon = text.find(':');
  const bool one_colon = colon != std::string_view::npos && text.rfind(':') == colon;
  return one_colon ? text.substr(0, colon) : text;
}

bool same_prefix(const AddressBytes& a, const AddressBytes& b, unsigned bits) {
  const unsigned whole = bits / 8;
  if (!std::equal(a.begin(), a.begin() + whole, b.begin())) return false;
  const unsigned left = bits % 8;
  if (left == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xFFU << (8 - left));
  return (a[whole] & mask) == (b[whole] & mask);
}

}  // namespace

std::optional<AddressBytes> parse_address(std::string_view text) {
  const std::string terminated(text);
  AddressBytes bytes{};
  if (inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1) return bytes;
  bytes = {};
  bytes[10] = bytes[11] = 0xFF;
  if (inet_pton(AF_INET, terminated.c_str(), bytes.data() + 12) == 1) return bytes;
  return std::nullopt;
}

TrustedProxies::TrustedProxies(const std::vector<std::string>& blocks) {
  for (const auto& text : blocks) {
    const auto slash = text.find('/');
    const auto address = parse_address(std::string_view(text).substr(0, slash));
    const bool v4 = text.find(':') == std::string::npos;
    unsigned bits = v4 ? 32 : 128;
    bool good = address.has_value();
    if (good && slash != std::string::npos) {
      const unsigned most = bits;
      const char* end = text.data() + text.size();
      const auto [stop, error] = std::from_chars(text.data() + slash + 1, end, bits);
      good = error == std::errc() && stop == end && bits <= most;
    }
    if (!good) {
      throw std::runtime_error("trusted proxy '" + text + "' is no address or CIDR block");
    }
    blocks_.push_back({*address, v4 ? bits + 96 : bits});
  }
}

bool TrustedProxies::contains(std::string_view address) const {
  if (blocks_.empty()) return false;
  const auto bytes = parse_address(address);
  return bytes && std::any_of(blocks_.begin(), blocks_.end(), [&](const Block& block) {
           return same_prefix(*bytes, block.address, block.bits);
         });
}

TrustedProxies::Client TrustedProxies::resolve(const std::string& peer, bool secure,
                                               const Headers& headers) const {
  Client client{peer, secure};
  if (!contains(peer)) return client;
  // A chain of proxies appends: the last one is what our own proxy saw.
  std::string_view scheme = headers.get("X-Forwarded-Proto");
  if (const auto comma = scheme.rfind(','); comma != std::string_view::npos) {
    scheme.remove_prefix(comma + 1);
  }
  scheme = trim_blanks(scheme);
  if (!scheme.empty()) client.secure = equals_ignoring_case(scheme, "https");

  std::string hops;
  for (const auto value : headers.all("X-Forwarded-For")) {
    if (!hops.empty()) hops += ',';
    hops += value;
  }
  std::string_view rest = hops;
  while (!rest.empty()) {
    const auto comma = rest.rfind(',');
    const auto start = comma == std::string_view::npos ? 0 : comma + 1;
    const std::string_view hop = without_port(trim_blanks(rest.substr(start)));
    rest = rest.substr(0, comma == std::string_view::npos ? 0 : comma);
    if (!parse_address(hop)) break;  // nothing to the left of a broken hop can be believed
    client.address = hop;
    if (!contains(hop)) break;
  }
  return client;
}

}  // namespace gardu::host::http::detail
