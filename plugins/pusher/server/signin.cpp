// SPDX-License-Identifier: Apache-2.0
//
// Signed-in connections. They are in channels of the server's own in their loop's table, so that
// whoever looks for them, or tells them something, does as with any channel.
#include "server/signin.hpp"

#include <algorithm>

#include "server/connection.hpp"
#include "server/loop.hpp"
#include "server/people.hpp"
#include "server/session.hpp"

namespace gardu::pusher {

SignIn::SignIn(Session& session, const Hub& hub, App& app, User user)
    : session_(session), hub_(hub), app_(app), user_(std::move(user)) {
  user_.watchlist.clear();
  own_ = join(of_user(user_.id));
  People(hub_, app_).join(kSignedIn, {user_.id, "null"}, 0, {}, [](const Roster::Present&) {});
}

SignIn::~SignIn() {
  unwatch();
  session_.connection().loop().channels(app_).leave(*own_);
  People(hub_, app_).leave(kSignedIn, user_.id);
}

std::vector<std::string> SignIn::watch(std::vector<std::string> watchlist) {
  unwatch();
  std::ranges::sort(watchlist);
  watchlist.erase(std::unique(watchlist.begin(), watchlist.end()), watchlist.end());
  user_.watchlist = std::move(watchlist);
  std::vector<std::string> online;
  if (user_.watchlist.empty()) return online;
  app_.roster.look(kSignedIn, [&](const Roster::Present& present) {
    session_.connection().loop().take_inbox();  // older than what is answered here
    for (const std::string& user : user_.watchlist) {
      app_.watchlist.watch(user);
      watched_.push_back(join(of_watchers(user)));
      if (app_.watchlist.online(present, user)) online.push_back(user);
    }
  });
  return online;
}

void SignIn::unwatch() {
  for (const auto& subscription : watched_)
    session_.connection().loop().channels(app_).leave(*subscription);
  watched_.clear();
  for (const std::string& user : user_.watchlist) app_.watchlist.unwatch(user);
  user_.watchlist.clear();
}

std::unique_ptr<Subscription> SignIn::join(const std::string& channel) {
  return session_.connection().loop().channels(app_).join(session_, channel, {});
}

}  // namespace gardu::pusher
