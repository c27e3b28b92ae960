// SPDX-License-Identifier: Apache-2.0
//
// Reads the settings. The host has checked types by the schema; what a schema cannot say is here.
#include "protocol/settings.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

namespace gardu::pusher {
namespace {

using Json = nlohmann::json;

[[noreturn]] void refuse(const std::string& why) { throw std::invalid_argument(why); }

void parse_listen(const std::string& text, Settings& out) {
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos) refuse("listen: '" + text + "' is not address:port");
  const std::string port = text.substr(colon + 1);
  const auto [end, problem] = std::from_chars(port.data(), port.data() + port.size(), out.port);
  if (problem != std::errc{} || end != port.data() + port.size())
    refuse("listen: '" + port + "' is not a port");
  out.host = text.substr(0, colon);
  if (out.host.size() > 2 && out.host.front() == '[' && out.host.back() == ']')
    out.host = out.host.substr(1, out.host.size() - 2);
  if (out.host.empty() || out.host == "*") out.host = "0.0.0.0";
}

// 4096, "4096", "64KiB", "1MiB"
size_t parse_size(const std::string& name, const Json& value) {
  if (value.is_number_unsigned()) return value.get<size_t>();
  const std::string text = value.is_string() ? value.get<std::string>() : std::string();
  size_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem == std::errc{}) {
    const std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
    if (unit.empty() || unit == "B") return number;
    if (unit == "KiB") return number << 10U;
    if (unit == "MiB") return number << 20U;
    if (unit == "GiB") return number << 30U;
  }
  refuse(name + ": '" + text + "' is not a size such as \"1MiB\"");
}

std::string parse_path(std::string path) {
  while (!path.empty() && path.back() == '/') path.pop_back();
  if (!path.empty() && path.front() != '/') path.insert(path.begin(), '/');
  return path;
}

std::chrono::milliseconds seconds(const Json& json, const char* name,
                                  std::chrono::milliseconds otherwise) {
  const auto it = json.find(name);
  if (it == json.end()) return otherwise;
  return std::chrono::milliseconds(static_cast<int64_t>(it->get<double>() * 1000));
}

constexpr std::array<std::string_view, kWebhookKinds> kWebhookNames{
    "channel_occupied", "channel_vacated", "member_added",      "member_removed",
    "client_event",     "cache_miss",      "subscription_count"};

Limits parse_limits(const Json& json) {
  Limits l;
  l.channel_name = json.value("channel_name", l.channel_name);
  l.event_name = json.value("event_name", l.event_name);
  l.event_data = json.value("event_data", l.event_data);
  l.client_event_data = json.value("client_event_data", l.client_event_data);
  l.channels_per_event = json.value("channels_per_event", l.channels_per_event);
  l.batch = json.value("batch", l.batch);
  l.presence_members = json.value("presence_members", l.presence_members);
  l.presence_member = json.value("presence_member", l.presence_member);
  l.user_id = json.value("user_id", l.user_id);
  l.events_per_second = json.value("events_per_second", l.events_per_second);
  l.reads_per_second = json.value("reads_per_second", l.reads_per_second);
  l.channels_per_connection = json.value("channels_per_connection", l.channels_per_connection);
  l.client_events_per_second = json.value("client_events_per_second", l.client_events_per_second);
  l.message = json.value("message", l.message);
  return l;
}

WebhookSettings parse_webhook(const Json& json, const std::string& where) {
  WebhookSettings w;
  w.url = json.value("url", "");
  if (!w.url.starts_with("http://") && !w.url.starts_with("https://"))
    refuse(where + ".url must begin with http:// or https://");
  if (!json.contains("events")) w.wanted.fill(true);
  for (const Json& event : json.value("events", Json::array())) {
    const auto it = std::ranges::find(kWebhookNames, event.get<std::string>());
    if (it == kWebhookNames.end()) refuse(where + ".events: unknown kind");
    w.wanted[static_cast<size_t>(it - kWebhookNames.begin())] = true;
  }
  const Json headers = json.value("headers", Json::object());
  for (const auto& [name, value] : headers.items())
    w.headers.emplace_back(name, value.get<std::string>());
  w.batch = json.value("batch", w.batch);
  return w;
}

