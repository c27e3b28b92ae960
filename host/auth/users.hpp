// SPDX-License-Identifier: Apache-2.0
//
// Making people members of workspaces.
#pragma once
#include <optional>
#include <string>

#include "storage/users.hpp"

namespace gardu::host {

struct NewMember {
  std::string workspace_id, email, role;
  std::string name;           // empty: the email stands for it
  std::string password_hash;  // empty: only somebody who is known already
};

// One @ with something on both sides, and nothing that cannot be in an address; no more is checked.
bool is_email(std::string_view text);
// Creates the user where the email is not known yet, and the membership, or changes its role. An
// existing user keeps password and name. Nothing: the user would be new and has no password.
std::optional<storage::User> put_member(storage::Transaction& tx, const NewMember& member);

}  // namespace gardu::host
