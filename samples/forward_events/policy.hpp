// SPDX-License-Identifier: Apache-2.0
//
// What follows from an answer, and when to try again. Pure functions.
#pragma once
#include <cstdint>
#include <gardu/http_client.hpp>
#include <optional>
#include <string_view>

namespace forward_events {

using gardu::Micros;

enum class Verdict { delivered, retry, dead };

// `progress`: gardu_http_progress; `status` counts only for an answer.
Verdict judge(std::uint32_t progress, int status);
// The receiver itself is not well, as opposed to not liking this one event.
bool is_outage(std::uint32_t progress, int status);

// Before attempt `failed` + 1: doubles with each failed one, up to an hour. `luck` of [0, 1)
// spreads it over the upper half, so that deliveries which failed together do not come back
// together.
Micros backoff(std::int64_t failed, Micros first, double luck);

// Of a Retry-After header, seconds or an HTTP date; at most a day. `now` in microseconds UTC.
std::optional<Micros> retry_after(std::string_view header, std::int64_t now);

}  // namespace forward_events
