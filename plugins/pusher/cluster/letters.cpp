// SPDX-License-Identifier: Apache-2.0
//
// Envelopes.
#include "cluster/letters.hpp"

namespace gardu::pusher {
namespace {

constexpr size_t kGoodSize = size_t{64} << 10U;

}  // namespace

Letters::Letters(std::string_view prefix, std::string self)
    : prefix_(prefix), self_(std::move(self)) {}

RedisLink::Message& Letters::open(const std::string& channel, bool numbered) {
  const bool fits =
      !out_.empty() && out_.back().channel == channel && out_.back().payload.size() < kGoodSize;
  if (!fits)
    out_.push_back({channel, wire::begin_envelope(self_, numbered ? ++number_ : uint64_t{0})});
  return out_.back();
}

void Letters::to_all(const wire::Record& record) {
  wire::append(open(to_all(), true).payload, record);
}

void Letters::to_all_ready(std::string_view record) { open(to_all(), true).payload += record; }

void Letters::to_node(std::string_view id, const wire::Record& record) {
  wire::append(open(to_node(id), false).payload, record);
}

std::vector<RedisLink::Message> Letters::take() { return std::exchange(out_, {}); }

}  // namespace gardu::pusher
