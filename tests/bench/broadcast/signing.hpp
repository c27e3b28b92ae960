// SPDX-License-Identifier: Apache-2.0
//
// What clients and applications sign with: HMAC-SHA256, MD5, the WebSocket accept key.
#pragma once
#include <string>
#include <string_view>

namespace gardu::bench {

std::string hmac_hex(std::string_view secret, std::string_view text);
std::string md5_hex(std::string_view text);
// Sec-WebSocket-Accept of a Sec-WebSocket-Key (RFC 6455 section 4.2.2).
std::string websocket_accept(std::string_view key);

}  // namespace gardu::bench
