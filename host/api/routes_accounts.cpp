// SPDX-License-Identifier: Apache-2.0
// GET POST /accounts, GET PATCH DELETE /accounts/{id}. Credentials go in and never come out.
#include <nlohmann/json.hpp>

#include "api/actions.hpp"
#include "api/api.hpp"
#include "base/time.hpp"
#include "base/uuid.hpp"
#include "event/json.hpp"
#include "storage/accounts.hpp"
#include "storage/workspaces.hpp"

namespace gardu::host {
namespace {

using nlohmann::json;

// What create and update have in common.
void read_members(Call& call, Fields& f, storage::Account& a) {
  if (auto v = f.text("name", 200)) a.name = *v;
  if (auto v = f.object("limits")) a.limits = *v;
  if (auto v = f.object("metadata")) a.metadata = *v;
  if (auto v = f.one_of("in_doubt", {"retry", "hold"})) a.in_doubt = *v;
  if (const auto v = f.object("credentials")) {
    a.credentials = call.api.seal(a.id, *v);
    a.key_id = call.api.sealing_key_id;
  }
  if (f.is_null("credentials")) {
    a.credentials.reset();
    a.key_id.reset();
  }
}

http::Response list(Call& call) {
  const Query query(call);
  const auto rows = call.api.database.query([&](storage::Session& s) {
    return storage::accounts::list(s, call.workspace(), query.cursor_id(), query.limit() + 1);
  });
  const auto element = [&](std::size_t i) {
    return call.principal.sees_account(rows[i].id) ? json_text(account_json(rows[i]))
                                                   : std::string();
  };
  return page(rows.size(), query.limit(), element,
              [&](std::size_t i) { return make_cursor({rows[i].id}); });
}

http::Response create(Call& call) {
  if (call.principal.accounts)
    throw ApiError(403, "A token that is narrowed to some accounts cannot create one.");
  const json body = call.body();
  Fields f(body);
  storage::Account a;
  a.id = uuid_v7();
  a.workspace_id = call.workspace();
  a.transport = f.text("transport", 64, true).value_or("");
  a.name = f.text("name", 200, true).value_or("");
  a.address = f.text("address", 160, true).value_or("");
  a.created_at = now_ms();
  if (!a.transport.empty() && !call.api.transports.running(a.transport))
    f.wrong("transport", "is not a transport that is running here");
  read_members(call, f, a);
  f.done();
  http::Response response = create_once(call, [&](storage::Transaction& tx) {
    const auto w = storage::workspaces::get(tx, a.workspace_id);
    if (w && w->max_accounts > 0 && storage::accounts::count(tx, a.workspace_id) >= w->max_accounts)
      throw ApiError(409, "The workspace has all the accounts that its plan allows.");
    storage::accounts::insert(tx, a);
    return json_response(201, account_json(a));
  });
  if (!response.headers.has("Idempotent-Replayed")) call.api.transports.account_changed(a.id);
  return response;
}

http::Response get(Call& call) {
  return json_response(200, account_json(call.api.database.query(
                                [&](storage::Session& s) { return account_of(s, call); })));
}

http::Response update(Call& call) {
  const json body = call.body();
  storage::Account a;
  call.api.database.writer().run([&](storage::Transaction& tx) {
    a = account_of(tx, call);
    Fields f(body);
    if (auto v = f.text("address", 160)) a.address = *v;
    read_members(call, f, a);
    if (a.name.empty()) f.wrong("name", "must not be empty");
    if (a.address.empty()) f.wrong("address", "must not be empty");
    f.done();
    storage::accounts::update(tx, a);
  });
  call.api.transports.account_changed(a.id);
  return json_response(200, account_json(a));
}

http::Response remove(Call& call) {
  const std::string id = call.id();
  call.api.database.writer().run([&](storage::Transaction& tx) {
    account_of(tx, call);
    storage::accounts::remove(tx, call.workspace(), id);
  });
  call.api.transports.account_changed(id);
  return http::Response::empty(204);
}

}  // namespace

void add_account_routes(ApiRouter& router) {
  read_route(router, "/accounts", list);
  read_route(router, "/accounts/{id}", get);
  write_route(router, "POST", "/accounts", Role::admin, "manage", create);
  write_route(router, "PATCH", "/accounts/{id}", Role::admin, "manage", update);
  write_route(router, "DELETE", "/accounts/{id}", Role::admin, "manage", remove);
}

}  // namespace gardu::host
