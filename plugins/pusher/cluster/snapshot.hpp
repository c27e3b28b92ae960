// SPDX-License-Identifier: Apache-2.0
//
// All that a node has to tell of itself: for one that has just come, or missed something.
#pragma once
#include <chrono>
#include <cstdint>
#include <string_view>

#include "cluster/letters.hpp"
#include "server/hub.hpp"

namespace gardu::pusher {

// To that node: members and counts of this node's own clients, and the cached events of the last
// `cache_ms`.
void write_snapshot(const Hub& hub, std::string_view node, uint64_t cache_ms,
                    std::chrono::steady_clock::time_point now, Letters& out);

}  // namespace gardu::pusher
