// SPDX-License-Identifier: Apache-2.0
//
// One client's conversation.
#include "server/session.hpp"

#include "protocol/crypto.hpp"
#include "protocol/utf8.hpp"
#include "server/connection.hpp"
#include "server/handshake.hpp"
#include "server/loop.hpp"

namespace gardu::pusher {

Session::Session(Connection& connection, Hub& hub, App& app)
    : connection_(connection),
      hub_(hub),
      app_(app),
      id_(make_socket_id()),
      id_hash_(hash_of(id_)),
      client_events_(app.settings.limits.client_events_per_second) {}

Session::~Session() { end(); }

void Session::end() {
  if (ended_) return;
  ended_ = true;
  while (!subscriptions_.empty()) leave(std::string(subscriptions_.last().channel->name));
  signed_in_.reset();
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
  const std::string_view event = message->event;
  if (event.starts_with("client-")) return client_event(*message);
  if (event == "pusher:ping") return say(pong_message());
  if (event == "pusher:pong") return;
  if (event == "pusher:subscribe") return subscribe(*message);
  if (event == "pusher:unsubscribe") return unsubscribe(*message);
  if (event == "pusher:signin") return sign_in(*message);
  error(Code::reconnect,
        "Unsupported event received on socket: " + std::string(utf8_prefix(event, 64)));
}

Asker Session::asker() const noexcept {
  return {app_.settings, id_, signed_in_ ? &signed_in_->user() : nullptr};
}

void Session::sign_in(const ClientMessage& message) {
  if (!app_.settings.user_authentication)
    return error(Code::unauthorized, "The app does not have user authentication enabled");
  if (!message.auth || !message.user_data)
    return error(Code::reconnect, "Invalid message format: auth and user_data must be texts");
  Result<User> user = who_signs_in(asker(), message);
  if (!user) return connection_.close_with_error(Code::unauthorized, user.status().message());
  std::vector<std::string> watchlist = std::move(user->watchlist);
  const bool too_long = watchlist.size() > kLongestWatchlist;
  if (too_long) watchlist.resize(kLongestWatchlist);
  if (!signed_in_) signed_in_ = std::make_unique<SignIn>(*this, hub_, app_, std::move(*user));
  say(signin_success(*message.user_data));
  if (too_long)
    error(Code::watchlist_too_long, "The watchlist is too long: its first 100 users are watched");
  const auto online = signed_in_->watch(std::move(watchlist));
  if (!online.empty()) say(watchlist_event("online", online));
}

std::string Session::refusal_of(const ClientMessage& message, const Subscription* from,
                                Code& code) {
  code = Code::client_event_refused;
  const Limits& limits = app_.settings.limits;
  if (!app_.settings.client_events) return "The app does not have client messaging enabled.";
  if (limits.event_name != 0 && message.event.size() > limits.event_name)
    return "The event's name is too long";
  const ChannelKind kind = from != nullptr ? from->channel->kind : classify(*message.channel);
  if (!kind.client_events()) return "Client events are only for private and presence channels";
  if (from == nullptr) {
    code = Code::unauthorized;
    return "The client is not a member of the specified channel";
  }
  if (limits.client_event_data != 0 && message.data.size() > limits.client_event_data)
    return "The event's data is too large";
  if (!client_events_.allow(connection_.loop().now()))
    return "Rate limit of client events exceeded";
  return {};
}

void Session::client_event(const ClientMessage& message) {
  if (!message.channel) return error(Code::reconnect, "Invalid message format: no channel");
  Code code{};
  const Subscription* const from = subscriptions_.find(*message.channel);
  if (const std::string why = refusal_of(message, from, code); !why.empty())
    return error(code, why);
  const std::string_view user_id = from->user ? std::string_view(*from->user) : std::string_view();
  const std::span channels(&from->channel->name, 1);
  hub_.whisper(*from, {message.event, message.data, channels, id_, user_id, false});
  hub_.metrics.client_events.add();
  if (hub_.webhooks == nullptr || !hub_.webhooks->listens(app_, WebhookKind::client_event)) return;
  hub_.webhooks->raise(app_, {WebhookKind::client_event, *message.channel, std::string(user_id),
                              message.event, message.data, id_, 0, false});
}

void Session::on_room() {
  wants_room_ = false;
  for (const auto& subscription : subscriptions_)
    if (subscription->replay) subscription->replay->on_room();
}

void Session::say(std::string_view payload) { connection_.send(text_frame(payload)); }

void Session::error(Code code, std::string_view text) { say(error_message(code, text)); }

void Session::refuse(std::string_view channel, const Refused& refused) {
  hub_.taps.refused(app_.index, channel, id_, refused.why);
  hub_.metrics.subscriptions_refused.add();
  say(subscription_error(channel, refused.type, refused.why, refused.status));
  error(refused.status == 401 ? Code::unauthorized : Code::reconnect, refused.why);
}

}  // namespace gardu::pusher
