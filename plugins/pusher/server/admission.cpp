// SPDX-License-Identifier: Apache-2.0
//
// Names, signatures, limits.
#include "server/admission.hpp"

#include "protocol/signature.hpp"

namespace gardu::pusher {
namespace {

constexpr std::string_view kServerToUser = "#server-to-user-";

Refused no_right(std::string why) { return {"AuthError", std::move(why), 401}; }

bool too_long(size_t size, size_t limit) { return limit != 0 && size > limit; }

}  // namespace

std::optional<Refused> check_name(const AppSettings& app, std::string_view channel,
                                  ChannelKind kind) {
  // What begins with # is the server's, but for a user's own channel.
  const bool ours = channel.starts_with('#') && !kind.of_user;
  if (!ours && valid_channel_name(channel, app.limits.channel_name)) return std::nullopt;
  return Refused{"InvalidChannel", "Not a valid channel name", 400};
}

std::optional<Refused> check_right(const Asker& asker, const ClientMessage& message,
                                   ChannelKind kind) {
  const std::string& channel = *message.data_channel;
  if (kind.of_user) {
    const std::string_view id = std::string_view(channel).substr(kServerToUser.size());
    if (asker.user != nullptr && asker.user->id == id) return std::nullopt;
    return no_right("Only who is signed in as that user may subscribe to " + channel);
  }
  if (!kind.needs_auth) return std::nullopt;
  if (!message.auth || message.auth->empty())
    return no_right("Auth info required to subscribe to " + channel);
  if (!verify_channel(asker.app.keys, *message.auth, asker.socket_id, channel,
                      message.channel_data))
    return no_right("Invalid signature for " + channel);
  if (kind.presence && !message.channel_data && asker.user == nullptr)
    return no_right("channel_data or a sign-in is required to subscribe to " + channel);
  return std::nullopt;
}

std::variant<Member, Refused> who_joins(const Asker& asker, const ClientMessage& message) {
  const Limits& limits = asker.app.limits;
  if (!message.channel_data) return static_cast<Member>(*asker.user);
  if (too_long(message.channel_data->size(), limits.presence_member))
    return Refused{"LimitReached", "channel_data is too large", 400};
  Result<Member> member = parse_member(*message.channel_data);
  if (!member) return Refused{"InvalidMember", std::string(member.status().message()), 400};
  if (too_long(member->id.size(), limits.user_id))
    return Refused{"LimitReached", "The user_id is too long", 400};
  return std::move(*member);
}

Result<User> who_signs_in(const Asker& asker, const ClientMessage& message) {
  // Signed is "<socket id>::user::<user_data>".
  if (!verify_channel(asker.app.keys, *message.auth, asker.socket_id, ":user:", message.user_data))
    return Status::invalid("Invalid signature of user_data");
  Result<User> user = parse_user(*message.user_data);
  if (user && too_long(user->id.size(), asker.app.limits.user_id))
    return Status::invalid("The user's id is too long");
  if (user && asker.user != nullptr && asker.user->id != user->id)
    return Status::invalid("This connection is signed in as another user");
  return user;
}

}  // namespace gardu::pusher
