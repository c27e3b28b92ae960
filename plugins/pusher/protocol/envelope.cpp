// SPDX-License-Identifier: Apache-2.0
//
// What a client sent.
#include "protocol/envelope.hpp"

#include <nlohmann/json.hpp>

namespace gardu::pusher {
namespace {

using Json = nlohmann::json;

std::optional<std::string> text_member(const Json& object, const char* name) {
  const auto it = object.find(name);
  if (it == object.end() || !it->is_string()) return std::nullopt;
  return it->get<std::string>();
}

// The object that `data` is, or holds as a string; null when it is neither.
Json object_of(const Json& data) {
  if (data.is_object()) return data;
  if (!data.is_string()) return {};
  const auto& text = data.get_ref<const std::string&>();
  if (text.empty() || nested_too_deep(text)) return {};
  Json parsed = Json::parse(text, nullptr, false);
  return parsed.is_object() ? parsed : Json{};
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
  if (nested_too_deep(text)) return Status::invalid("Invalid message format: nested too deep");
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return Status::invalid("Invalid message format: not a JSON object");
  ClientMessage message;
  auto event = text_member(json, "event");
  if (!event || event->empty())
    return Status::invalid("Invalid message format: 'event' must be a text");
  message.event = std::move(*event);
  message.channel = text_member(json, "channel");
  const auto data = json.find("data");
  if (data == json.end()) return message;
  message.data = data->is_string() ? data->get<std::string>() : data->dump();
  const Json object = object_of(*data);
  if (!object.is_object()) return message;
  message.data_channel = text_member(object, "channel");
  message.auth = text_member(object, "auth");
  message.channel_data = text_member(object, "channel_data");
  message.user_data = text_member(object, "user_data");
  return message;
}

}  // namespace gardu::pusher
