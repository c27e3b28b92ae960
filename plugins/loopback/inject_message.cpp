// SPDX-License-Identifier: Apache-2.0
#include "inject_message.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string_view>

namespace gardu::loopback {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxName = 255;
constexpr std::size_t kMaxId = 255;
constexpr std::size_t kMaxText = 65536;

constexpr std::array<std::pair<std::string_view, gardu_message_type>, 17> kTypes{
    {{"text", GARDU_MESSAGE_TEXT},
     {"image", GARDU_MESSAGE_IMAGE},
     {"video", GARDU_MESSAGE_VIDEO},
     {"audio", GARDU_MESSAGE_AUDIO},
     {"voice", GARDU_MESSAGE_VOICE},
     {"document", GARDU_MESSAGE_DOCUMENT},
     {"sticker", GARDU_MESSAGE_STICKER},
     {"location", GARDU_MESSAGE_LOCATION},
     {"contacts", GARDU_MESSAGE_CONTACTS},
     {"interactive", GARDU_MESSAGE_INTERACTIVE},
     {"button", GARDU_MESSAGE_BUTTON},
     {"template", GARDU_MESSAGE_TEMPLATE},
     {"reaction", GARDU_MESSAGE_REACTION},
     {"order", GARDU_MESSAGE_ORDER},
     {"poll", GARDU_MESSAGE_POLL},
     {"system", GARDU_MESSAGE_SYSTEM},
     {"unsupported", GARDU_MESSAGE_UNSUPPORTED}}};

// No text in it has a NUL, which not every database keeps.
bool is_clean(const Json& value) {
  if (value.is_string()) return value.get_ref<const std::string&>().find('\0') == std::string::npos;
  if (value.is_object())
    for (const auto& [key, member] : value.items())
      if (key.find('\0') != std::string::npos) return false;
  return std::all_of(value.begin(), value.end(),
                     [&](const Json& part) { return !value.is_structured() || is_clean(part); });
}

class Reader {
 public:
  Reader(const Json& object, const std::string& prefix, FieldErrors& errors)
      : object_(object), prefix_(prefix), errors_(errors) {}

  void fail(const char* key, std::string why) {
    errors_.emplace_back(prefix_ + key, std::move(why));
  }

  bool has(const char* key) const { return object_.contains(key) && !object_.at(key).is_null(); }

  std::string text(const char* key, std::size_t limit) {
    if (!has(key)) return {};
    const Json& value = object_.at(key);
    if (!value.is_string()) return fail(key, "must be a string"), std::string();
    auto out = value.get<std::string>();
    if (out.size() > limit) fail(key, "is longer than " + std::to_string(limit) + " bytes");
    if (out.find('\0') != std::string::npos) fail(key, "must be UTF-8 without NUL");
    return out;
  }

  std::string object(const char* key) {
    if (!has(key)) return {};
    const Json& value = object_.at(key);
    if (!value.is_object()) return fail(key, "must be an object"), std::string();
    if (!is_clean(value)) fail(key, "must be UTF-8 without NUL");
    return value.dump();
  }

  void only(std::initializer_list<std::string_view> known) {
    for (const auto& [key, value] : object_.items())
      if (std::find(known.begin(), known.end(), key) == known.end())
        errors_.emplace_back(prefix_ + key, "is not known here");
  }

 private:
  const Json& object_;
  const std::string& prefix_;
  FieldErrors& errors_;
};

void read_peer(Reader& in, Publication& out) {
  const std::string from = in.text("from", 21);
  const bool number =
      from.size() >= 5 && from.size() <= 21 && from.front() == '+' &&
      std::all_of(from.begin() + 1, from.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!in.has("from"))
    in.fail("from", "is required");
  else if (!number)
    in.fail("from", "must be a phone number, '+' and 4 to 20 digits");
  Peer peer;
  peer.identities.push_back({GARDU_IDENTITY_PHONE, from});
  peer.address = from;
  peer.name = in.text("name", kMaxName);
  out.peer = std::move(peer);
}

gardu_message_type read_type(Reader& in) {
  if (!in.has("type")) return GARDU_MESSAGE_TEXT;
  const std::string name = in.text("type", 32);
  const auto* type =
      std::find_if(kTypes.begin(), kTypes.end(), [&](const auto& t) { return t.first == name; });
  if (type != kTypes.end()) return type->second;
  in.fail("type", "is no message type");
  return GARDU_MESSAGE_UNSUPPORTED;
}

// A reaction is about another message: content {"reaction": {"provider_message_id", "emoji"}}.
void make_reaction(const Json& object, Reader& in, Publication& out) {
  const Json content = object.value("content", Json::object());
  const Json reaction = content.is_object() ? content.value("reaction", Json()) : Json();
  if (!reaction.is_object() || !reaction.value("provider_message_id", Json()).is_string() ||
      !reaction.value("emoji", Json("")).is_string())
    return in.fail("content",
                   "of a reaction must be {\"reaction\": {\"provider_message_id\", \"emoji\"}}");
  out.type = GARDU_EVENT_MESSAGE_REACTION;
  out.target = reaction.at("provider_message_id").get<std::string>();
  out.text = reaction.value("emoji", std::string());
  out.message.reset();
}

}  // namespace

