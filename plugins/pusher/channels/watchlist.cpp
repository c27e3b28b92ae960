// SPDX-License-Identifier: Apache-2.0
//
// Users that are watched.
#include "channels/watchlist.hpp"

namespace gardu::pusher {

bool Watchlist::came(std::string_view user) {
  const std::lock_guard lock(mutex_);
  const auto it = leaving_.find(user);
  if (it == leaving_.end()) return watchers_.count(user) != 0;
  leaving_.erase(it);
  return false;
}

std::optional<uint64_t> Watchlist::went(std::string_view user) {
  if (watchers_.count(user) == 0) return std::nullopt;
  const std::lock_guard lock(mutex_);
  return leaving_[std::string(user)] = ++last_leaving_;
}

bool Watchlist::settle(std::string_view user, uint64_t leaving) {
  const std::lock_guard lock(mutex_);
  const auto it = leaving_.find(user);
  if (it == leaving_.end() || it->second != leaving) return false;
  leaving_.erase(it);
  return true;
}

bool Watchlist::online(const Roster::Present& present, std::string_view user) const {
  if (present.contains(user)) return true;
  const std::lock_guard lock(mutex_);
  return leaving_.find(user) != leaving_.end();
}

}  // namespace gardu::pusher
