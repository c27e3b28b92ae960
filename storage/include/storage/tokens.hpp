// SPDX-License-Identifier: Apache-2.0
//
// Bearer tokens, known by their hash alone.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "storage/writer.hpp"

namespace gardu::storage {

struct Token {
  std::string id, hash;                     // hash: SHA-256, hex
  std::string kind = "api", name, role;     // kind: api, user, platform
  std::optional<std::string> workspace_id;  // none: a platform token
  std::optional<std::string> user_id;
  std::optional<std::string> scopes, accounts;  // JSON arrays; none: not narrowed
  std::optional<std::int64_t> expires_at, last_used_at;
  std::int64_t created_at = 0;
};

namespace tokens {

void insert(Transaction& tx, const Token& t);
std::optional<Token> find_by_hash(Session& s, const std::string& hash);
// By id, after `after_id`.
std::vector<Token> list(Session& s, const std::string& workspace_id, const std::string& after_id,
                        int limit);
std::vector<Token> list_platform(Session& s, const std::string& after_id, int limit);
bool remove(Transaction& tx, const std::string& workspace_id, const std::string& id);
bool remove_platform(Transaction& tx, const std::string& id);
// All of a user in a workspace (it lost its membership, or logged out everywhere).
std::int64_t remove_of_user(Transaction& tx, const std::string& workspace_id,
                            const std::string& user_id);
void touch(Transaction& tx, const std::string& id, std::int64_t at);

}  // namespace tokens
}  // namespace gardu::storage
