// SPDX-License-Identifier: Apache-2.0
//
// Users who come into a room and leave it, and who is told of it: subscribers of a presence channel
// by member_added and member_removed, watchers by online and offline (room kSignedIn), the cluster,
// and the app's owner. All of that happens under the room's lock, so it is told in the order in
// which it happens. Any thread; cheap to make.
#pragma once
#include <functional>
#include <string_view>

#include "channels/roster.hpp"
#include "server/hub.hpp"

namespace gardu::pusher {

class People {
 public:
  People(const Hub& hub, App& app) noexcept : hub_(hub), app_(app) {}

  // One more connection of this node. `enter` is called under the lock with who is there, before
  // the others are told; `except` is the connection that is not told of itself.
  // False: the room is full.
  bool join(std::string_view room, const MemberView& member, size_t limit, std::string_view except,
            const std::function<void(const Roster::Present&)>& enter) const;
  void leave(std::string_view room, std::string_view user) const;

  // Tells this node's clients. Under the room's lock: of a user who was nowhere before, or is
  // nowhere now.
  void came(std::string_view room, const MemberView& member, std::string_view except = {}) const;
  void went(std::string_view room, std::string_view user) const;

 private:
  const Counter& users_here(std::string_view room) const;
  void raise(WebhookKind kind, std::string_view channel, std::string_view user) const;

  const Hub& hub_;
  App& app_;
};

}  // namespace gardu::pusher
