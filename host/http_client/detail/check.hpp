// SPDX-License-Identifier: Apache-2.0
// Whether a call can be put on the wire as it is. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "http_client/http_client.hpp"

namespace gardu::host::client::detail {

// A method, or a header's name (RFC 9110, token).
bool is_token(std::string_view text);

// What is wrong with the method, the headers or the body; empty: nothing. Shows no header's value.
std::string why_not_sendable(const Call& call);

// Carrying one out twice is as good as once, so that it may be sent again.
bool is_idempotent(std::string_view method);

}  // namespace gardu::host::client::detail