AppSettings parse_app(const Json& json, const std::string& where) {
  AppSettings app;
  app.id = json.value("id", "");
  if (app.id.empty()) refuse(where + ".id is missing");
  if (app.id.find('/') != std::string::npos) refuse(where + ".id must not hold a '/'");
  app.keys.push_back({json.value("key", ""), json.value("secret", "")});
  if (app.keys.front().key.empty()) refuse(where + ".key is missing");
  for (const Json& pair : json.value("keys", Json::array())) {
    app.keys.push_back({pair.value("key", ""), pair.value("secret", "")});
    if (app.keys.back().key.empty() || app.keys.back().secret.empty())
      refuse(where + ".keys: each needs key and secret");
  }
  app.enabled = json.value("enabled", app.enabled);
  app.client_events = json.value("client_events", app.client_events);
  app.max_connections = json.value("max_connections", app.max_connections);
  app.allowed_origins = json.value("allowed_origins", app.allowed_origins);
  app.user_authentication = json.value("user_authentication", app.user_authentication);
  app.subscription_count = json.value("subscription_count", app.subscription_count);
  app.cache_ttl = std::chrono::seconds(json.value("cache_ttl_s", app.cache_ttl.count()));
  if (json.contains("limits")) app.limits = parse_limits(json["limits"]);
  const Json webhooks = json.value("webhooks", Json::array());
  for (size_t i = 0; i < webhooks.size(); ++i)
    app.webhooks.push_back(
        parse_webhook(webhooks[i], where + ".webhooks[" + std::to_string(i) + "]"));
  return app;
}

void parse_apps(const Json& json, Settings& out) {
  const Json apps = json.value("apps", Json::array({{{"id", "gardu"}, {"key", "gardu-key"}}}));
  std::set<std::string> ids, keys;
  for (size_t i = 0; i < apps.size(); ++i) {
    const std::string where = "apps[" + std::to_string(i) + "]";
    out.apps.push_back(parse_app(apps[i], where));
    if (!ids.insert(out.apps.back().id).second) refuse(where + ".id is used twice");
    for (const KeyPair& pair : out.apps.back().keys)
      if (!keys.insert(pair.key).second) refuse(where + ": a key is used twice");
  }
  if (out.gateway_app.empty() || ids.contains(out.gateway_app)) return;
  refuse("gateway_app: there is no app '" + out.gateway_app + "' in apps");
}

Settings read(const Json& json) {
  Settings s;
  parse_listen(json.value("listen", "127.0.0.1:8080"), s);
  s.threads = std::max<size_t>(1, json.value("threads", s.threads));
  s.path = parse_path(json.value("path", ""));
  if (json.contains("tls")) {
    s.tls_certificate = json["tls"].value("certificate", "");
    s.tls_key = json["tls"].value("key", "");
    if (s.tls_certificate.empty() != s.tls_key.empty())
      refuse("tls: certificate and key belong together");
  }
  s.activity_timeout = seconds(json, "activity_timeout_s", s.activity_timeout);
  if (s.activity_timeout < std::chrono::seconds(1))
    refuse("activity_timeout_s must be at least 1: clients refuse less");
  s.pong_timeout = seconds(json, "pong_timeout_s", s.pong_timeout);
  if (json.contains("send_queue")) s.send_queue = parse_size("send_queue", json["send_queue"]);
  s.max_connections = json.value("max_connections", s.max_connections);
  s.drain = seconds(json, "drain_s", s.drain);
  s.handshakes_per_second = json.value("handshakes_per_second", s.handshakes_per_second);
  s.redis = json.value("redis", "");
  if (!s.redis.empty() && !s.redis.starts_with("redis://"))
    refuse("redis must be redis://host:port/database");
  s.redis_prefix = json.value("redis_prefix", s.redis_prefix);
  s.gateway_app = json.value("gateway_app", s.gateway_app);
  const auto profiles = json.value("profiles", std::vector<std::string>{"gardu"});
  s.gardu_profile = std::ranges::find(profiles, "gardu") != profiles.end();
  s.blazz_profile = std::ranges::find(profiles, "blazz") != profiles.end();
  if (const auto it = json.find("recovery"); it != json.end()) {
    s.recovery.max_events = it->value("max_events", s.recovery.max_events);
    s.recovery.max_age = std::chrono::seconds(it->value("max_age_s", s.recovery.max_age.count()));
  }
  parse_apps(json, s);
  return s;
}

}  // namespace

std::string_view name_of(WebhookKind kind) noexcept {
  return kWebhookNames[static_cast<size_t>(kind)];
}

Result<Settings> parse_settings(std::string_view text) {
  try {
    return read(Json::parse(text.empty() ? std::string_view("{}") : text));
  } catch (const std::invalid_argument& e) {
    return Status::invalid(e.what());
  } catch (const Json::exception&) {
    // Its text could quote a value, and a value may be a secret.
    return Status::invalid("the settings are not of the shape that the schema describes");
  }
}

}  // namespace gardu::pusher
