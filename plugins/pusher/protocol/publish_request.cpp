// SPDX-License-Identifier: Apache-2.0
//
// Reads what a publisher wants sent.
#include "protocol/publish_request.hpp"

#include <algorithm>

#include "protocol/channel.hpp"
#include "protocol/crypto.hpp"
#include "protocol/json_reader.hpp"
#include "protocol/utf8.hpp"

namespace gardu::pusher {
namespace {

[[noreturn]] void refuse(int status, std::string text) { throw Refusal{status, std::move(text)}; }

// A member of an event as it was written; of those with the same name the last one counts.
struct Member {
  JsonReader::Kind kind = JsonReader::Kind::none;  // none: it is not there
  std::string text;                                // of a text; all other values as compact JSON

  bool missing() const noexcept { return kind == JsonReader::Kind::none; }
  bool null() const noexcept { return kind == JsonReader::Kind::null; }
  bool read(JsonReader& json) {
    kind = json.kind();
    return kind == JsonReader::Kind::text ? json.text(text) : json.compact(text);
  }
};

struct Channels {
  JsonReader::Kind kind = JsonReader::Kind::none;
  std::vector<Member> names;

  // Of too many, no more are kept than tell that.
  bool read(JsonReader& json, size_t most) {
    names.clear();
    kind = json.kind();
    if (kind != JsonReader::Kind::list) return json.skip();
    return json.list([&] {
      return most != 0 && names.size() > most ? json.skip() : names.emplace_back().read(json);
    });
  }
};

struct RawEvent {
  bool object = false;
  Member name, data, channel, socket_id, info;
  Channels channels;

  Member* member(std::string_view key) {
    if (key == "name") return &name;
    if (key == "data") return &data;
    if (key == "channel") return &channel;
    if (key == "socket_id") return &socket_id;
    return key == "info" ? &info : nullptr;
  }
  bool read(JsonReader& json, const Limits& limits) {
    object = json.kind() == JsonReader::Kind::object;
    if (!object) return json.skip();
    return json.object([&](std::string_view key) {
      if (key == "channels") return channels.read(json, limits.channels_per_event);
      Member* const known = member(key);
      return known == nullptr ? json.skip() : known->read(json);
    });
  }
};

std::string optional_text(Member& member, const char* name) {
  if (member.missing() || member.null()) return {};
  if (member.kind != JsonReader::Kind::text) refuse(400, std::string(name) + " must be a string");
  return std::move(member.text);
}

std::string read_name(RawEvent& event, const Limits& limits) {
  std::string name = optional_text(event.name, "name");
  if (name.empty()) refuse(400, "name is missing");
  if (limits.event_name != 0 && name.size() > limits.event_name)
    refuse(400, "name is longer than " + std::to_string(limits.event_name) + " characters");
  if (reserved_event_name(name)) refuse(400, "names that begin with pusher: are reserved");
  return name;
}

std::string read_data(RawEvent& event, const Limits& limits) {
  if (event.data.missing()) refuse(400, "data is missing");
  if (limits.event_data != 0 && event.data.text.size() > limits.event_data)
    refuse(413, "The data content of this event exceeds the allowed maximum (" +
                    std::to_string(limits.event_data) + " bytes)");
  return std::move(event.data.text);
}

void add_channel(Member& value, const Limits& limits, std::vector<std::string>& out) {
  if (value.kind != JsonReader::Kind::text) refuse(400, "a channel must be a string");
  std::string& name = value.text;
  if (!valid_channel_name(name, limits.channel_name))
    refuse(400, "not a valid channel name: " + std::string(utf8_prefix(name, 64)));
  if (std::ranges::find(out, name) == out.end()) out.push_back(std::move(name));
}

std::vector<std::string> read_channels(RawEvent& event, const Limits& limits) {
  std::vector<std::string> out;
  Channels& many = event.channels;
  if (many.kind == JsonReader::Kind::none || many.kind == JsonReader::Kind::null) {
    if (event.channel.missing()) refuse(400, "channels is missing");
    add_channel(event.channel, limits, out);
    return out;
  }
  if (many.names.empty()) refuse(400, "channels must be a list of names");
  if (limits.channels_per_event != 0 && many.names.size() > limits.channels_per_event)
    refuse(400,
           "more than " + std::to_string(limits.channels_per_event) + " channels in one event");
  for (Member& name : many.names) add_channel(name, limits, out);
  return out;
}

PublishRequest check_event(RawEvent& event, const Limits& limits) {
  if (!event.object) refuse(400, "an event must be a JSON object");
  PublishRequest out;
  out.name = read_name(event, limits);
  out.channels = read_channels(event, limits);
  out.data = read_data(event, limits);
  out.except = optional_text(event.socket_id, "socket_id");
  if (!out.except.empty() && !is_socket_id(out.except)) refuse(400, "socket_id is malformed");
  const std::string info = optional_text(event.info, "info");
  out.wants_info = !info.empty();
  out.subscription_count = asks_for(info, "subscription_count");
  out.user_count = asks_for(info, "user_count");
  return out;
}

constexpr const char* kNoObject = "the body is not a JSON object";

PublishRequest read_event(std::string_view body, const Limits& limits) {
  RawEvent event;
  JsonReader json(body);
  if (!valid_utf8(body) || !event.read(json, limits) || !json.at_end() || !event.object)
    refuse(400, kNoObject);
  return check_event(event, limits);
}

std::vector<PublishRequest> read_batch(std::string_view body, const Limits& limits) {
  std::vector<RawEvent> events;
  bool list = false;
  JsonReader json(body);
  const auto member = [&](std::string_view key) {
    if (key != "batch") return json.skip();
    events.clear();
    list = json.kind() == JsonReader::Kind::list;
    if (!list) return json.skip();
    return json.list([&] {
      return (limits.batch != 0 && events.size() > limits.batch)
                 ? json.skip()
                 : events.emplace_back().read(json, limits);
    });
  };
  if (!valid_utf8(body) || !json.object(member) || !json.at_end()) refuse(400, kNoObject);
  if (!list) refuse(400, "batch must be a list of events");
  if (limits.batch != 0 && events.size() > limits.batch)
    refuse(400, "Batch too large: more than " + std::to_string(limits.batch) + " events");
  std::vector<PublishRequest> out;
  for (RawEvent& event : events) out.push_back(check_event(event, limits));
  return out;
}

}  // namespace

std::variant<PublishRequest, Refusal> parse_publish_request(std::string_view body,
                                                            const Limits& limits) {
  try {
    return read_event(body, limits);
  } catch (const Refusal& refusal) {
    return refusal;
  }
}

std::variant<std::vector<PublishRequest>, Refusal> parse_batch_request(std::string_view body,
                                                                       const Limits& limits) {
  try {
    return read_batch(body, limits);
  } catch (const Refusal& refusal) {
    return refusal;
  }
}

bool asks_for(std::string_view info, std::string_view attribute) {
  while (!info.empty()) {
    const size_t end = std::min(info.find(','), info.size());
    if (info.substr(0, end) == attribute) return true;
    info.remove_prefix(std::min(end + 1, info.size()));
  }
  return false;
}

}  // namespace gardu::pusher
