// SPDX-License-Identifier: Apache-2.0
//
// The `gardu` profile, and where the other one joins it.
#include "gateway/profile.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>

#include "gateway/blazz.hpp"
#include "protocol/messages.hpp"

namespace gardu::pusher {
namespace {

constexpr std::string_view kWorkspacePrefix = "private-workspace.";
constexpr std::string_view kPresencePrefix = "presence-workspace.";
constexpr std::string_view kBlanks = " \t\r\n";

enum : unsigned { kWorkspace = 1, kChat = 2, kTyping = 4, kSession = 8 };

unsigned targets_of(uint32_t type) {
  switch (type) {
    case GARDU_EVENT_MESSAGE_RECEIVED:
    case GARDU_EVENT_MESSAGE_SENT:
    case GARDU_EVENT_MESSAGE_STATUS_UPDATED:
    case GARDU_EVENT_MESSAGE_UPDATED:
    case GARDU_EVENT_MESSAGE_DELETED:
    case GARDU_EVENT_MESSAGE_REACTION:
    case GARDU_EVENT_CONTACT_PRESENCE:
    case GARDU_EVENT_CONVERSATION_UPDATED:
      return kWorkspace | kChat;
    case GARDU_EVENT_TYPING_STARTED:
    case GARDU_EVENT_TYPING_STOPPED:
      return kChat | kTyping;
    case GARDU_EVENT_CONTACT_CREATED:
    case GARDU_EVENT_CONTACT_UPDATED:
    case GARDU_EVENT_ACCOUNT_HEALTH:
    case GARDU_EVENT_TEMPLATE_STATUS:
    case GARDU_EVENT_CALL_RECEIVED:
    case GARDU_EVENT_OTHER:
      return kWorkspace;
    case GARDU_EVENT_ACCOUNT_STATUS:
      return kWorkspace | kSession;
    case GARDU_EVENT_ACCOUNT_QR:
      return kSession;
    default:
      return 0;  // plugin.status is the operator's, and what is newer than this plugin
  }
}

std::string rfc3339(int64_t micros) {
  int64_t millis = micros / 1000 - (micros % 1000 < 0 ? 1 : 0);
  int64_t seconds = millis / 1000;
  millis %= 1000;
  if (millis < 0) {
    millis += 1000;
    --seconds;
  }
  const auto when = static_cast<std::time_t>(seconds);
  std::tm utc{};
  gmtime_r(&when, &utc);
  char day[32];
  const size_t size = std::strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &utc);
  char fraction[8];
  std::snprintf(fraction, sizeof fraction, ".%03dZ", static_cast<int>(millis));
  return std::string(day, size) + fraction;
}

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

bool plain_id(std::string_view id) { return !id.empty() && id.find('.') == std::string_view::npos; }

}  // namespace

std::vector<std::string> channels_of(const EventView& event) {
  std::vector<std::string> out;
  const unsigned targets = targets_of(event.type());
  if (targets == 0 || event.workspace_id().empty()) return out;
  std::string workspace(kWorkspacePrefix);
  workspace += event.workspace_id();
  const auto add = [&](unsigned target, std::string_view kind, std::string_view id) {
    if ((targets & target) == 0 || id.empty()) return;
    out.push_back(workspace);
    out.back() += kind;
    out.back() += id;
  };
  if ((targets & kWorkspace) != 0) out.push_back(workspace);
  add(kChat, ".chat.", event.contact_id());
  add(kTyping, ".typing.", event.contact_id());
  add(kSession, ".session.", event.account_id());
  return out;
}

std::string data_of(const EventView& event, Form form) {
  if (form != Form::own) return blazz_data_of(event, form);
  std::string_view data = trimmed(event.data());
  if (data.size() < 2 || data.front() != '{' || data.back() != '}') data = "{}";
  const std::string_view members = trimmed(data.substr(1, data.size() - 2));
  std::string out;
  out.reserve(data.size() + 128);
  out.push_back('{');
  out += members;
  if (!members.empty()) out.push_back(',');
  out += R"("seq":)";
  out += event.ephemeral() || event.seq() == 0 ? "null" : std::to_string(event.seq());
  out += R"(,"id":)";
  append_json_string(out, event.id());
  out += R"(,"occurred_at":")" + rfc3339(event.occurred_at()) + R"("})";
  return out;
}

std::vector<Broadcast> broadcasts_of(const EventView& event, Profiles profiles) {
  std::vector<Broadcast> out;
  if (profiles.gardu)
    for (std::string& channel : channels_of(event))
      out.push_back({std::move(channel), event.type_name(), Form::own});
  if (profiles.blazz) add_blazz_broadcasts(event, out);
  return out;
}

std::optional<GatewayChannel> parse_gateway_channel(std::string_view name, Profiles profiles) {
  using Kind = GatewayChannel::Kind;
  GatewayChannel out;
  if (profiles.blazz && name.starts_with(kBlazzChatPrefix)) {
    out.kind = Kind::blazz_chat;
    out.contact_id = name.substr(kBlazzChatPrefix.size());
    return plain_id(out.contact_id) ? std::optional(out) : std::nullopt;
  }
  const bool presence = name.starts_with(kPresencePrefix);
  if (!profiles.gardu || !(presence || name.starts_with(kWorkspacePrefix))) return std::nullopt;
  name.remove_prefix(presence ? kPresencePrefix.size() : kWorkspacePrefix.size());
  const size_t dot = name.find('.');
  out.workspace_id = name.substr(0, dot);
  if (out.workspace_id.empty()) return std::nullopt;
  const std::string_view rest = dot == std::string_view::npos ? "" : name.substr(dot + 1);
  if (presence) {
    out.kind = Kind::presence;
    return rest == "presence" ? std::optional(out) : std::nullopt;
  }
  if (dot == std::string_view::npos) return out;
  const size_t second = rest.find('.');
  if (second == std::string_view::npos) return std::nullopt;
  const std::string_view kind = rest.substr(0, second), id = rest.substr(second + 1);
  if (!plain_id(id)) return std::nullopt;
  if (kind == "chat" || kind == "typing") {
    out.kind = kind == "chat" ? Kind::chat : Kind::typing;
    out.contact_id = id;
  } else if (kind == "session") {
    out.kind = Kind::session;
    out.account_id = id;
  } else {
    return std::nullopt;
  }
  return out;
}

EventMask journaled_types(GatewayChannel::Kind kind) {
  unsigned target = 0;
  switch (kind) {
    case GatewayChannel::Kind::workspace:
      target = kWorkspace;
      break;
    case GatewayChannel::Kind::chat:
      target = kChat;
      break;
    case GatewayChannel::Kind::session:
      target = kSession;
      break;
    case GatewayChannel::Kind::blazz_chat:
      return blazz_types();
    case GatewayChannel::Kind::typing:
    case GatewayChannel::Kind::presence:
      return 0;
  }
  EventMask out = 0;
  for (uint32_t type = 0; type < 63; ++type)
    if ((targets_of(type) & target) != 0) out |= EventMask{1} << type;
  return out;
}

}  // namespace gardu::pusher
