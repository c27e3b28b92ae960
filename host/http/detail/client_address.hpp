// SPDX-License-Identifier: Apache-2.0
// Who the client is behind trusted proxies. Immutable after construction.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace gardu::host::http::detail {

// An address in the 16-byte form; IPv4 is mapped (::ffff:a.b.c.d).
using AddressBytes = std::array<std::uint8_t, 16>;
std::optional<AddressBytes> parse_address(std::string_view text);

class TrustedProxies {
 public:
  // Throws std::runtime_error naming an entry that is no address or CIDR block.
  explicit TrustedProxies(const std::vector<std::string>& blocks);
  bool contains(std::string_view address) const;

  struct Client {
    std::string address;
    bool secure;
  };
  // X-Forwarded-For from right to left over trusted hops; X-Forwarded-Proto if the peer is trusted.
  Client resolve(const std::string& peer, bool secure, const Headers& headers) const;

 private:
  struct Block {
    AddressBytes address;
    unsigned bits;
  };
  std::vector<Block> blocks_;
};

}  // namespace gardu::host::http::detail
