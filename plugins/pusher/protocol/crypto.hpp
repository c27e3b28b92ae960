// SPDX-License-Identifier: Apache-2.0
//
// Hashes, signatures and random ids, all by OpenSSL. Pure functions, any thread.
#pragma once
#include <initializer_list>
#include <string>
#include <string_view>

namespace gardu::pusher {

// Lower-case hexadecimal.
std::string hmac_sha256_hex(std::string_view key, std::string_view text);
std::string hmac_sha256_hex(std::string_view key, std::initializer_list<std::string_view> text);
std::string md5_hex(std::string_view text);
// Whether that is what they would answer, compared in constant time; of MD5 in any case of letters.
bool is_hmac_sha256_hex(std::string_view given, std::string_view key,
                        std::initializer_list<std::string_view> text);
bool is_md5_hex(std::string_view given, std::string_view text);

// The Sec-WebSocket-Accept that answers a Sec-WebSocket-Key.
std::string websocket_accept(std::string_view key);
// 16 bytes in base64, as RFC 6455 section 4.1 wants the key.
bool valid_websocket_key(std::string_view key);

// Takes as long for a near miss as for a far one.
bool equal_in_constant_time(std::string_view a, std::string_view b);

// "<digits>.<digits>", not to be guessed and unique for all practical purposes, on any node.
std::string make_socket_id();
bool is_socket_id(std::string_view text);

}  // namespace gardu::pusher
