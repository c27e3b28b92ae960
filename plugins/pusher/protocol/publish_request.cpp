// SPDX-License-Identifier: Apache-2.0
//
// Reads what a publisher wants sent.
#include "protocol/publish_request.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "protocol/channel.hpp"
#include "protocol/crypto.hpp"
#include "protocol/envelope.hpp"
#include "protocol/utf8.hpp"

namespace gardu::pusher {
namespace {

using Json = nlohmann::json;

[[noreturn]] void refuse(int status, std::string text) { throw Refusal{status, std::move(text)}; }

std::string optional_text(const Json& body, const char* name) {
  const auto it = body.find(name);
  if (it == body.end() || it->is_null()) return {};
  if (!it->is_string()) refuse(400, std::string(name) + " must be a string");
  return it->get<std::string>();
}

std::string read_name(const Json& body, const Limits& limits) {
  std::string name = optional_text(body, "name");
  if (name.empty()) refuse(400, "name is missing");
  if (limits.event_name != 0 && name.size() > limits.event_name)
    refuse(400, "name is longer than " + std::to_string(limits.event_name) + " characters");
  if (reserved_event_name(name)) refuse(400, "names that begin with pusher: are reserved");
  return name;
}

std::string read_data(const Json& body, const Limits& limits) {
  const auto it = body.find("data");
  if (it == body.end()) refuse(400, "data is missing");
  std::string data = it->is_string() ? it->get<std::string>() : it->dump();
  if (limits.event_data != 0 && data.size() > limits.event_data)
    refuse(413, "The data content of this event exceeds the allowed maximum (" +
                    std::to_string(limits.event_data) + " bytes)");
  return data;
}

void add_channel(const Json& value, const Limits& limits, std::vector<std::string>& out) {
  if (!value.is_string()) refuse(400, "a channel must be a string");
  auto name = value.get<std::string>();
  if (!valid_channel_name(name, limits.channel_name))
    refuse(400, "not a valid channel name: " + std::string(utf8_prefix(name, 64)));
  if (std::ranges::find(out, name) == out.end()) out.push_back(std::move(name));
}

std::vector<std::string> read_channels(const Json& body, const Limits& limits) {
  std::vector<std::string> out;
  const auto many = body.find("channels");
  if (many == body.end() || many->is_null()) {
    const auto one = body.find("channel");
    if (one == body.end()) refuse(400, "channels is missing");
    add_channel(*one, limits, out);
    return out;
  }
  if (!many->is_array() || many->empty()) refuse(400, "channels must be a list of names");
  if (limits.channels_per_event != 0 && many->size() > limits.channels_per_event)
    refuse(400,
           "more than " + std::to_string(limits.channels_per_event) + " channels in one event");
  for (const Json& name : *many) add_channel(name, limits, out);
  return out;
}

Json read_object(std::string_view text) {
  if (nested_too_deep(text)) refuse(400, "the body is nested too deep");
  Json body = Json::parse(text, nullptr, false);
  if (!body.is_object()) refuse(400, "the body is not a JSON object");
  return body;
}

PublishRequest read_event(const Json& body, const Limits& limits) {
  if (!body.is_object()) refuse(400, "an event must be a JSON object");
  PublishRequest out;
  out.name = read_name(body, limits);
  out.channels = read_channels(body, limits);
  out.data = read_data(body, limits);
  out.except = optional_text(body, "socket_id");
  if (!out.except.empty() && !is_socket_id(out.except)) refuse(400, "socket_id is malformed");
  const std::string info = optional_text(body, "info");
  out.wants_info = !info.empty();
  out.subscription_count = asks_for(info, "subscription_count");
  out.user_count = asks_for(info, "user_count");
  return out;
}

std::vector<PublishRequest> read_batch(const Json& body, const Limits& limits) {
  const auto batch = body.find("batch");
  if (batch == body.end() || !batch->is_array()) refuse(400, "batch must be a list of events");
  if (limits.batch != 0 && batch->size() > limits.batch)
    refuse(400, "Batch too large: more than " + std::to_string(limits.batch) + " events");
  std::vector<PublishRequest> out;
  for (const Json& event : *batch) out.push_back(read_event(event, limits));
  return out;
}

}  // namespace

std::variant<PublishRequest, Refusal> parse_publish_request(std::string_view body,
                                                            const Limits& limits) {
  try {
    return read_event(read_object(body), limits);
  } catch (const Refusal& refusal) {
    return refusal;
  }
}

std::variant<std::vector<PublishRequest>, Refusal> parse_batch_request(std::string_view body,
                                                                       const Limits& limits) {
  try {
    return read_batch(read_object(body), limits);
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
