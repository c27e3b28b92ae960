// SPDX-License-Identifier: Apache-2.0
//
// People, and their roles in workspaces.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "storage/writer.hpp"

namespace gardu::storage {

struct User {
  std::string id, email, name, password_hash;
  std::int64_t created_at = 0;
};

struct Member {
  User user;
  std::string workspace_id, role;  // role: owner, admin, agent, viewer
  std::int64_t created_at = 0;     // of the membership
};

namespace users {

void insert(Transaction& tx, const User& u);  // duplicate: the email is known already
std::optional<User> get(Session& s, const std::string& id);
// Emails are compared without regard to case.
std::optional<User> find_by_email(Session& s, const std::string& email);
bool update(Transaction& tx, const User& u);  // email, name, password_hash

}  // namespace users

namespace memberships {

// Creates it, or changes its role.
void put(Transaction& tx, const std::string& workspace_id, const std::string& user_id,
         const std::string& role, std::int64_t now);
std::optional<Member> get(Session& s, const std::string& workspace_id, const std::string& user_id);
// By user id, after `after_id`.
std::vector<Member> list(Session& s, const std::string& workspace_id, const std::string& after_id,
                         int limit);
// The workspaces of a user: for its login.
std::vector<Member> of_user(Session& s, const std::string& user_id);
bool remove(Transaction& tx, const std::string& workspace_id, const std::string& user_id);

}  // namespace memberships
}  // namespace gardu::storage
