// SPDX-License-Identifier: Apache-2.0
//
// One client's conversation: subscriptions, sign-in, client events. Belongs to its connection and
// that one's thread. Entering and leaving channels is in session_channels.cpp.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "protocol/envelope.hpp"
#include "protocol/messages.hpp"
#include "protocol/rate_limit.hpp"
#include "server/admission.hpp"
#include "server/channel_table.hpp"
#include "server/hub.hpp"
#include "server/signin.hpp"
#include "server/subscription_list.hpp"

namespace gardu::pusher {

class Connection;

class Session {
 public:
  // `app` counts this connection already; the session gives that back when it ends.
  Session(Connection& connection, Hub& hub, App& app);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void open();
  void on_text(std::string_view text);
  // Leaves everything. Twice is fine.
  void end();

  const std::string& id() const noexcept { return id_; }
  // Whether it has that id; `hash` is the id's, and mostly all that needs to be looked at.
  bool is(std::string_view id, size_t hash) const noexcept { return hash == id_hash_ && id == id_; }
  static size_t hash_of(std::string_view id) noexcept { return TextHash{}(id); }
  Connection& connection() const noexcept { return connection_; }
  Hub& hub() const noexcept { return hub_; }
  App& app() const noexcept { return app_; }

  // A replay has more than the connection's queue should hold: it goes on once that is empty.
  void want_room() noexcept { wants_room_ = true; }
  bool wants_room() const noexcept { return wants_room_; }
  void on_room();

 private:
  Asker asker() const noexcept;
  void sign_in(const ClientMessage& message);
  void subscribe(const ClientMessage& message);
  void unsubscribe(const ClientMessage& message);
  void client_event(const ClientMessage& message);
  // Why this client event is refused, or empty; `from`: where the client is on its channel.
  std::string refusal_of(const ClientMessage& message, const Subscription* from, Code& code);
  // Each adds the channel's own steps around the next one, and the last one takes the place among
  // the subscribers. False: a presence channel is full.
  bool enter(const std::string& channel, ChannelKind kind, const Member* member);
  bool enter_cached(const std::string& channel, ChannelKind kind, const Member* member);
  bool enter_presence(const std::string& channel, ChannelKind kind, const Member& member);
  Subscription& join(const std::string& channel, ChannelKind kind);
  void succeed_again(const std::string& channel, ChannelKind kind);
  void leave(const std::string& channel);
  void say(std::string_view payload);
  void error(Code code, std::string_view text);
  void refuse(std::string_view channel, const Refused& refused);

  Connection& connection_;
  Hub& hub_;
  App& app_;
  const std::string id_;
  const size_t id_hash_;
  RateLimit client_events_;
  bool ended_ = false;
  bool wants_room_ = false;
  std::unique_ptr<SignIn> signed_in_;
  SubscriptionList subscriptions_;
};

}  // namespace gardu::pusher
