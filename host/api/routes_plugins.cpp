// SPDX-License-Identifier: Apache-2.0
// /plugins: what runs, its settings in a workspace, switching and restarting it, and the events
// that a durable subscriber could not handle.
#include <charconv>
#include <nlohmann/json.hpp>

#include "api/api.hpp"
#include "base/time.hpp"
#include "storage/backlog.hpp"
#include "storage/plugin_settings.hpp"
#include "storage/retention.hpp"
#include "storage/workspaces.hpp"

namespace gardu::host {
namespace {

using nlohmann::json;

json plugin_json(const PluginView& p) {
  return {{"id", p.id},
          {"name", p.name},
          {"version", p.version},
          {"state", p.state},
          {"reason", p.reason.empty() ? json() : json(p.reason)},
          {"abi", p.abi},
          {"roles", p.roles},
          {"enabled", p.enabled},
          {"isolation", p.isolation},
          {"mailbox", p.mailbox},
          {"lag", p.lag},
          {"events", p.events},
          {"errors", p.errors},
          {"restarts", p.restarts},
          {"dropped", p.dropped},
          {"refused", p.refused},
          {"last_error", p.last_error.empty() ? json() : json(p.last_error)}};
}

// Plugins serve all workspaces, and their last errors may show any: for admins and the platform.
void check_role(const Call& call) {
  if (!call.principal.at_least(Role::admin) && !call.principal.at_least(Role::platform))
    throw ApiError(403, "The token's role does not allow this.");
}

// What a change does to all workspaces is the platform's; where there is one workspace, its admins
// are the platform.
void check_change(const Call& call) {
  if (call.principal.at_least(Role::platform)) return;
  if (!call.principal.at_least(Role::admin) || !call.principal.may("manage"))
    throw ApiError(403, "The token's role does not allow this.");
  const auto workspaces = call.api.database.query(
      [](storage::Session& s) { return storage::workspaces::list(s, "", 2).size(); });
  if (workspaces > 1)
    throw ApiError(403, "The plugin serves several workspaces: this needs a platform token.");
}

PluginView found(const Call& call) {
  for (PluginView& p : call.api.plugins())
    if (p.id == call.param("id")) return p;
  throw ApiError::not_found();
}

json details(const Call& call, const PluginView& p) {
  json out = plugin_json(p);
  const auto counts = call.api.database.query(
      [&](storage::Session& s) { return storage::backlog::counts(s, p.id); });
  out["backlog"] = {{"waiting", counts.waiting}, {"parked", counts.parked}};
  if (!call.workspace().empty()) {
    const auto own = call.api.database.query([&](storage::Session& s) {
      return storage::plugin_settings::get(s, call.workspace(), p.id);
    });
    out["settings"] = own ? json::parse(*own) : json::object();
  }
  return out;
}

http::Response list(Call& call) {
  check_role(call);
  json data = json::array();
  for (const PluginView& p : call.api.plugins()) data.push_back(plugin_json(p));
  return json_response(200, {{"data", std::move(data)}, {"next_cursor", nullptr}});
}

http::Response get(Call& call) {
  check_role(call);
  return json_response(200, details(call, found(call)));
}

void answer_for(const Status& status) {
  if (status.ok()) return;
  if (status.code() == GARDU_NOT_FOUND) throw ApiError::not_found();
  throw ApiError(409, status.message());
}

// `settings`: this workspace's, in place of what it had; null or {} takes them back.
http::Response update(Call& call) {
  check_role(call);
  const PluginView plugin = found(call);
  const json body = call.body();
  Fields f(body);
  f.only({"enabled", "settings"});
  const auto enabled = f.flag("enabled");
  const auto settings = f.object("settings");
  const bool cleared = f.is_null("settings") || settings == "{}";
  if ((settings || cleared) && call.workspace().empty())
    f.wrong("settings", "are a workspace's: a platform token has none");
  if (settings && !cleared)
    for (const FieldError& e : call.api.control.check_settings(plugin.id, *settings))
      f.wrong(e.field.empty() ? "settings" : "settings." + e.field, e.message);
  f.done();
  if (enabled) {
    check_change(call);
    answer_for(call.api.control.enable(plugin.id, *enabled));
  }
  if (settings || cleared)
    call.api.database.writer().run([&](storage::Transaction& tx) {
      if (cleared) {
        storage::plugin_settings::remove(tx, call.workspace(), plugin.id);
      } else {
        storage::plugin_settings::set(tx, call.workspace(), plugin.id, *settings, now_ms());
      }
    });
  return json_response(200, details(call, found(call)));
}

http::Response restart(Call& call) {
  check_role(call);
  const PluginView plugin = found(call);
  check_change(call);
  answer_for(call.api.control.restart(plugin.id));
  return json_response(200, details(call, found(call)));
}

json backlog_json(const storage::BacklogEntry& e) {
  return {{"seq", e.seq},
          {"state", e.state},
          {"attempts", e.attempts},
          {"lane", e.lane},
          {"not_before", e.not_before == 0 ? json() : json(rfc3339_ms(e.not_before))},
          {"error", e.error.empty() ? json() : json(e.error)},
          {"updated_at", rfc3339_ms(e.updated_at)}};
}

http::Response parked(Call& call) {
  check_change(call);
  const PluginView plugin = found(call);
  const Query query(call);
  const auto rows = call.api.database.query([&](storage::Session& s) {
    return storage::backlog::parked(s, plugin.id, query.cursor_number(), query.limit() + 1);
  });
  const auto element = [&](std::size_t i) { return json_text(backlog_json(rows[i])); };
  return page(rows.size(), query.limit(), element,
              [&](std::size_t i) { return make_cursor({std::to_string(rows[i].seq)}); });
}

// Shows it the parked events again, from their first attempt: all, or the one with `seq`.
http::Response replay(Call& call) {
  check_change(call);
  const PluginView plugin = found(call);
  const json body = call.request.body.empty() ? json::object() : call.body();
  Fields f(body);
  f.only({"seq"});
  const auto seq = f.integer("seq", 1, INT64_MAX);
  f.done();
  std::int64_t count = 0;
  call.api.database.writer().run([&](storage::Transaction& tx) {
    count = storage::backlog::release(tx, plugin.id, seq, now_ms());
  });
  if (seq && count == 0) throw ApiError::not_found();
  call.api.control.replayed(plugin.id);
  return json_response(202, {{"replayed", count}});
}

// Shows a durable subscriber everything that was journaled after `after_seq` again.
http::Response replay_journal(Call& call) {
  check_change(call);
  const PluginView plugin = found(call);
  const json body = call.body();
  Fields f(body);
  f.only({"after_seq"});
  const auto seq = f.integer("after_seq", 0, INT64_MAX);
  if (!f.has("after_seq")) f.wrong("after_seq", "is required");
  if (seq && *seq > call.api.feed.newest()) f.wrong("after_seq", "is beyond the journal's end");
  f.done();
  // Of whichever workspace: it would not see what it asks for, and nobody would know.
  const std::int64_t cut = call.api.database.query(
      [](storage::Session& s) { return storage::retention::journal_cut(s); });
  if (*seq < cut)
    throw ApiError(409, "The journal is whole after seq " + std::to_string(cut) +
                            " only: older events were deleted.");
  const auto status = call.api.control.replay_after(plugin.id, *seq);
  if (status.code() == GARDU_REJECTED) throw ApiError(409, status.message());
  if (!status.ok()) throw ApiError(503, status.message()).retry_after(5);
  return json_response(202, {{"after_seq", *seq}});
}

http::Response discard(Call& call) {
  check_change(call);
  const PluginView plugin = found(call);
  std::int64_t seq = 0;
  const std::string text = call.param("seq");
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), seq);
  bool gone = false;
  if (wrong == std::errc{} && end == text.data() + text.size())
    call.api.database.writer().run([&](storage::Transaction& tx) {
      const auto entry = storage::backlog::get(tx, plugin.id, seq);
      gone = entry && entry->state == "parked" && storage::backlog::remove(tx, plugin.id, seq);
    });
  if (!gone) throw ApiError::not_found();
  http::Response response;
  response.status = 204;
  return response;
}

ApiRoute any_role(std::function<http::Response(Call&)> handle) {
  ApiRoute r;
  r.any_role = true;
  r.handle = std::move(handle);
  return r;
}

}  // namespace

void add_plugin_routes(ApiRouter& router) {
  any_role_route(router, "/plugins", list);
  any_role_route(router, "/plugins/{id}", get);
  add_route(router, "PATCH", "/api/v1/plugins/{id}", any_role(update));
  add_route(router, "POST", "/api/v1/plugins/{id}/restart", any_role(restart));
  add_route(router, "POST", "/api/v1/plugins/{id}/replay", any_role(replay_journal));
  any_role_route(router, "/plugins/{id}/backlog", parked);
  add_route(router, "POST", "/api/v1/plugins/{id}/backlog/replay", any_role(replay));
  add_route(router, "DELETE", "/api/v1/plugins/{id}/backlog/{seq}", any_role(discard));
}

}  // namespace gardu::host
