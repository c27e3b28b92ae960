// SPDX-License-Identifier: Apache-2.0
//
// Passwords, kept as scrypt hashes with a salt each. Deliberately slow: tens of milliseconds and 32
// MiB a call. They throw std::runtime_error only when OpenSSL itself fails.
#pragma once
#include <string>
#include <string_view>

namespace gardu::host {

inline constexpr std::size_t kShortestPassword = 8, kLongestPassword = 1024;  // bytes

// "scrypt$15$8$1$<salt>$<hash>": log2 of N, r, p; both in base64url.
std::string hash_password(std::string_view password);
// False also for a text that is no such hash.
bool verify_password(std::string_view password, std::string_view hash);

}  // namespace gardu::host
