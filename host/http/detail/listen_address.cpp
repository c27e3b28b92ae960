// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "http/detail/listen_address.hpp"

#include <charconv>
#include <stdexcept>

namespace gardu::host::http::detail {

ListenAddress parse_listen(const std::string& text) {
  const auto bad = [&](const char* why) {
    return std::runtime_error("listen address '" + text + "': " + why);
  };
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) throw bad("expected host:port");
  ListenAddress address{text.substr(0, colon), text.substr(colon + 1)};
  if (address.host.starts_with('[') && address.host.ends_with(']')) {
    address.host = address.host.substr(1, address.host.size() - 2);
  } else if (address.host.find(':') != std::string::npos) {
    throw bad("an IPv6 address is written in brackets");
  }
  if (address.host.empty()) throw bad("the host is missing");
  unsigned port = 0;
  const char* end = address.port.data() + address.port.size();
  const auto [stop, error] = std::from_chars(address.port.data(), end, port);
  if (error != std::errc() || stop != end || port > 65535)
    throw bad("the port is no number to 65535");
  return address;
}

}  // namespace gardu::host::http::detail
