// SPDX-License-Identifier: Apache-2.0
//
// Users who come and go.
#include "server/people.hpp"

#include <array>

#include "protocol/channel.hpp"
#include "protocol/messages.hpp"

namespace gardu::pusher {
namespace {

void tell_watchers(const Hub& hub, const App& app, std::string_view user, std::string_view what) {
  const std::array<std::string, 1> users{std::string(user)};
  hub.tell(app, of_watchers(user), watchlist_event(what, users));
}

}  // namespace

bool People::join(std::string_view room, const MemberView& member, size_t limit,
                  std::string_view except,
                  const std::function<void(const Roster::Present&)>& enter) const {
  const auto then = [&](Roster::Joined joined, bool first_here, const Roster::Present& present) {
    enter(present);
    if (first_here) users_here(room).add(1);
    if (first_here && hub_.cluster != nullptr)
      hub_.cluster->joined(app_, room, member.user, member.info);
    if (joined != Roster::Joined::first) return;
    if (present.count() > 1 || room == kSignedIn) came(room, member, except);
    raise(WebhookKind::member_added, room, member.user);
  };
  return app_.roster.join(room, member.user, member.info, limit, then) != Roster::Joined::refused;
}

void People::leave(std::string_view room, std::string_view user) const {
  app_.roster.leave(room, user, [&](bool gone, bool last_here) {
    if (last_here) users_here(room).add(-1);
    if (last_here && hub_.cluster != nullptr) hub_.cluster->left(app_, room, user, gone);
    if (!gone) return;
    went(room, user);
    raise(WebhookKind::member_removed, room, user);
  });
}

void People::came(std::string_view room, const MemberView& member, std::string_view except) const {
  if (room != kSignedIn)
    return hub_.tell(app_, std::string(room), member_added(room, member), except);
  if (app_.watchlist.came(member.user)) tell_watchers(hub_, app_, member.user, "online");
}

void People::went(std::string_view room, std::string_view user) const {
  if (room != kSignedIn) return hub_.tell(app_, std::string(room), member_removed(room, user));
  const auto leaving = app_.watchlist.went(user);
  if (!leaving) return;
  hub_.later.at(Later::Clock::now() + kOfflineGrace,
                [&hub = hub_, &app = app_, gone = std::string(user), number = *leaving] {
                  app.roster.look(kSignedIn, [&](const Roster::Present&) {
                    if (app.watchlist.settle(gone, number))
                      tell_watchers(hub, app, gone, "offline");
                  });
                });
}

const Counter& People::users_here(std::string_view room) const {
  return room == kSignedIn ? hub_.metrics.signed_in_users : hub_.metrics.presence_members;
}

void People::raise(WebhookKind kind, std::string_view channel, std::string_view user) const {
  if (hub_.webhooks == nullptr || channel == kSignedIn) return;
  WebhookEvent event;
  event.kind = kind;
  event.channel = channel;
  event.user_id = user;
  hub_.webhooks->raise(app_, std::move(event));
}

}  // namespace gardu::pusher
