// SPDX-License-Identifier: Apache-2.0
//
// Users by room.
#include "channels/roster.hpp"

#include <algorithm>

namespace gardu::pusher {

std::vector<Roster::Member> Roster::Present::members() const {
  std::vector<Member> out;
  out.reserve(room_.size());
  for (const auto& [user, place] : room_) out.push_back({user, place.info});
  return out;
}

Roster::Joined Roster::join(std::string_view room, std::string_view user, std::string_view info,
                            size_t limit, const Then& then) {
  Part& p = part(room);
  const std::lock_guard lock(p.mutex);
  const auto found = p.rooms.find(room);
  const bool there = found != p.rooms.end() && found->second.contains(user);
  if (!there && limit != 0 && found != p.rooms.end() && found->second.size() >= limit)
    return Joined::refused;
  Room& in = found != p.rooms.end() ? found->second : p.rooms[std::string(room)];
  if (!there) in.emplace(std::string(user), Place{std::string(info), 0, {}});
  const bool first_here = ++in.find(user)->second.here == 1;
  const Joined joined = there ? Joined::again : Joined::first;
  then(joined, first_here, Present(in));
  return joined;
}

void Roster::leave(std::string_view room, std::string_view user,
                   const std::function<void(bool gone, bool last_here)>& then) {
  Part& p = part(room);
  const std::lock_guard lock(p.mutex);
  const auto in = p.rooms.find(room);
  if (in == p.rooms.end()) return;
  const auto at = in->second.find(user);
  if (at == in->second.end() || at->second.here == 0) return;
  const bool last_here = --at->second.here == 0;
  const bool gone = last_here && at->second.nodes.empty();
  if (gone) in->second.erase(at);
  if (in->second.empty()) p.rooms.erase(in);
  then(gone, last_here);
}

void Roster::remote_join(std::string_view node, std::string_view room, std::string_view user,
                         std::string_view info, const std::function<void()>& then) {
  Part& p = part(room);
  const std::lock_guard lock(p.mutex);
  Room& in = p.rooms[std::string(room)];
  const auto [at, added] = in.try_emplace(std::string(user), Place{std::string(info), 0, {}});
  auto& nodes = at->second.nodes;
  if (std::ranges::find(nodes, node) == nodes.end()) nodes.emplace_back(node);
  if (added) then();
}

void Roster::remote_leave(std::string_view node, std::string_view room, std::string_view user,
                          const std::function<void()>& then) {
  Part& p = part(room);
  const std::lock_guard lock(p.mutex);
  const auto in = p.rooms.find(room);
  if (in == p.rooms.end()) return;
  const auto at = in->second.find(user);
  if (at == in->second.end() || std::erase(at->second.nodes, node) == 0) return;
  const bool gone = at->second.here == 0 && at->second.nodes.empty();
  if (gone) in->second.erase(at);
  if (in->second.empty()) p.rooms.erase(in);
  if (gone) then();
}

void Roster::forget_node(std::string_view node, const Named& then, const Chosen& keep) {
  for (Part& p : parts_) {
    const std::lock_guard lock(p.mutex);
    for (auto room = p.rooms.begin(); room != p.rooms.end();) {
      auto& [name, in] = *room;
      for (auto at = in.begin(); at != in.end();) {
        Place& place = at->second;
        const bool leaves = std::ranges::find(place.nodes, node) != place.nodes.end() &&
                            !(keep && keep(name, at->first));
        if (leaves) std::erase(place.nodes, node);
        const bool gone = leaves && place.here == 0 && place.nodes.empty();
        if (gone) then(name, at->first);
        at = gone ? in.erase(at) : std::next(at);
      }
      room = in.empty() ? p.rooms.erase(room) : std::next(room);
    }
  }
}

void Roster::each_local(const std::function<void(std::string_view room, const Member&)>& f) const {
  for (const Part& p : parts_) {
    const std::lock_guard lock(p.mutex);
    for (const auto& [room, in] : p.rooms)
      for (const auto& [user, place] : in)
        if (place.here != 0) f(room, {user, place.info});
  }
}

std::optional<std::string> Roster::local_info(std::string_view room, std::string_view user) const {
  const Part& p = part(room);
  const std::lock_guard lock(p.mutex);
  const auto in = p.rooms.find(room);
  if (in == p.rooms.end()) return std::nullopt;
  const auto at = in->second.find(user);
  if (at == in->second.end() || at->second.here == 0) return std::nullopt;
  return at->second.info;
}

void Roster::look(std::string_view room, const std::function<void(const Present&)>& then) const {
  static const Room kEmpty;
  const Part& p = part(room);
  const std::lock_guard lock(p.mutex);
  const auto in = p.rooms.find(room);
  then(Present(in == p.rooms.end() ? kEmpty : in->second));
}

bool Roster::contains(std::string_view room, std::string_view user) const {
  const Part& p = part(room);
  const std::lock_guard lock(p.mutex);
  const auto in = p.rooms.find(room);
  return in != p.rooms.end() && in->second.contains(user);
}

size_t Roster::count(std::string_view room) const {
  const Part& p = part(room);
  const std::lock_guard lock(p.mutex);
  const auto in = p.rooms.find(room);
  return in == p.rooms.end() ? 0 : in->second.size();
}

std::vector<std::string> Roster::users(std::string_view room) const {
  std::vector<std::string> out;
  const Part& p = part(room);
  const std::lock_guard lock(p.mutex);
  const auto in = p.rooms.find(room);
  if (in == p.rooms.end()) return out;
  for (const auto& [user, place] : in->second) out.push_back(user);
  return out;
}

}  // namespace gardu::pusher
