// SPDX-License-Identifier: Apache-2.0
//
// Looking at a channel: the last things that happened on it, as JSON.
#include "gateway/tap_route.hpp"

#include <charconv>
#include <ctime>

#include "gateway/problem.hpp"
#include "protocol/channel.hpp"
#include "protocol/messages.hpp"
#include "protocol/signature.hpp"
#include "server/hub.hpp"

namespace gardu::pusher {
namespace {

std::string time_text(std::chrono::system_clock::time_point at) {
  const auto millis =
      std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
  const auto when = static_cast<std::time_t>(millis / 1000);
  std::tm utc{};
  gmtime_r(&when, &utc);
  char day[32], fraction[8];
  const size_t size = std::strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &utc);
  std::snprintf(fraction, sizeof fraction, ".%03dZ", static_cast<int>(millis % 1000));
  return std::string(day, size) + fraction;
}

std::string_view what_text(Taps::What what) {
  switch (what) {
    case Taps::What::event:
      return "event";
    case Taps::What::subscribed:
      return "subscribed";
    case Taps::What::unsubscribed:
      return "unsubscribed";
    case Taps::What::refused:
      return "refused";
  }
  return "event";
}

void append_record(std::string& out, const Taps::Record& record) {
  if (out.back() == '}') out.push_back(',');
  out += R"({"id":)" + std::to_string(record.id) + R"(,"at":")" + time_text(record.at) +
         R"(","what":")" + std::string(what_text(record.what)) + '"';
  const auto add = [&](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    out += ",\"" + std::string(name) + "\":";
    append_json_string(out, value);
  };
  add("channel", record.channel);
  add("event", record.event);
  add("data", record.data);
  if (record.what == Taps::What::event)
    out += R"(,"data_size":)" + std::to_string(record.data_size);
  add("socket_id", record.socket_id);
  add("user_id", record.user_id);
  add("why", record.why);
  out.push_back('}');
}

std::string records_text(const std::vector<Taps::Record>& records) {
  std::string out = "[";
  for (const Taps::Record& record : records) append_record(out, record);
  return out + ']';
}

// Of the query's `after`; nothing: not a number.
std::optional<uint64_t> after_of(const HttpRequest& request) {
  uint64_t after = 0;
  for (const auto& [key, value] : parse_query(request.query())) {
    if (key != "after") continue;
    const auto [end, problem] = std::from_chars(value.data(), value.data() + value.size(), after);
    if (problem != std::errc{} || end != value.data() + value.size()) return std::nullopt;
  }
  return after;
}

HttpResponse show_channel(Hub& hub, const App& app, std::string_view channel,
                          const HttpRequest& request) {
  if (!valid_channel_name(channel, app.settings.limits.channel_name))
    return problem(422, "Unprocessable Content", "this is not a channel's name");
  const auto after = after_of(request);
  if (!after) return problem(422, "Unprocessable Content", "after must be the id of a record");
  const auto look = hub.taps.look(app.index, channel, *after, Taps::Clock::now());
  const uint64_t last = look.records.empty() ? *after : look.records.back().id;
  return HttpResponse::json(
      200, R"({"app":)" + json_string(app.settings.id) + R"(,"channel":)" + json_string(channel) +
               R"(,"subscription_count":)" + std::to_string(app.counts.count(channel)) +
               R"(,"user_count":)" + std::to_string(app.roster.count(channel)) + R"(,"opened":)" +
               (look.opened ? "true" : "false") + R"(,"missed":)" +
               (look.missed ? "true" : "false") + R"(,"last":)" + std::to_string(last) +
               R"(,"records":)" + records_text(look.records) + '}');
}

HttpResponse show_to_platform(Hub& hub, const App* gateway, const HttpRequest& request) {
  const App* app = hub.find_by_id(request.param("app"));
  if (app == nullptr) return problem(404, "Not Found", "there is no such app");
  const std::string_view channel = request.param("channel");
  const ChannelKind kind = classify(channel);
  if (app == gateway && (kind.needs_auth || kind.of_user))
    return problem(403, "Forbidden", "this channel may be a workspace's: ask with its token");
  return show_channel(hub, *app, channel, request);
}

HttpResponse show_to_workspace(const Host& host, Hub& hub, const App& gateway, Profiles profiles,
                               const HttpRequest& request) {
  const std::string_view channel = request.param("channel");
  const Principal who = request.principal();
  auto parsed = parse_gateway_channel(channel, profiles);
  // Such a name does not say whose contact it is: only the workspace's own will be found.
  if (parsed && parsed->kind == GatewayChannel::Kind::blazz_chat)
    parsed->workspace_id = who.workspace_id;
  if (!parsed ||
      !host.may_follow(who, parsed->workspace_id, parsed->contact_id, parsed->account_id))
    return problem(403, "Forbidden", "this is not a channel of the workspace");
  return show_channel(hub, gateway, channel, request);
}

HttpResponse show_refusals(Hub& hub, const HttpRequest& request) {
  const App* app = hub.find_by_id(request.param("app"));
  if (app == nullptr) return problem(404, "Not Found", "there is no such app");
  return HttpResponse::json(200,
                            R"({"records":)" + records_text(hub.taps.refusals(app->index)) + '}');
}

template <class F>
void mount_get(const Host& host, std::string pattern, gardu_route_auth auth, F answer) {
  Route route;
  route.method = "GET";
  route.pattern = std::move(pattern);
  route.auth = auth;
  route.handler = [answer](const HttpRequest& request, HttpReply reply) {
    reply.send(answer(request));
  };
  host.route(std::move(route));
}

}  // namespace

void mount_tap_routes(const Host& host, Hub& hub, const App* gateway, Profiles profiles) {
  const std::string base = "/api/v1/" + std::string(host.plugin_id());
  mount_get(host, base + "/apps/{app}/channels/{channel}", GARDU_AUTH_PLATFORM,
            [&hub, gateway](const HttpRequest& r) { return show_to_platform(hub, gateway, r); });
  mount_get(host, base + "/apps/{app}/refusals", GARDU_AUTH_PLATFORM,
            [&hub](const HttpRequest& r) { return show_refusals(hub, r); });
  if (gateway == nullptr) return;
  mount_get(host, base + "/channels/{channel}", GARDU_AUTH_ADMIN,
            [&host, &hub, gateway, profiles](const HttpRequest& r) {
              return show_to_workspace(host, hub, *gateway, profiles, r);
            });
}

}  // namespace gardu::pusher
