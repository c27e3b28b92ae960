// SPDX-License-Identifier: Apache-2.0
// GET /accounts/{id}/qr and /health; POST /accounts/{id}/connect, /restart, /logout, /sync: what an
// account's transport does for it. What it leads to is told by account.status and account.qr.
#include <nlohmann/json.hpp>

#include "api/actions.hpp"
#include "api/api.hpp"
#include "api/qr_png.hpp"
#include "base/time.hpp"
#include "event/json.hpp"
#include "storage/messages.hpp"
#include "storage/outbox.hpp"

namespace gardu::host {
namespace {

using nlohmann::json;

storage::Account found(const Call& call) {
  return call.api.database.query([&](storage::Session& s) { return account_of(s, call); });
}

// The QR code as a picture or, to who accepts JSON, as what is in it. 409 unless the account waits
// for it to be scanned.
http::Response qr(Call& call) {
  const storage::Account a = found(call);
  const std::string data = call.api.transports.qr(a.id);
  if (a.status != "qr_ready" || data.empty())
    throw ApiError(409, "The account is not waiting for its QR code to be scanned.");
  const json code = json::parse(data);
  const std::string text = code.value("qr", "");
  const bool as_json =
      call.request.headers.get("Accept").find("application/json") != std::string_view::npos;
  http::Response response;
  if (as_json || text.empty()) {
    response = json_response(200, {{"account_id", a.id},
                                   {"qr", text.empty() ? json() : json(text)},
                                   {"pairing_code", code.value("pairing_code", json())},
                                   {"expires_at", code.value("expires_at", json())}});
  } else {
    response.status = 200;
    response.headers.set("Content-Type", "image/png");
    response.body = qr_png(text);
  }
  // Whoever has it can take the account over.
  response.headers.set("Cache-Control", "no-store");
  response.headers.set("Vary", "Accept");
  return response;
}

// 202 with the account. With `phone`, a pairing code for that number is asked for.
void connect(Call& call, const AnswerLater& later) {
  const storage::Account a = found(call);
  const json body = call.optional_body();
  Fields f(body);
  f.only({"phone"});
  const auto phone = f.text("phone", 20);
  f.done();
  if (!call.api.transports.running(a.transport))
    throw ApiError(503, "Its transport is not running.").retry_after(5);
  call.api.transports.account_changed(a.id);
  if (!phone) return later([a] { return json_response(202, account_json(a)); });
  ActionRequest request;
  request.kind = GARDU_ACTION_PAIR;
  request.text = *phone;
  act(call, a, std::move(request), later,
      [a](const json&) { return json_response(202, account_json(a)); });
}

// 202 with the account, and what the transport says of it.
template <gardu_action_kind kKind>
void ask(Call& call, const AnswerLater& later) {
  const storage::Account a = found(call);
  ActionRequest request;
  request.kind = kKind;
  act(call, a, std::move(request), later, [a](json data) {
    json answer = account_json(a);
    if (!data.empty()) answer["result"] = std::move(data);
    return json_response(202, answer);
  });
}

json health_json(storage::Session& s, const storage::Account& a, bool running) {
  json waiting = {{"queued", 0}, {"leased", 0}, {"in_doubt", 0}, {"held", 0}, {"dead", 0}};
  for (const auto& count : storage::outbox::counts_of(s, a.workspace_id, a.id))
    waiting[count.state] = waiting.value(count.state, 0) + count.entries;
  storage::MessageQuery failed;
  failed.workspace_id = a.workspace_id;
  failed.account_id = a.id;
  failed.status = "failed";
  failed.limit = 1;
  json error;
  for (const auto& m : storage::messages::list(s, failed)) {
    if (m.error) error = json::parse(*m.error, nullptr, false);
    if (error.is_object()) error["at"] = rfc3339_ms(m.failed_at.value_or(m.created_at));
  }
  return {
      {"account_id", a.id},
      {"status", a.status},
      {"reason", a.status_reason ? json(*a.status_reason) : json()},
      {"last_connected_at", a.last_connected_at ? json(rfc3339_ms(*a.last_connected_at)) : json()},
      {"transport", {{"id", a.transport}, {"running", running}}},
      {"limits", json::parse(a.limits, nullptr, false)},
      {"outbox", std::move(waiting)},
      {"last_error", std::move(error)},
      {"provider", nullptr}};
}

// What is known here, and what the transport finds out at the provider: `provider`, or
// `provider_error`.
void health(Call& call, const AnswerLater& later) {
  storage::Account a;
  json known;
  call.api.database.read([&](storage::Session& s) {
    a = account_of(s, call);
    known = health_json(s, a, call.api.transports.running(a.transport));
  });
  ActionRequest request;
  request.kind = GARDU_ACTION_HEALTH;
  request.account_id = a.id;
  const auto answer = [later, known](const gardu::Status& status, const std::string& data) {
    later([known, status, data]() mutable {
      const json provider = json::parse(data, nullptr, false);
      if (status.ok() && provider.is_object()) known["provider"] = provider;
      if (!status.ok() && status.code() != GARDU_UNSUPPORTED)
        known["provider_error"] = status.message();
      return json_response(200, known);
    });
  };
  if (const auto begun = call.api.transports.act(a, std::move(request), answer); !begun.ok())
    answer(begun, {});
}

}  // namespace

void add_account_action_routes(ApiRouter& router) {
  ApiRoute picture;
  picture.role = Role::admin;
  picture.scope = "manage";
  picture.handle = qr;
  add_route(router, "GET", "/api/v1/accounts/{id}/qr", std::move(picture));
  action_route(router, "GET", "/accounts/{id}/health", Role::viewer, "read", health);
  const auto add = [&](const char* name, void (*begin)(Call&, const AnswerLater&)) {
    action_route(router, "POST", std::string("/accounts/{id}/") + name, Role::admin, "manage",
                 begin);
  };
  add("connect", connect);
  add("restart", ask<GARDU_ACTION_RESTART>);
  add("logout", ask<GARDU_ACTION_LOGOUT>);
  add("sync", ask<GARDU_ACTION_SYNC>);
}

}  // namespace gardu::host