Publication read_injected(const Json& object, const std::string& prefix, bool outer,
                          FieldErrors& errors) {
  Publication out;
  out.type = GARDU_EVENT_MESSAGE_RECEIVED;
  Reader in(object, prefix, errors);
  if (!object.is_object()) {
    errors.emplace_back(prefix.substr(0, prefix.size() - 1), "must be an object");
    return out;
  }
  if (outer)
    in.only({"account_id", "from", "name", "type", "text", "content", "provider_message_id",
             "reply_to_provider_id", "occurred_at"});
  else
    in.only({"from", "name", "type", "text", "content", "provider_message_id",
             "reply_to_provider_id", "occurred_at"});

  read_peer(in, out);
  InboundMessage message;
  message.type = read_type(in);
  message.text = in.text("text", kMaxText);
  message.content = in.object("content");
  message.provider_message_id = in.text("provider_message_id", kMaxId);
  message.reply_to_provider_id = in.text("reply_to_provider_id", kMaxId);
  if (message.type == GARDU_MESSAGE_TEXT && message.text.empty())
    in.fail("text", "is required with type text");
  if (in.has("occurred_at")) {
    const std::string written = in.text("occurred_at", 64);
    const auto at = parse_time(written);
    if (!at) in.fail("occurred_at", "must be an RFC 3339 time, e.g. 2026-11-21T03:50:40.123Z");
    out.occurred_at = at.value_or(0);
  }
  const bool reaction = message.type == GARDU_MESSAGE_REACTION;
  out.message = std::move(message);
  if (reaction) make_reaction(object, in, out);
  return out;
}

std::optional<std::int64_t> parse_time(const std::string& text) {
  using namespace std::chrono;
  int y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0, end = 0;
  if (std::sscanf(text.c_str(), "%4d-%2d-%2d%*1[Tt ]%2d:%2d:%2d%n", &y, &mo, &d, &h, &mi, &s,
                  &end) != 6 ||
      end != 19)
    return std::nullopt;
  std::size_t at = 19;
  std::int64_t micros = 0;
  if (at < text.size() && text[at] == '.') {
    std::int64_t unit = 100000;
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, unit /= 10)
      micros += (text[at] - '0') * unit;
    if (text[at - 1] == '.') return std::nullopt;
  }
  minutes offset{0};
  const std::string zone = text.substr(at);
  if (zone != "Z" && zone != "z") {
    int oh = 0, om = 0;
    char sign = 0;
    int used = 0;
    if (std::sscanf(zone.c_str(), "%c%2d:%2d%n", &sign, &oh, &om, &used) != 3 || used != 6 ||
        zone.size() != 6 || (sign != '+' && sign != '-') || oh > 23 || om > 59 || oh < 0 || om < 0)
      return std::nullopt;
    offset = minutes(oh * 60 + om) * (sign == '-' ? -1 : 1);
  }
  const year_month_day day{year(y), month(static_cast<unsigned>(mo)),
                           std::chrono::day(static_cast<unsigned>(d))};
  if (!day.ok() || y < 1970 || h < 0 || h > 23 || mi < 0 || mi > 59 || s < 0 || s > 60)
    return std::nullopt;
  const auto when = sys_days(day) + hours(h) + minutes(mi) + seconds(s) - offset;
  return duration_cast<microseconds>(when.time_since_epoch()).count() + micros;
}

}  // namespace gardu::loopback
