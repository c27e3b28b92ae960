// SPDX-License-Identifier: Apache-2.0
// GET POST /tokens, DELETE /tokens/{id}: the workspace's API tokens. The token itself is shown
// once.
#include <nlohmann/json.hpp>

#include "api/api.hpp"
#include "base/time.hpp"
#include "storage/accounts.hpp"
#include "storage/tokens.hpp"

namespace gardu::host {
namespace {

using nlohmann::json;

json time_or_null(const std::optional<std::int64_t>& at) {
  return at ? json(rfc3339_ms(*at)) : json();
}
json list_or_null(const std::optional<std::string>& text) {
  return text ? json::parse(*text, nullptr, false) : json();
}

json token_json(const storage::Token& t) {
  return {{"id", t.id},
          {"name", t.name},
          {"kind", t.kind},
          {"role", t.role},
          {"scopes", list_or_null(t.scopes)},
          {"accounts", list_or_null(t.accounts)},
          {"expires_at", time_or_null(t.expires_at)},
          {"last_used_at", time_or_null(t.last_used_at)},
          {"created_at", rfc3339_ms(t.created_at)}};
}

http::Response list(Call& call) {
  const Query query(call);
  const auto rows = call.api.database.query([&](storage::Session& s) {
    return storage::tokens::list(s, call.workspace(), query.cursor_id(), query.limit() + 1);
  });
  const auto element = [&](std::size_t i) { return json_text(token_json(rows[i])); };
  return page(rows.size(), query.limit(), element,
              [&](std::size_t i) { return make_cursor({rows[i].id}); });
}

std::vector<std::string> elements(const std::optional<std::string>& list) {
  return list ? json::parse(*list).get<std::vector<std::string>>() : std::vector<std::string>{};
}

TokenSpec spec_of(const Call& call, const json& body) {
  Fields f(body);
  f.only({"name", "role", "scopes", "accounts", "expires_at"});
  TokenSpec spec;
  spec.workspace_id = call.workspace();
  spec.name = f.text("name", 200, true).value_or("");
  spec.role = f.one_of("role", {"viewer", "agent", "admin", "owner"}).value_or("");
  if (!f.has("role")) f.wrong("role", "is required");
  spec.scopes = f.strings("scopes");
  for (const auto& s : elements(spec.scopes))
    if (s != "read" && s != "send" && s != "manage")
      f.wrong("scopes", "takes read, send and manage");
  spec.accounts = f.strings("accounts");
  if (spec.accounts && spec.accounts->size() > 16'384) f.wrong("accounts", "are too many");
  spec.expires_at = f.time("expires_at");
  if (spec.expires_at && *spec.expires_at <= now_ms()) f.wrong("expires_at", "is in the past");
  f.done();
  return spec;
}

// A token cannot make one that may do more than itself.
void check_no_more(const Principal& maker, const TokenSpec& spec) {
  bool fine = maker.at_least(role_of(spec.role).value_or(Role::owner)) &&
              (!maker.scopes || spec.scopes) && (!maker.accounts || spec.accounts);
  for (const auto& scope : elements(spec.scopes)) fine = fine && maker.may(scope);
  for (const auto& account : elements(spec.accounts)) fine = fine && maker.sees_account(account);
  if (!fine) throw ApiError(403, "A token cannot make one that may do more than itself.");
}

http::Response create(Call& call) {
  const json body = call.body();
  const TokenSpec spec = spec_of(call, body);
  check_no_more(call.principal, spec);
  const auto work = [&](storage::Transaction& tx) {
    for (const auto& account : elements(spec.accounts))
      if (!storage::accounts::get(tx, call.workspace(), account))
        throw ApiError::fields({{"accounts", "no such account: " + account}});
    std::string id;
    const std::string token = issue_token(tx, spec, &id);
    json answer = token_json(find_token(tx, call.workspace(), id).value());
    answer["token"] = token;
    return json_response(201, answer);
  };
  return create_once(call, work, "token");
}

http::Response remove(Call& call) {
  call.api.database.writer().run([&](storage::Transaction& tx) {
    const auto token = find_token(tx, call.workspace(), call.id());
    if (!token) throw ApiError::not_found();
    if (!call.principal.at_least(role_of(token->role).value_or(Role::viewer)))
      throw ApiError(403, "A token cannot revoke one of a higher role.");
    storage::tokens::remove(tx, call.workspace(), token->id);
  });
  call.api.tokens.forget();
  return http::Response::empty(204);
}

}  // namespace

void add_token_routes(ApiRouter& router) {
  read_route(router, "/tokens", list, Role::admin);
  write_route(router, "POST", "/tokens", Role::admin, "manage", create);
  write_route(router, "DELETE", "/tokens/{id}", Role::admin, "manage", remove);
}

}  // namespace gardu::host
