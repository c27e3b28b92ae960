// SPDX-License-Identifier: Apache-2.0
#include "target.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "signature.hpp"

namespace forward_events {
namespace {

using nlohmann::json;

[[noreturn]] void refuse(size_t index, const std::string& why) {
  throw gardu::Failure(gardu::Status::invalid("targets[" + std::to_string(index) + "]" + why));
}

// The headers that the sender sets itself, and those that belong to the connection.
bool is_ours(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  constexpr std::array<std::string_view, 5> kNames{"content-type", "content-length", "host",
                                                   "connection", "transfer-encoding"};
  return name.starts_with("x-gardu-") ||
         std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

bool is_header(std::string_view name, std::string_view value) {
  const auto token = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  };
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 32 || c == 127; };
  return !name.empty() && std::all_of(name.begin(), name.end(), token) &&
         std::none_of(value.begin(), value.end(), control);
}

Target parse_target(const json& j, size_t index) {
  Target out;
  out.url = j.at("url");
  out.secret = j.at("secret");
  out.workspace_id = j.value("workspace_id", "");
  out.events = j.value("events", std::vector<std::string>{"*"});
  out.id = sha256_hex(out.url + "\n" + out.workspace_id).substr(0, 16);
  const json headers = j.value("headers", json::object());  // outlives its items()
  for (const auto& [name, value] : headers.items()) {
    const std::string text = value;
    if (!is_header(name, text)) refuse(index, ".headers has one that cannot be sent");
    if (is_ours(name)) refuse(index, ".headers: " + name + " is the gateway's own");
    out.headers.emplace_back(name, text);
  }
  return out;
}

// "2026-01-31T23:59:59.123Z" of microseconds.
std::string rfc3339(std::int64_t micros) {
  using namespace std::chrono;
  const sys_time<milliseconds> at = floor<milliseconds>(sys_time<microseconds>{Micros{micros}});
  const auto day = floor<days>(at);
  const year_month_day date{day};
  const hh_mm_ss time{at - day};
  std::array<char, 64> out{};
  std::snprintf(out.data(), out.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
                static_cast<int>(time.subseconds().count()));
  return out.data();
}

}  // namespace

bool Target::wants(std::string_view type, std::string_view of_workspace) const {
  if (!workspace_id.empty() && workspace_id != of_workspace) return false;
  return std::any_of(events.begin(), events.end(), [&](std::string_view wanted) {
    if (wanted == type) return true;
    // A pairing code is as good as a password: nobody gets it who did not ask for it by name.
    if (!wanted.ends_with('*') || type == "account.qr") return false;
    wanted.remove_suffix(1);
    return type.starts_with(wanted);
  });
}

std::string Target::shown() const { return url.substr(0, url.find('/', url.find("://") + 3)); }

const Target* Settings::find(std::string_view id) const {
  const auto at =
      std::find_if(targets.begin(), targets.end(), [&](const Target& t) { return t.id == id; });
  return at == targets.end() ? nullptr : &*at;
}

Settings parse_settings(std::string_view text) {
  const json j = json::parse(text);
  Settings out;
  for (const json& target : j.value("targets", json::array())) {
    Target parsed = parse_target(target, out.targets.size());
    if (out.find(parsed.id) != nullptr) refuse(out.targets.size(), " repeats an earlier one");
    out.targets.push_back(std::move(parsed));
  }
  out.attempts = j.value("attempts", 10);
  out.timeout = std::chrono::seconds(j.value("timeout_s", 10));
  out.first_retry = std::chrono::milliseconds(j.value("first_retry_ms", 5000));
  out.keep_dead = std::chrono::hours(24 * j.value("keep_dead_days", 30));
  return out;
}

// Ids, types and sources are made of characters that JSON needs no escapes for; the data are put in
// as they were stored.
std::string envelope(const gardu::EventView& e) {
  const auto quoted = [](std::string_view s) { return "\"" + std::string(s) + "\""; };
  const auto maybe = [&](std::string_view s) { return s.empty() ? "null" : quoted(s); };
  return "{\"seq\":" + std::to_string(e.seq()) + ",\"id\":" + quoted(e.id()) +
         ",\"type\":" + quoted(e.type_name()) + ",\"workspace_id\":" + quoted(e.workspace_id()) +
         ",\"account_id\":" + maybe(e.account_id()) + ",\"contact_id\":" + maybe(e.contact_id()) +
         ",\"occurred_at\":" + quoted(rfc3339(e.occurred_at())) +
         ",\"recorded_at\":" + quoted(rfc3339(e.recorded_at())) +
         ",\"source\":" + quoted(e.source()) +
         ",\"data\":" + (e.data().empty() ? "{}" : std::string(e.data())) + "}";
}

std::string lane_of(const gardu::EventView& e) {
  return std::string(e.contact_id().empty() ? e.account_id() : e.contact_id());
}

}  // namespace forward_events
