// SPDX-License-Identifier: Apache-2.0
//
// Webhooks as Meta posts them, one text message each, whole requests with their signature.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

namespace gardu::bench {

// `count` requests from `first` on, spread over `senders` people; the same ones in each run, but
// for their time. Messages of different numbers have different ids.
std::vector<std::string> webhooks(std::size_t first, std::size_t count, std::size_t senders);

}  // namespace gardu::bench
