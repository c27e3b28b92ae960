// SPDX-License-Identifier: Apache-2.0
//
// Puts records into envelopes of a good size, in order. One thread's.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/coding.hpp"
#include "cluster/redis_link.hpp"

namespace gardu::pusher {

class Letters {
 public:
  // Channels: {prefix}:nodes for everybody, {prefix}:node:{id} for one.
  Letters(std::string_view prefix, std::string self);

  std::string to_all() const { return prefix_ + ":nodes"; }
  std::string to_node(std::string_view id) const { return prefix_ + ":node:" + std::string(id); }

  void to_all(const wire::Record& record);
  void to_all_ready(std::string_view record);  // as wire::append made it
  void to_node(std::string_view id, const wire::Record& record);
  // Others will see that something is missing, and ask.
  void skip_number() { ++number_; }

  std::vector<RedisLink::Message> take();

 private:
  RedisLink::Message& open(const std::string& channel, bool numbered);

  const std::string prefix_, self_;
  uint64_t number_ = 0;
  std::vector<RedisLink::Message> out_;
};

}  // namespace gardu::pusher
