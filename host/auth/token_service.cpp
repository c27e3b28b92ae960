// SPDX-License-Identifier: Apache-2.0
#include "auth/token_service.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/crypto.hpp"
#include "base/time.hpp"
#include "base/uuid.hpp"

namespace gardu::host {
namespace {

constexpr std::array<std::string_view, 5> kRoles{"viewer", "agent", "admin", "owner", "platform"};
constexpr std::string_view kPrefix = "gardu_";
constexpr std::size_t kMostKnown = 10'000;
constexpr std::chrono::seconds kKnownFor{5};
constexpr std::chrono::minutes kNoteEvery{1};

std::optional<std::vector<std::string>> list_of(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  const auto j = nlohmann::json::parse(*text, nullptr, false);
  // A list that cannot be read narrows to nothing: never to everything.
  return j.is_array() ? j.get<std::vector<std::string>>() : std::vector<std::string>{};
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

std::string issue_token(storage::Transaction& tx, const TokenSpec& spec, std::string* id) {
  const std::string token = std::string(kPrefix) + base64url_encode(random_bytes(32));
  storage::Token t;
  t.id = uuid_v7();
  t.hash = sha256_hex(token);
  t.kind = spec.platform ? "platform" : "api";
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
  if (token.size() < 20 || token.size() > 200) return std::nullopt;
  // Looked up by hash: how long that takes says nothing about the token.
  const std::string hash = sha256_hex(token);
  {
    const std::lock_guard lock(mutex_);
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
    p = {t->id,
         t->kind,
         t->workspace_id.value_or(""),
         t->user_id.value_or(""),
         t->name,
         role_of(t->role).value_or(Role::viewer),
         list_of(t->scopes),
         list_of(t->accounts),
         false};
    known.expires_at = t->expires_at;
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
    known_[hash] = known;
  }
  note_use(known.principal.token_id);
  return known.principal;
}

void TokenService::forget() {
  const std::lock_guard lock(mutex_);
  known_.clear();
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
