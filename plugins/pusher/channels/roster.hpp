// SPDX-License-Identifier: Apache-2.0
//
// Which users are in which room of an app: its presence channels, and kSignedIn for those that are
// signed in. Users, not connections: each node counts its own connections, and a user is there
// while any node has one. Thread-safe. What a callback does happens before anything else changes in
// that room, so what it queues for others goes out in the order of the changes; it must not call
// back.
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "protocol/messages.hpp"
#include "server/channel_counts.hpp"

namespace gardu::pusher {

// No channel has such a name.
inline constexpr std::string_view kSignedIn = "#signed-in";

class Roster {
  struct Place {
    std::string info;
    size_t here = 0;                 // connections of this node
    std::vector<std::string> nodes;  // others that have the user
  };
  using Room = std::map<std::string, Place, std::less<>>;

 public:
  using Member = MemberView;
  // Who is in a room, as long as the callback runs that is given it.
  class Present {
   public:
    explicit Present(const Room& room) : room_(room) {}
    size_t count() const noexcept { return room_.size(); }
    bool contains(std::string_view user) const { return room_.contains(user); }
    std::vector<Member> members() const;  // by user

   private:
    const Room& room_;
  };
  enum class Joined {
    first,    // the user was nowhere in the room
    again,    // is there already, with the info of the first time
    refused,  // the room is full
  };

  // One more connection of this node. `limit` users at most, 0: any number; who is there already is
  // let in. `then` gets who is there, this one among them, and is not called when refused.
  // `first_here`: no other connection of this node had that user.
  using Then = std::function<void(Joined, bool first_here, const Present&)>;
  Joined join(std::string_view room, std::string_view user, std::string_view info, size_t limit,
              const Then& then);
  // One connection of this node less. `gone`: the user is nowhere any more; `last_here`: not on
  // this node.
  void leave(std::string_view room, std::string_view user,
             const std::function<void(bool gone, bool last_here)>& then);

  // What another node says of its own users. `then` is called when that changes who is there.
  void remote_join(std::string_view node, std::string_view room, std::string_view user,
                   std::string_view info, const std::function<void()>& then);
  void remote_leave(std::string_view node, std::string_view room, std::string_view user,
                    const std::function<void()>& then);
  // All of a node at once but those that `keep` names (null: none); `then` for each user that is
  // nowhere any more.
  using Named = std::function<void(std::string_view room, std::string_view user)>;
  using Chosen = std::function<bool(std::string_view room, std::string_view user)>;
  void forget_node(std::string_view node, const Named& then, const Chosen& keep = nullptr);
  // This node's own users, for a node that has just come.
  void each_local(const std::function<void(std::string_view room, const Member&)>& f) const;
  // With what info the user is in the room by a connection of this node.
  std::optional<std::string> local_info(std::string_view room, std::string_view user) const;

  // Who is there, while nothing changes in that room.
  void look(std::string_view room, const std::function<void(const Present&)>& then) const;
  bool contains(std::string_view room, std::string_view user) const;
  size_t count(std::string_view room) const;
  std::vector<std::string> users(std::string_view room) const;  // sorted

 private:
  struct Part {
    mutable std::mutex mutex;
    std::unordered_map<std::string, Room, TextHash, std::equal_to<>> rooms;
  };
  Part& part(std::string_view room) { return parts_[TextHash{}(room) % parts_.size()]; }
  const Part& part(std::string_view room) const { return parts_[TextHash{}(room) % parts_.size()]; }

  std::array<Part, 16> parts_;
};

}  // namespace gardu::pusher
