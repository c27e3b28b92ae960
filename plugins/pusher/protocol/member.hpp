// SPDX-License-Identifier: Apache-2.0
//
// Who a client says it is: `channel_data` of presence channels, and `user_data` of pusher:signin.
// Both are parsed once their signature is known to be right. Pure functions, any thread.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include <gardu/result.hpp>

namespace gardu::pusher {

struct Member {
  std::string id;             // a number is taken as its text
  std::string info = "null";  // JSON, byte for byte as it was signed
};

struct User : Member {
  std::vector<std::string> watchlist;
};

// A status says what is wrong, in words for the client's developer.
Result<Member> parse_member(std::string_view channel_data);
Result<User> parse_user(std::string_view user_data);

}  // namespace gardu::pusher
