// SPDX-License-Identifier: Apache-2.0
// See the header. The lists are IANA's special-purpose address registries.
#include "http_client/detail/guard.hpp"

#include <algorithm>
#include <cstdint>

namespace gardu::host::client::detail {
namespace {

using Ipv4 = std::array<unsigned char, 4>;
using Ipv6 = std::array<unsigned char, 16>;

struct Ipv4Block {
  Ipv4 first;
  unsigned bits;
};

constexpr std::array kSpecialIpv4{
    Ipv4Block{{0, 0, 0, 0}, 8},        // this network
    Ipv4Block{{10, 0, 0, 0}, 8},       // private
    Ipv4Block{{100, 64, 0, 0}, 10},    // shared by a carrier's customers
    Ipv4Block{{127, 0, 0, 0}, 8},      // loopback
    Ipv4Block{{169, 254, 0, 0}, 16},   // link-local, clouds' metadata
    Ipv4Block{{172, 16, 0, 0}, 12},    // private
    Ipv4Block{{192, 0, 0, 0}, 24},     // protocol assignments
    Ipv4Block{{192, 0, 2, 0}, 24},     // documentation
    Ipv4Block{{192, 88, 99, 0}, 24},   // relays of 6to4
    Ipv4Block{{192, 168, 0, 0}, 16},   // private
    Ipv4Block{{198, 18, 0, 0}, 15},    // benchmarks
    Ipv4Block{{198, 51, 100, 0}, 24},  // documentation
    Ipv4Block{{203, 0, 113, 0}, 24},   // documentation
    Ipv4Block{{224, 0, 0, 0}, 4},      // multicast
    Ipv4Block{{240, 0, 0, 0}, 4},      // reserved, broadcast
};

constexpr std::uint32_t number_of(const Ipv4& a) {
  return std::uint32_t{a[0]} << 24U | std::uint32_t{a[1]} << 16U | std::uint32_t{a[2]} << 8U | a[3];
}

Ipv4 ipv4_at(const Ipv6& a, std::size_t at) { return {a[at], a[at + 1], a[at + 2], a[at + 3]}; }

template <std::size_t N>
bool begins(const Ipv6& address, const std::array<unsigned char, N>& prefix) {
  return std::equal(prefix.begin(), prefix.end(), address.begin());
}

}  // namespace

bool is_private(const Ipv4& address) {
  return std::any_of(kSpecialIpv4.begin(), kSpecialIpv4.end(), [&](const Ipv4Block& block) {
    return (number_of(address) ^ number_of(block.first)) >> (32U - block.bits) == 0;
  });
}

bool is_private(const Ipv6& a) {
  constexpr std::array<unsigned char, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  constexpr std::array<unsigned char, 12> kNat64{0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0};
  if (begins(a, kMapped) || begins(a, kNat64)) return is_private(ipv4_at(a, 12));
  if (begins(a, std::array<unsigned char, 2>{0x20, 0x02})) return is_private(ipv4_at(a, 2));
  // Protocol assignments (2001::/23: Teredo and others) and documentation.
  if (a[0] == 0x20 && a[1] == 0x01 && a[2] < 2) return true;
  if (begins(a, std::array<unsigned char, 4>{0x20, 0x01, 0x0D, 0xB8})) return true;
  if (a[0] == 0x3F && a[1] == 0xFF && a[2] < 0x10) return true;
  // Global unicast is 2000::/3. The rest is loopback, unspecified, local, multicast or reserved.
  return (a[0] & 0xE0U) != 0x20U;
}

bool is_local_name(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  return host == "localhost" || host.ends_with(".localhost");
}

}  // namespace gardu::host::client::detail
