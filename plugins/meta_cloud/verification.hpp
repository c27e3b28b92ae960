// SPDX-License-Identifier: Apache-2.0
//
// The handshake by which Meta checks a new webhook address: GET with hub.mode, hub.verify_token and
// hub.challenge.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gardu::meta_cloud {

struct Verification {
  std::string mode, token, challenge;
};

// `%41` and `+` decoded; a malformed escape stays as it is.
std::string decode_query_part(std::string_view part);

// From the raw query, since the names have dots. Of a repeated name the first counts.
Verification parse_verification(std::string_view query);

// The challenge to answer, verbatim; empty when this is no such request or no token fits.
std::optional<std::string> answer_verification(std::string_view query,
                                               const std::vector<std::string_view>& tokens);

}  // namespace gardu::meta_cloud
