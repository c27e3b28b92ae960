// SPDX-License-Identifier: Apache-2.0
// GET /me. GET POST /workspaces, GET PATCH DELETE /workspaces/{id}: platform tokens only.
#include <nlohmann/json.hpp>

#include "api/api.hpp"
#include "auth/workspaces.hpp"
#include "base/time.hpp"
#include "storage/workspaces.hpp"

namespace gardu::host {
namespace {

using nlohmann::json;

json workspace_json(const storage::Workspace& w) {
  return {{"id", w.id},
          {"name", w.name},
          {"slug", w.slug},
          {"plan", w.plan},
          {"max_accounts", w.max_accounts},
          {"status", w.status},
          {"settings", json::parse(w.settings, nullptr, false)},
          {"created_at", rfc3339_ms(w.created_at)}};
}

storage::Workspace found(storage::Session& s, const Call& call) {
  auto w = storage::workspaces::get(s, call.param("id"));
  if (!w) throw ApiError::not_found();
  return *w;
}

void read_members(const json& body, storage::Workspace& w) {
  Fields f(body);
  if (auto v = f.text("name", 200)) w.name = *v;
  if (auto v = f.text("plan", 50)) w.plan = *v;
  if (auto v = f.integer("max_accounts", 0, 1'000'000)) w.max_accounts = *v;
  if (auto v = f.one_of("status", {"active", "suspended"})) w.status = *v;
  if (auto v = f.object("settings")) w.settings = *v;
  if (w.name.empty()) f.wrong("name", "must not be empty");
  f.done();
}

http::Response me(Call& call) {
  const Principal& p = call.principal;
  json body{{"token_id", p.token_id},
            {"kind", p.kind},
            {"name", p.name},
            {"role", role_name(p.role)},
            {"workspace_id", p.workspace_id.empty() ? json() : json(p.workspace_id)},
            {"user_id", p.user_id.empty() ? json() : json(p.user_id)}};
  if (p.scopes) body["scopes"] = *p.scopes;
  if (p.accounts) body["accounts"] = *p.accounts;
  return json_response(200, body);
}

http::Response list(Call& call) {
  const Query query(call);
  const auto after = query.cursor(1);
  const auto rows = call.api.database.query([&](storage::Session& s) {
    return storage::workspaces::list(s, after ? after->front() : "", query.limit() + 1);
  });
  json data = json::array();
  for (const auto& w : rows) data.push_back(workspace_json(w));
  return json_response(200, page(std::move(data), query.limit(), [](const json& last) {
                         return make_cursor({last["id"].get<std::string>()});
                       }));
}

http::Response create(Call& call) {
  const json body = call.body();
  storage::Workspace asked;
  asked.name = Fields(body).text("name", 200).value_or("");
  read_members(body, asked);
  return create_once(call, [&](storage::Transaction& tx) {
    storage::Workspace w = create_workspace(tx, asked.name);
    read_members(body, w);
    storage::workspaces::update(tx, w);
    return json_response(201, workspace_json(w));
  });
}

http::Response get(Call& call) {
  return json_response(
      200,
      workspace_json(call.api.database.query([&](storage::Session& s) { return found(s, call); })));
}

http::Response update(Call& call) {
  const json body = call.body();
  storage::Workspace w;
  call.api.database.writer().run([&](storage::Transaction& tx) {
    w = found(tx, call);
    read_members(body, w);
    storage::workspaces::update(tx, w);
  });
  call.api.tokens.forget();
  return json_response(200, workspace_json(w));
}

http::Response remove(Call& call) {
  call.api.database.writer().run([&](storage::Transaction& tx) {
    if (!storage::workspaces::remove(tx, call.param("id"))) throw ApiError::not_found();
  });
  call.api.tokens.forget();
  return http::Response::empty(204);
}

}  // namespace

void add_workspace_routes(ApiRouter& router) {
  read_route(router, "/me", me);
  read_route(router, "/workspaces", list, Role::platform);
  read_route(router, "/workspaces/{id}", get, Role::platform);
  write_route(router, "POST", "/workspaces", Role::platform, "manage", create);
  write_route(router, "PATCH", "/workspaces/{id}", Role::platform, "manage", update);
  write_route(router, "DELETE", "/workspaces/{id}", Role::platform, "manage", remove);
}

}  // namespace gardu::host
