// SPDX-License-Identifier: Apache-2.0
//
// One message of an injection, checked member by member.
#pragma once
#include <gardu/publication.hpp>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gardu::loopback {

using FieldErrors = std::vector<std::pair<std::string, std::string>>;  // field, message

// Reads the members of `object`; errors are named `prefix` + member. account_id and a missing
// provider_message_id are the caller's. `outer`: the object is the whole body, so it may also have
// the body's own members.
Publication read_injected(const nlohmann::json& object, const std::string& prefix, bool outer,
                          FieldErrors& errors);

// RFC 3339 with any offset, as microseconds UTC.
std::optional<std::int64_t> parse_time(const std::string& text);

}  // namespace gardu::loopback
