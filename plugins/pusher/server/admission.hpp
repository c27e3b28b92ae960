// SPDX-License-Identifier: Apache-2.0
//
// Whether a client may do what it asks for: by names, signatures and limits, in this order, and
// nothing that is signed is looked into before its signature is known to be right. Any thread.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "protocol/channel.hpp"
#include "protocol/envelope.hpp"
#include "protocol/member.hpp"
#include "protocol/settings.hpp"

namespace gardu::pusher {

struct Refused {
  std::string type;  // of pusher:subscription_error
  std::string why;
  int status = 400;
};

struct Asker {
  const AppSettings& app;
  std::string_view socket_id;
  const User* user;  // null: not signed in
};

// The name alone.
std::optional<Refused> check_name(const AppSettings& app, std::string_view channel,
                                  ChannelKind kind);
// The right to be in that channel.
std::optional<Refused> check_right(const Asker& asker, const ClientMessage& message,
                                   ChannelKind kind);
// Whom a presence channel gets, once the right is there.
std::variant<Member, Refused> who_joins(const Asker& asker, const ClientMessage& message);

// pusher:signin; a status says why not.
Result<User> who_signs_in(const Asker& asker, const ClientMessage& message);

}  // namespace gardu::pusher
