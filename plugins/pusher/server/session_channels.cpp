// SPDX-License-Identifier: Apache-2.0
//
// How a client gets into channels and out of them.
#include "protocol/utf8.hpp"
#include "server/connection.hpp"
#include "server/loop.hpp"
#include "server/people.hpp"
#include "server/session.hpp"

namespace gardu::pusher {

void Session::subscribe(const ClientMessage& message) {
  if (!message.data_channel) return error(Code::reconnect, "Invalid message format: no channel");
  const std::string& channel = *message.data_channel;
  const Limits& limits = app_.settings.limits;
  const ChannelKind kind = classify(channel);
  if (const auto refused = check_name(app_.settings, channel, kind))
    return refuse(utf8_prefix(channel, 200), *refused);
  if (const auto refused = check_right(asker(), message, kind)) return refuse(channel, *refused);
  if (subscriptions_.contains(channel)) return succeed_again(channel, kind);
  if (limits.channels_per_connection != 0 &&
      subscriptions_.size() >= limits.channels_per_connection)
    return refuse(channel, {"LimitReached", "Too many channels on one connection", 400});
  if (!kind.presence) {
    enter(channel, kind, nullptr);
    if (hub_.recoverer != nullptr && message.channel_data)
      hub_.recoverer->subscribed(*subscriptions_.find(channel), *message.channel_data);
    return;
  }
  const auto member = who_joins(asker(), message);
  if (const auto* refused = std::get_if<Refused>(&member)) return refuse(channel, *refused);
  if (!enter(channel, kind, &std::get<Member>(member)))
    refuse(channel, {"LimitReached", "The channel has as many members as it may have", 400});
}

void Session::unsubscribe(const ClientMessage& message) {
  if (!message.data_channel) return error(Code::reconnect, "Invalid message format: no channel");
  leave(*message.data_channel);
}

bool Session::enter(const std::string& channel, ChannelKind kind, const Member* member) {
  app_.occupancy.join(hub_, app_, channel, kind);
  bool entered = true;
  if (kind.cached) {
    entered = enter_cached(channel, kind, member);
  } else if (member != nullptr) {
    entered = enter_presence(channel, kind, *member);
  } else {
    if (app_.settings.subscription_count) connection_.loop().take_inbox();  // older counts
    join(channel, kind);
    say(subscription_succeeded(channel));
  }
  if (entered)
    app_.occupancy.joined(hub_, app_, channel, kind);
  else
    app_.occupancy.leave(hub_, app_, channel, kind);
  if (entered && hub_.taps.watching()) hub_.taps.came(app_.index, channel, id_);
  return entered;
}

// What is kept is read, and the place taken, while nothing can be published on such a channel.
bool Session::enter_cached(const std::string& channel, ChannelKind kind, const Member* member) {
  bool entered = true;
  const auto then = [&](const EventCache::Event* event, bool first_miss) {
    if (member != nullptr) {
      entered = enter_presence(channel, kind, *member);
      if (!entered) return;
    } else {
      connection_.loop().take_inbox();  // older than what is kept
      join(channel, kind);
      say(subscription_succeeded(channel));
    }
    if (event != nullptr) return say(event_message(event_head(event->name, event->data), channel));
    say(cache_miss(channel));
    if (first_miss && hub_.webhooks != nullptr)
      hub_.webhooks->raise(app_, {WebhookKind::cache_miss, channel, {}, {}, {}, {}, 0, false});
  };
  app_.cache.replay(channel, EventCache::Clock::now(), then);
  return entered;
}

bool Session::enter_presence(const std::string& channel, ChannelKind kind, const Member& member) {
  const size_t limit = app_.settings.limits.presence_members;
  return People(hub_, app_)
      .join(channel, {member.id, member.info}, limit, id_, [&](const Roster::Present& present) {
        connection_.loop().take_inbox();  // older than the list
        join(channel, kind).user = std::make_unique<const std::string>(member.id);
        say(presence_succeeded(channel, present.members()));
      });
}

Subscription& Session::join(const std::string& channel, ChannelKind kind) {
  return subscriptions_.add(connection_.loop().channels(app_).join(*this, channel, kind));
}

void Session::succeed_again(const std::string& channel, ChannelKind kind) {
  if (!kind.presence) return say(subscription_succeeded(channel));
  app_.roster.look(channel, [&](const Roster::Present& present) {
    connection_.loop().take_inbox();
    say(presence_succeeded(channel, present.members()));
  });
}

void Session::leave(const std::string& channel) {
  const auto subscription = subscriptions_.take(channel);
  if (!subscription) return;
  const ChannelKind kind = subscription->channel->kind;
  connection_.loop().channels(app_).leave(*subscription);
  if (subscription->user) People(hub_, app_).leave(channel, *subscription->user);
  app_.occupancy.leave(hub_, app_, channel, kind);
  if (hub_.taps.watching()) hub_.taps.went(app_.index, channel, id_);
}

}  // namespace gardu::pusher
