// SPDX-License-Identifier: Apache-2.0
//
// redis://[[user]:password@]host[:port][/database]
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include <gardu/result.hpp>

namespace gardu::pusher {

struct RedisUrl {
  std::string user, password;
  std::string host;
  uint16_t port = 6379;
  unsigned database = 0;

  std::string printable() const;  // without the credentials
};

// What is wrong is told without quoting the text, which may hold a password.
Result<RedisUrl> parse_redis_url(std::string_view text);

}  // namespace gardu::pusher
