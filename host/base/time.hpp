// SPDX-License-Identifier: Apache-2.0
// Times are UTC milliseconds since the epoch; as text RFC 3339 with milliseconds and "Z".
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gardu::host {

std::int64_t now_ms();
std::string rfc3339_ms(std::int64_t ms);
// With an offset or "Z", with or without a fraction (cut to milliseconds).
std::optional<std::int64_t> parse_rfc3339(std::string_view text);

}  // namespace gardu::host
