// SPDX-License-Identifier: Apache-2.0
#include "auth/token_service.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/crypto.hpp"
#include "base/time.hpp"
#include "base/uuid.hpp"
#include "storage/accounts.hpp"
#include "storage/contacts.hpp"
#include "storage/users.hpp"

namespace gardu::host {
namespace {

constexpr std::array<std::string_view, 5> kRoles{"viewer", "agent", "admin", "owner", "platform"};
constexpr std::string_view kPrefix = "gardu_";
constexpr std::size_t kMostKnown = 10'000;
constexpr std::chrono::seconds kKnownFor{5};
constexpr std::chrono::minutes kNoteEvery{1};

std::optional<std::vector<std::string>> list_of(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  // What cannot be read narrows to nothing: never to everything.
  std::vector<std::string> out;
  const auto j = nlohmann::json::parse(*text, nullptr, false);
  if (j.is_array())
    for (const auto& e : j)
      if (e.is_string()) out.push_back(e.get<std::string>());
  return out;
}

// A workspace's token is never more than an owner, whatever stands in its row.
Role stored_role(const storage::Token& t) {
  const Role role = role_of(t.role).value_or(Role::viewer);
  if (t.workspace_id) return role == Role::platform ? Role::viewer : role;
  return Role::platform;
}

// Of somebody who has left the workspace a token is no good; else it may no more than its user,
// whose name it bears.
bool is_member(storage::Session& s, const storage::Token& t, Principal& p) {
  const auto member = storage::memberships::get(s, t.workspace_id.value_or(""), *t.user_id);
  if (!member) return false;
  p.role = std::min(p.role, role_of(member->role).value_or(Role::viewer));
  p.name = member->user.name;
  return true;
}

bool contains(const std::vector<std::string>& list, std::string_view what) {
  return std::find(list.begin(), list.end(), what) != list.end();
}

}  // namespace

std::optional<Role> role_of(std::string_view name) {
  for (std::size_t i = 0; i < kRoles.size(); ++i)
    if (kRoles[i] == name) return static_cast<Role>(i);
  return std::nullopt;
}

std::string_view role_name(Role role) { return kRoles[static_cast<std::size_t>(role)]; }

bool Principal::may(std::string_view scope) const { return !scopes || contains(*scopes, scope); }

bool Principal::sees_account(std::string_view account_id) const {
  return !accounts || contains(*accounts, account_id);
}

std::optional<storage::Token> find_token(storage::Session& s, const std::string& workspace_id,
                                         const std::string& id) {
  if (id.empty()) return std::nullopt;
  // The list begins after a place; one that sorts right before the id finds it first.
  for (auto& t : storage::tokens::list(s, workspace_id, id.substr(0, id.size() - 1), 16))
    if (t.id == id) return std::move(t);
  return std::nullopt;
}

bool may_follow(storage::Session& s, const std::string& token_id, const std::string& workspace_id,
                const std::string& contact_id, const std::string& account_id) {
  const auto token = find_token(s, workspace_id, token_id);
  if (!token || (token->expires_at && *token->expires_at <= now_ms())) return false;
  if (token->user_id && !storage::memberships::get(s, workspace_id, *token->user_id)) return false;
  Principal p;
  p.scopes = list_of(token->scopes);
  p.accounts = list_of(token->accounts);
  if (!p.may("read")) return false;
  if (contact_id.empty() && account_id.empty()) return !p.accounts;
  if (!account_id.empty() &&
      (!p.sees_account(account_id) || !storage::accounts::get(s, workspace_id, account_id)))
    return false;
  if (contact_id.empty()) return true;
  const auto contact = storage::contacts::get(s, workspace_id, contact_id);
  return contact && p.sees_account(contact->account_id);
}

std::string issue_token(storage::Transaction& tx, const TokenSpec& spec, std::string* id) {
  const std::string token = std::string(kPrefix) + base64url_encode(random_bytes(32));
  storage::Token t;
  t.id = uuid_v7();
  t.hash = sha256_hex(token);
  t.kind = spec.platform ? "platform" : spec.user_id.empty() ? "api" : "user";
  if (!spec.user_id.empty()) t.user_id = spec.user_id;
  t.name = spec.name;
  t.role = spec.platform ? "platform" : spec.role;
  if (!spec.platform) t.workspace_id = spec.workspace_id;
  t.scopes = spec.scopes;
  t.accounts = spec.accounts;
  t.expires_at = spec.expires_at;
  t.created_at = now_ms();
  storage::tokens::insert(tx, t);
  if (id != nullptr) *id = t.id;
  return token;
}

TokenService::TokenService(storage::Database& database) : database_(database) {}

std::optional<Principal> TokenService::authenticate(std::string_view token) {
  if (!plausible(token)) return std::nullopt;
  // Looked up by hash: how long that takes says nothing about the token.
  const std::string hash = sha256_hex(token);
  std::uint64_t generation = 0;
  {
    const std::lock_guard lock(mutex_);
    generation = generation_;
    if (const auto it = known_.find(hash); it != known_.end() && Clock::now() < it->second.until) {
      if (it->second.expires_at && *it->second.expires_at <= now_ms()) return std::nullopt;
      return it->second.principal;
    }
  }
  Known known;
  const bool found = database_.query([&](storage::Session& s) {
    const auto t = storage::tokens::find_by_hash(s, hash);
    if (!t || (t->expires_at && *t->expires_at <= now_ms())) return false;
    Principal& p = known.principal;
    p = {t->id,   t->kind,         t->workspace_id.value_or(""), t->user_id.value_or(""),
         t->name, stored_role(*t), list_of(t->scopes),           list_of(t->accounts),
         false};
    known.expires_at = t->expires_at;
    if (t->user_id && !is_member(s, *t, p)) return false;
    if (t->workspace_id) {
      const auto w = storage::workspaces::get(s, *t->workspace_id);
      p.suspended = !w || w->status != "active";
    }
    return true;
  });
  if (!found) return std::nullopt;
  known.until = Clock::now() + kKnownFor;
  {
    const std::lock_guard lock(mutex_);
    if (known_.size() >= kMostKnown) known_.clear();
    // Read before something was revoked: good for this request, not for the next.
    if (generation == generation_) known_[hash] = known;
  }
  note_use(known.principal.token_id);
  return known.principal;
}

void TokenService::forget() {
  const std::lock_guard lock(mutex_);
  ++generation_;
  known_.clear();
}

bool TokenService::plausible(std::string_view token) {
  return token.size() >= 20 && token.size() <= 200;
}

// last_used_at is for people: once a minute is enough, and nobody waits for it.
void TokenService::note_use(const std::string& token_id) {
  {
    const std::lock_guard lock(mutex_);
    if (noted_.size() >= kMostKnown) noted_.clear();
    auto& next = noted_[token_id];
    if (Clock::now() < next) return;
    next = Clock::now() + kNoteEvery;
  }
  (void)database_.writer().submit(
      [token_id](storage::Transaction& tx) { storage::tokens::touch(tx, token_id, now_ms()); }, {});
}

}  // namespace gardu::host
