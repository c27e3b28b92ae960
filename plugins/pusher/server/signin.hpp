// SPDX-License-Identifier: Apache-2.0
//
// One connection as a signed-in user: is found by the user's id (terminate), counts as online, and
// hears of those whom the user watches. Belongs to its session and that one's thread; ends with it.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "protocol/member.hpp"
#include "server/channel_table.hpp"
#include "server/hub.hpp"

namespace gardu::pusher {

class SignIn {
 public:
  SignIn(Session& session, const Hub& hub, App& app, User user);
  ~SignIn();
  SignIn(const SignIn&) = delete;
  SignIn& operator=(const SignIn&) = delete;

  const User& user() const noexcept { return user_; }
  // Begins to watch those of `watchlist`, instead of those before; who of them is online.
  std::vector<std::string> watch(std::vector<std::string> watchlist);

 private:
  std::unique_ptr<Subscription> join(const std::string& channel);
  void unwatch();

  Session& session_;
  const Hub& hub_;
  App& app_;
  User user_;
  std::unique_ptr<Subscription> own_;
  std::vector<std::unique_ptr<Subscription>> watched_;  // one for each of the user's watchlist
};

}  // namespace gardu::pusher
