// SPDX-License-Identifier: Apache-2.0
//
// Tokens: who a bearer is and what it may do. Only the SHA-256 of a token is stored. All calls from
// any thread.
#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/tokens.hpp"
#include "storage/workspaces.hpp"
#include "storage/writer.hpp"

namespace gardu::host {

// In rising order; a platform token stands apart: it manages workspaces and sees none.
enum class Role { viewer, agent, admin, owner, platform };
std::optional<Role> role_of(std::string_view name);
std::string_view role_name(Role role);
inline bool is_role(std::string_view name) {  // one that a workspace's token may have
  const auto role = role_of(name);
  return role && *role != Role::platform;
}

struct Principal {
  std::string token_id, kind, workspace_id, user_id, name;
  Role role = Role::viewer;
  std::optional<std::vector<std::string>> scopes;    // none: not narrowed (read, send, manage)
  std::optional<std::vector<std::string>> accounts;  // none: not narrowed
  bool suspended = false;                            // its workspace is

  bool at_least(Role needed) const {
    return role == Role::platform ? needed == Role::platform : role >= needed;
  }
  bool may(std::string_view scope) const;
  bool sees_account(std::string_view account_id) const;
};

struct TokenSpec {
  std::string workspace_id, name, role;
  std::string user_id;  // whose it is: it may no more than its user, and goes by that one's name
  bool platform = false;
  std::optional<std::string> scopes, accounts;  // JSON arrays
  std::optional<std::int64_t> expires_at;       // milliseconds
};

// Makes one, stores its hash, and returns the token itself, which is never to be had again.
std::string issue_token(storage::Transaction& tx, const TokenSpec& spec, std::string* id = nullptr);

// A token of the workspace by its id.
std::optional<storage::Token> find_token(storage::Session& s, const std::string& workspace_id,
                                         const std::string& id);
// May the token follow the events of this contact or account? Both empty: of the workspace as a
// whole, which a token that is narrowed to some accounts may not. False also for what is not there.
bool may_follow(storage::Session& s, const std::string& token_id, const std::string& workspace_id,
                const std::string& contact_id, const std::string& account_id);

class TokenService {
 public:
  explicit TokenService(storage::Database& database);

  // Nothing: unknown, expired, or not of a token's form. Blocks on the database unless the token
  // was seen in the last seconds.
  std::optional<Principal> authenticate(std::string_view token);
  // A token was revoked, or a workspace changed: nothing that was read before counts any more.
  void forget();
  // Of a token's form at all; says so without looking it up.
  static bool plausible(std::string_view token);

 private:
  using Clock = std::chrono::steady_clock;
  struct Known {
    Principal principal;
    std::optional<std::int64_t> expires_at;
    Clock::time_point until;
  };
  void note_use(const std::string& token_id);

  storage::Database& database_;
  std::mutex mutex_;
  std::uint64_t generation_ = 0;                    // of known_; guarded by mutex_
  std::map<std::string, Known> known_;              // by hash; guarded by mutex_
  std::map<std::string, Clock::time_point> noted_;  // guarded by mutex_
};

}  // namespace gardu::host
