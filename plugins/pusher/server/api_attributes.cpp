// SPDX-License-Identifier: Apache-2.0
//
// What the API tells of a channel: how many users and subscribers, and its cached event.
#include <chrono>

#include "protocol/channel.hpp"
#include "protocol/messages.hpp"
#include "protocol/publish_request.hpp"
#include "server/api_call.hpp"

namespace gardu::pusher {
namespace {

std::string cached_event(App& app, std::string_view channel) {
  const auto now = EventCache::Clock::now();
  const auto event = app.cache.get(channel, now);
  if (!event) return "null";
  const auto ttl = std::chrono::ceil<std::chrono::seconds>(event->until - now);
  std::string out = R"({"data":)";
  append_json_string(out, event->data);
  return out + R"(,"ttl":)" + std::to_string(ttl.count()) + '}';
}

}  // namespace

Attributes parse_info(std::string_view info) {
  return {asks_for(info, "user_count"), asks_for(info, "subscription_count"),
          asks_for(info, "cache")};
}

std::string attributes_of(const ApiCall& call, std::string_view channel, const Attributes& wanted) {
  if (!wanted.any()) return {};
  const ChannelKind kind = classify(channel);
  std::string out;
  const auto add = [&](std::string_view name, const std::string& value) {
    if (!out.empty()) out.push_back(',');
    out.push_back('"');
    out += name;
    out += R"(":)" + value;
  };
  if (wanted.user_count && kind.presence)
    add("user_count", std::to_string(call.app.roster.count(channel)));
  if (wanted.subscription_count)
    add("subscription_count", std::to_string(call.app.counts.count(channel)));
  if (wanted.cache && kind.cached) add("cache", cached_event(call.app, channel));
  return out;
}

std::string value_of(const Query& query, std::string_view name) {
  for (const auto& [key, value] : query)
    if (key == name) return value;
  return {};
}

}  // namespace gardu::pusher
