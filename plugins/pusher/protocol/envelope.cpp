// SPDX-License-Identifier: Apache-2.0
//
// What a client sent.
#include "protocol/envelope.hpp"

#include "protocol/json_reader.hpp"
#include "protocol/utf8.hpp"

namespace gardu::pusher {
namespace {

// A text, or nothing where the value is none. False: it is no JSON.
bool read_text(JsonReader& json, std::optional<std::string>& out) {
  out.reset();
  if (json.kind() != JsonReader::Kind::text) return json.skip();
  return json.text(out.emplace());
}

std::optional<std::string>* member_of(ClientMessage& message, std::string_view name) {
  if (name == "channel") return &message.data_channel;
  if (name == "auth") return &message.auth;
  if (name == "channel_data") return &message.channel_data;
  return name == "user_data" ? &message.user_data : nullptr;
}

// The members of `data`, where that is an object.
void read_members(ClientMessage& message) {
  JsonReader json(message.data);
  const auto member = [&](std::string_view name) {
    auto* const known = member_of(message, name);
    return known == nullptr ? json.skip() : read_text(json, *known);
  };
  if (json.object(member) && json.at_end()) return;
  for (const std::string_view name : {"channel", "auth", "channel_data", "user_data"})
    member_of(message, name)->reset();
}

}  // namespace

bool nested_too_deep(std::string_view json) noexcept {
  constexpr int kDeepest = 64;
  int depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kDeepest) return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

Result<ClientMessage> parse_client_message(std::string_view text) {
  ClientMessage message;
  std::optional<std::string> event;
  JsonReader json(text);
  const auto member = [&](std::string_view name) {
    if (name == "event") return read_text(json, event);
    if (name == "channel") return read_text(json, message.channel);
    if (name != "data") return json.skip();
    return json.kind() == JsonReader::Kind::text ? json.text(message.data)
                                                 : json.compact(message.data);
  };
  if (!json.object(member) || !json.at_end() || !valid_utf8(text))
    return Status::invalid(nested_too_deep(text) ? "Invalid message format: nested too deep"
                                                 : "Invalid message format: not a JSON object");
  if (!event || event->empty())
    return Status::invalid("Invalid message format: 'event' must be a text");
  message.event = std::move(*event);
  if (!message.event.starts_with("client-")) read_members(message);
  return message;
}

}  // namespace gardu::pusher
