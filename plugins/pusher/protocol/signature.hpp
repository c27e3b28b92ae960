// SPDX-License-Identifier: Apache-2.0
//
// Who may subscribe, and who may call the HTTP API: both proved with HMAC-SHA256 over texts that
// the client libraries build. Verified over the bytes as received, before anything is parsed.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/settings.hpp"

namespace gardu::pusher {

// "key:signature", what an auth endpoint answers.
std::string sign_channel(const KeyPair& pair, std::string_view socket_id, std::string_view channel,
                         const std::optional<std::string>& channel_data = {});

// Any of the app's key pairs will do, so that keys can be rotated.
bool verify_channel(std::span<const KeyPair> keys, std::string_view auth,
                    std::string_view socket_id, std::string_view channel,
                    const std::optional<std::string>& channel_data);

// Lenient: what is no valid escape stays as it is.
std::string percent_decode(std::string_view text, bool plus_is_space);

using Query = std::vector<std::pair<std::string, std::string>>;  // decoded, in order
Query parse_query(std::string_view query, bool plus_is_space = false);

struct SignedRequest {
  std::string_view method, path, query, body;  // path as received, without the query
  std::string_view prefix;                     // the mount prefix that `path` begins with, or empty
};

// Empty: fine. Else why not, as text for the 401.
std::string verify_request(const SignedRequest& request, std::span<const KeyPair> keys,
                           int64_t now_s);

}  // namespace gardu::pusher
