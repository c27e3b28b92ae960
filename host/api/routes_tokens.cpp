// SPDX-License-Identifier: Apache-2.0
// GET POST /tokens, DELETE /tokens/{id}: the workspace's API tokens. The token itself is shown
// once.
#include <nlohmann/json.hpp>

#include "api/api.hpp"
#include "base/time.hpp"
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
  const auto after = query.cursor(1);
  const auto rows = call.api.database.query([&](storage::Session& s) {
    return storage::tokens::list(s, call.workspace(), after ? after->front() : "",
                                 query.limit() + 1);
  });
  json data = json::array();
  for (const auto& t : rows) data.push_back(token_json(t));
  return json_response(200, page(std::move(data), query.limit(), [](const json& last) {
                         return make_cursor({last["id"].get<std::string>()});
                       }));
}

http::Response create(Call& call) {
  const json body = call.body();
  Fields f(body);
  TokenSpec spec;
  spec.workspace_id = call.workspace();
  spec.name = f.text("name", 200, true).value_or("");
  spec.role = f.one_of("role", {"viewer", "agent", "admin", "owner"}).value_or("");
  if (!f.has("role")) f.wrong("role", "is required");
  spec.scopes = f.strings("scopes");
  if (spec.scopes)
    for (const json& s : json::parse(*spec.scopes))
      if (s != "read" && s != "send" && s != "manage")
        f.wrong("scopes", "takes read, send and manage");
  spec.accounts = f.strings("accounts");
  spec.expires_at = f.time("expires_at");
  f.done();
  if (!call.principal.at_least(role_of(spec.role).value_or(Role::owner)))
    throw ApiError(403, "A token cannot make one that may do more than itself.");
  // Not kept for Idempotency-Key: the answer holds a secret.
  std::string id, token;
  call.api.database.writer().run(
      [&](storage::Transaction& tx) { token = issue_token(tx, spec, &id); });
  return json_response(201,
                       {{"id", id}, {"name", spec.name}, {"role", spec.role}, {"token", token}});
}

http::Response remove(Call& call) {
  call.api.database.writer().run([&](storage::Transaction& tx) {
    if (!storage::tokens::remove(tx, call.workspace(), call.param("id")))
      throw ApiError::not_found();
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
