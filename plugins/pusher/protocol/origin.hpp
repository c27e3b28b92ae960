// SPDX-License-Identifier: Apache-2.0
//
// Which web pages may open a connection.
#pragma once
#include <span>
#include <string>
#include <string_view>

namespace gardu::pusher {

// A pattern is a host ("app.example.org"), host and port, or a whole origin ("https://x.org"); `*`
// stands for any characters. No Origin header at all (no browser) is always fine.
bool origin_allowed(std::span<const std::string> patterns, std::string_view origin);

}  // namespace gardu::pusher
