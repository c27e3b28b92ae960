// SPDX-License-Identifier: Apache-2.0
#include "auth/users.hpp"

#include <algorithm>

#include "base/time.hpp"
#include "base/uuid.hpp"

namespace gardu::host {

bool is_email(std::string_view text) {
  const std::size_t at = text.find('@');
  const auto blank = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7F'; };
  return at != std::string_view::npos && at > 0 && at + 1 < text.size() && text.size() <= 254 &&
         text.find('@', at + 1) == std::string_view::npos && std::ranges::none_of(text, blank);
}

std::optional<storage::User> put_member(storage::Transaction& tx, const NewMember& member) {
  auto user = storage::users::find_by_email(tx, member.email);
  if (!user) {
    if (member.password_hash.empty()) return std::nullopt;
    user = storage::User{uuid_v7(), member.email, member.name.empty() ? member.email : member.name,
                         member.password_hash, now_ms()};
    storage::users::insert(tx, *user);
  }
  storage::memberships::put(tx, member.workspace_id, user->id, member.role, now_ms());
  return user;
}

}  // namespace gardu::host
