// SPDX-License-Identifier: Apache-2.0
// GET /me. GET POST /workspaces, GET PATCH DELETE /workspaces/{id}: platform tokens only.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/api.hpp"
#include "auth/workspaces.hpp"
#include "base/time.hpp"
#include "storage/accounts.hpp"
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
  auto w = storage::workspaces::get(s, call.id());
  if (!w) throw ApiError::not_found();
  return *w;
}

bool is_slug(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

// What the gateway reads of them; the rest is the client's own.
void check_settings(Fields& f, const json& settings) {
  const auto days = settings.find("retention_days");
  if (days == settings.end()) return;
  if (!days->is_number_integer() || *days < 0 || *days > 36'500)
    f.wrong("settings.retention_days", "must be an integer from 0 (keep everything) to 36500");
}

void read_members(const json& body, storage::Workspace& w) {
  Fields f(body);
  if (auto v = f.text("name", 200)) w.name = *v;
  if (auto v = f.text("slug", 80)) {
    if (!is_slug(*v)) f.wrong("slug", "takes small letters, digits and dashes");
    w.slug = *v;
  }
  if (auto v = f.text("plan", 50)) w.plan = *v;
  if (auto v = f.integer("max_accounts", 0, 1'000'000)) w.max_accounts = *v;
  if (auto v = f.one_of("status", {"active", "suspended"})) w.status = *v;
  if (auto v = f.object("settings")) {
    w.settings = *v;
    check_settings(f, body["settings"]);
  }
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
  const auto rows = call.api.database.query([&](storage::Session& s) {
    return storage::workspaces::list(s, query.cursor_id(), query.limit() + 1);
  });
  const auto element = [&](std::size_t i) { return json_text(workspace_json(rows[i])); };
  return page(rows.size(), query.limit(), element,
              [&](std::size_t i) { return make_cursor({rows[i].id}); });
}

http::Response create(Call& call) {
  const json body = call.body();
  storage::Workspace asked;
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

// With all that it holds; its accounts' transports let go of them.
http::Response remove(Call& call) {
  const std::string id = call.id();
  std::vector<std::string> accounts;
  call.api.database.writer().run([&](storage::Transaction& tx) {
    constexpr int kPage = 200;
    std::string after;
    for (bool more = true; more;) {
      const auto some = storage::accounts::list(tx, id, after, kPage);
      for (const auto& a : some) accounts.push_back(after = a.id);
      more = some.size() == static_cast<std::size_t>(kPage);
    }
    if (!storage::workspaces::remove(tx, id)) throw ApiError::not_found();
  });
  call.api.tokens.forget();
  for (const auto& account : accounts) call.api.transports.account_changed(account);
  return http::Response::empty(204);
}

}  // namespace

void add_workspace_routes(ApiRouter& router) {
  any_role_route(router, "/me", me);
  read_route(router, "/workspaces", list, Role::platform);
  read_route(router, "/workspaces/{id}", get, Role::platform);
  write_route(router, "POST", "/workspaces", Role::platform, "manage", create);
  write_route(router, "PATCH", "/workspaces/{id}", Role::platform, "manage", update);
  write_route(router, "DELETE", "/workspaces/{id}", Role::platform, "manage", remove);
}

}  // namespace gardu::host
