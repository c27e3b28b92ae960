// SPDX-License-Identifier: Apache-2.0
//
// One client's conversation.
#include "server/session.hpp"

#include <array>

#include "protocol/crypto.hpp"
#include "protocol/signature.hpp"
#include "server/connection.hpp"
#include "server/handshake.hpp"
#include "server/loop.hpp"

namespace gardu::pusher {

Session::Session(Connection& connection, Hub& hub, App& app)
    : connection_(connection),
      hub_(hub),
      app_(app),
      id_(make_socket_id()),
      client_events_(app.settings.limits.client_events_per_second) {
  connection_.loop().add_session(*this);
}

Session::~Session() { end(); }

void Session::end() {
  if (ended_) return;
  ended_ = true;
  while (!subscriptions_.empty()) leave(std::string(subscriptions_.begin()->first));
  connection_.loop().remove_session(*this);
  release_connection(hub_, app_);
}

void Session::open() {
  const auto timeout =
      std::chrono::duration_cast<std::chrono::seconds>(hub_.settings.activity_timeout);
  say(connection_established(id_, timeout.count()));
}

void Session::on_text(std::string_view text) {
  const Result<ClientMessage> message = parse_client_message(text);
  if (!message) return error(Code::reconnect, message.status().message());
  const std::string& event = message->event;
  if (event == "pusher:ping") return say(pong_message());
  if (event == "pusher:pong") return;
  if (event == "pusher:subscribe") return subscribe(*message);
  if (event == "pusher:unsubscribe") return unsubscribe(*message);
  if (event.starts_with("client-")) return client_event(*message);
  error(Code::reconnect, "Unsupported event received on socket: " + event.substr(0, 64));
}

void Session::subscribe(const ClientMessage& message) {
  if (!message.data_channel) return error(Code::reconnect, "Invalid message format: no channel");
  const std::string& channel = *message.data_channel;
  const Limits& limits = app_.settings.limits;
  if (!valid_channel_name(channel, limits.channel_name))
    return refuse_subscription(channel.substr(0, 200), "InvalidChannel", "Not a valid channel name",
                               400);
  const ChannelKind kind = classify(channel);
  if (!kind.offered())
    return refuse_subscription(channel, "NotOffered",
                               "Channels of this kind are not available on this server", 400);
  if (kind.needs_auth) {
    if (!message.auth || message.auth->empty())
      return refuse_subscription(channel, "AuthError",
                                 "Auth info required to subscribe to " + channel, 401);
    if (!verify_channel(app_.settings.keys, *message.auth, id_, channel, message.channel_data))
      return refuse_subscription(channel, "AuthError", "Invalid signature for " + channel, 401);
  }
  if (!subscriptions_.contains(channel)) {
    if (limits.channels_per_connection != 0 &&
        subscriptions_.size() >= limits.channels_per_connection)
      return refuse_subscription(channel, "LimitReached", "Too many channels on one connection",
                                 400);
    Subscription& subscription = join(channel, kind);
    say(subscription_succeeded(channel));
    if (hub_.recoverer != nullptr && message.channel_data)
      hub_.recoverer->subscribed(subscription, *message.channel_data);
    return;
  }
  say(subscription_succeeded(channel));
}

void Session::unsubscribe(const ClientMessage& message) {
  if (!message.data_channel) return error(Code::reconnect, "Invalid message format: no channel");
  leave(*message.data_channel);
}

std::string Session::refusal_of(const ClientMessage& message, Code& code) {
  code = Code::client_event_refused;
  const Limits& limits = app_.settings.limits;
  if (!app_.settings.client_events) return "The app does not have client messaging enabled.";
  if (limits.event_name != 0 && message.event.size() > limits.event_name)
    return "The event's name is too long";
  if (!classify(*message.channel).client_events())
    return "Client events are only for private and presence channels";
  if (!subscriptions_.contains(*message.channel)) {
    code = Code::unauthorized;
    return "The client is not a member of the specified channel";
  }
  if (limits.client_event_data != 0 && message.data.size() > limits.client_event_data)
    return "The event's data is too large";
  if (!client_events_.allow(RateLimit::Clock::now())) return "Rate limit of client events exceeded";
  return {};
}

void Session::client_event(const ClientMessage& message) {
  if (!message.channel) return error(Code::reconnect, "Invalid message format: no channel");
  Code code{};
  if (const std::string why = refusal_of(message, code); !why.empty()) return error(code, why);
  const std::array<std::string, 1> channels{*message.channel};
  hub_.publish(app_, {message.event, message.data, channels, id_, {}, false});
  hub_.metrics.client_events.add();
}

Subscription& Session::join(const std::string& channel, ChannelKind kind) {
  app_.counts.add(channel);  // first, so that no publisher thinks that nobody is there
  auto subscription = connection_.loop().channels(app_).join(*this, channel, kind);
  const std::string_view name = subscription->channel->name;
  return *subscriptions_.emplace(name, std::move(subscription)).first->second;
}

void Session::leave(const std::string& channel) {
  const auto it = subscriptions_.find(channel);
  if (it == subscriptions_.end()) return;
  const auto subscription = std::move(it->second);
  subscriptions_.erase(it);  // before the channel, whose name it refers to
  connection_.loop().channels(app_).leave(*subscription);
  app_.counts.remove(channel);
}

void Session::on_room() {
  wants_room_ = false;
  for (const auto& [name, subscription] : subscriptions_)
    if (subscription->replay) subscription->replay->on_room();
}

void Session::say(std::string_view payload) { connection_.send(text_frame(payload)); }

void Session::error(Code code, std::string_view text) { say(error_message(code, text)); }

void Session::refuse_subscription(std::string_view channel, std::string_view type,
                                  std::string_view why, int status) {
  say(subscription_error(channel, type, why, status));
  error(status == 401 ? Code::unauthorized : Code::reconnect, why);
}

}  // namespace gardu::pusher
