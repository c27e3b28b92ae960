// SPDX-License-Identifier: Apache-2.0
//
// The `blazz` profile. Its front ends know a message by the gateway's id, and take the provider's
// under both of its names.
#include "gateway/blazz.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

namespace gardu::pusher {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kChatsPrefix = "chats.ch";
constexpr std::string_view kNewChatEvent = "App\\Events\\NewChatEvent";

// As WhatsApp Web counts.
constexpr std::array<std::pair<std::string_view, int>, 6> kAckLevels{
    {{"failed", -1}, {"pending", 0}, {"sent", 1}, {"delivered", 2}, {"read", 3}, {"played", 4}}};

Json parsed(const EventView& event) {
  Json data = Json::parse(event.data(), nullptr, false);
  return data.is_object() ? data : Json::object();
}

Json member(const Json& object, const char* name) {
  const auto it = object.find(name);
  return it == object.end() ? Json() : *it;
}

std::string member_text(const Json& object, const char* name) {
  const auto it = object.find(name);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

Json value_of(const Json& message) {
  const Json provider_id = member(message, "provider_message_id");
  const Json metadata = member(message, "metadata");
  const std::string direction = member_text(message, "direction");
  return {{"id", member(message, "id")},
          {"wam_id", provider_id},
          {"message", member_text(message, "text")},
          {"type", direction},
          {"message_status", member(message, "status")},
          {"created_at", member(message, "created_at")},
          {"from_me", direction == "outbound"},
          {"metadata", metadata.is_object() ? metadata : Json::object()},
          {"contact_id", member(message, "contact_id")},
          {"whatsapp_message_id", provider_id}};
}

Json status_of(const Json& data) {
  const std::string status = member_text(data, "status");
  Json level;
  for (const auto& [name, number] : kAckLevels)
    if (name == status) level = number;
  return {{"message_id", member(data, "message_id")}, {"status", status}, {"ack_level", level}};
}

// Nobody but the contact: what agents type is told by whispers.
bool by_contact(const EventView& event) { return member_text(parsed(event), "by") == "contact"; }

void add_status(const EventView& event, std::string_view chat, std::vector<Broadcast>& out) {
  out.push_back({std::string(chat), "message.status.updated", Form::chat_status});
  const std::string status = member_text(parsed(event), "status");
  if (status == "delivered")
    out.push_back({std::string(chat), "message.delivered", Form::chat_status});
  if (status == "read") out.push_back({std::string(chat), "message.read", Form::chat_status});
}

}  // namespace

EventMask blazz_types() {
  return events::message_received | events::message_sent | events::message_status_updated;
}

void add_blazz_broadcasts(const EventView& event, std::vector<Broadcast>& out) {
  if (event.workspace_id().empty() || event.contact_id().empty()) return;
  const std::string chat = std::string(kBlazzChatPrefix) + std::string(event.contact_id());
  switch (event.type()) {
    case GARDU_EVENT_MESSAGE_RECEIVED:
    case GARDU_EVENT_MESSAGE_SENT:
      out.push_back({std::string(kChatsPrefix) + std::string(event.workspace_id()), kNewChatEvent,
                     Form::chat_event});
      out.push_back({chat, "new.message", Form::chat_value});
      return;
    case GARDU_EVENT_MESSAGE_STATUS_UPDATED:
      return add_status(event, chat, out);
    case GARDU_EVENT_TYPING_STARTED:
    case GARDU_EVENT_TYPING_STOPPED:
      if (by_contact(event)) out.push_back({chat, "typing.indicator", Form::chat_typing});
      return;
    default:
      return;
  }
}

std::string blazz_data_of(const EventView& event, Form form) {
  const Json data = parsed(event);
  const Json message = member(data, "message");
  Json out;
  switch (form) {
    case Form::chat_event:
      out = {{"chat", Json::array({{{"type", "chat"}, {"value", value_of(message)}}})}};
      break;
    case Form::chat_value:
      out = value_of(message);
      break;
    case Form::chat_status:
      out = status_of(data);
      break;
    default:
      out = {{"contact_id", event.contact_id()},
             {"is_typing", event.type() == GARDU_EVENT_TYPING_STARTED}};
  }
  // So that these, too, can be recovered after a reconnect.
  if (form != Form::chat_event && event.seq() != 0) out["seq"] = event.seq();
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace gardu::pusher
