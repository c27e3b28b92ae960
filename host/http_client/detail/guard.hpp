// SPDX-License-Identifier: Apache-2.0
// Which addresses a plugin's call may go to: those of the public internet. Bytes in network order.
#pragma once

#include <array>
#include <string_view>

namespace gardu::host::client::detail {

// Loopback, private, link-local, multicast, reserved, for documentation ...
bool is_private(const std::array<unsigned char, 4>& address);
// The same for IPv6, with those that stand for such an IPv4 address.
bool is_private(const std::array<unsigned char, 16>& address);

// Names that mean the machine itself, whoever resolves them.
bool is_local_name(std::string_view lower_case_host);

}  // namespace gardu::host::client::detail
