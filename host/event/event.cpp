// SPDX-License-Identifier: Apache-2.0
#include "event/event.hpp"

#include <nlohmann/json.hpp>
#include <type_traits>

#include <gardu/result.hpp>

#include "event/json.hpp"
#include "event/types.hpp"

namespace gardu::host {
namespace {

constexpr std::int64_t kMicros = 1000;  // in a millisecond

gardu_str str_of(const std::optional<std::string>& s) { return s ? str(*s) : gardu_str{}; }

nlohmann::json parsed_object(const std::optional<std::string>& text) {
  if (!text || text->empty()) return {};
  return nlohmann::json::parse(*text, nullptr, false);
}

std::string member(const nlohmann::json& object, const char* key) {
  if (!object.is_object()) return {};
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

}  // namespace

MessageTexts texts_of(const storage::Message& m) {
  const auto sender = parsed_object(m.sender), by = parsed_object(m.sent_by);
  return {member(sender, "address"), member(sender, "name"), member(by, "kind"), member(by, "id")};
}

void fill_view(const storage::Message& m, const MessageTexts& texts, gardu_message& out) {
  out = {};
  out.size = sizeof out;
  out.type = message_type(m.type).value_or(GARDU_MESSAGE_UNSUPPORTED);
  out.direction = m.direction == "outbound" ? GARDU_OUTBOUND : GARDU_INBOUND;
  out.chat_type = m.chat_type == "group" ? GARDU_CHAT_GROUP : GARDU_CHAT_PRIVATE;
  out.status = message_status(m.status).value_or(GARDU_STATUS_PENDING);
  out.priority = priority(m.priority).value_or(GARDU_PRIORITY_NORMAL);
  out.forwarded = m.forwarded ? 1 : 0;
  out.id = str(m.id);
  out.workspace_id = str(m.workspace_id);
  out.account_id = str(m.account_id);
  out.contact_id = str(m.contact_id);
  out.client_ref = str_of(m.client_ref);
  out.provider_message_id = str_of(m.provider_message_id);
  out.text = str_of(m.text);
  out.content = str_of(m.content);
  out.reply_to_message_id = str_of(m.reply_to_message_id);
  out.reply_to_provider_id = str_of(m.reply_to_provider_id);
  out.sender_address = str(texts.sender_address);
  out.sender_name = str(texts.sender_name);
  out.sent_by_kind = str(texts.sent_by_kind);
  out.sent_by_id = str(texts.sent_by_id);
  out.metadata = str_of(m.metadata);
  out.created_at = m.created_at * kMicros;
}

EventBlock::EventBlock(storage::JournalEntry entry, std::uint32_t flags,
                       std::optional<storage::Message> message,
                       std::optional<storage::Contact> contact)
    : entry_(std::move(entry)), message_(std::move(message)), contact_(std::move(contact)) {
  static_assert(std::is_standard_layout_v<View>);
  view_.block = this;
  gardu_event& e = view_.event;
  e.size = sizeof e;
  e.type = event_type(entry_.type);
  e.flags = flags;
  e.seq = entry_.seq;
  e.occurred_at = entry_.occurred_at * kMicros;
  e.recorded_at = entry_.recorded_at * kMicros;
  e.id = str(entry_.id);
  e.type_name = str(entry_.type);
  e.workspace_id = str(entry_.workspace_id);
  e.account_id = str_of(entry_.account_id);
  e.contact_id = str_of(entry_.contact_id);
  e.source = str(entry_.source);
  e.data = str(entry_.data);
  e.origin_socket = str(entry_.origin_socket);
  if (message_) {
    texts_ = texts_of(*message_);
    fill_view(*message_, texts_, message_view_);
    e.message = &message_view_;
  }
  if (contact_) {
    contact_view_.size = sizeof contact_view_;
    contact_view_.is_group = contact_->is_group ? 1 : 0;
    contact_view_.id = str(contact_->id);
    contact_view_.account_id = str(contact_->account_id);
    contact_view_.address = str(contact_->address);
    contact_view_.phone = str_of(contact_->phone);
    contact_view_.name = str_of(contact_->name);
    e.contact = &contact_view_;
  }
}

EventRef EventBlock::make(storage::JournalEntry entry, std::uint32_t flags,
                          std::optional<storage::Message> message,
                          std::optional<storage::Contact> contact) {
  return EventRef(new EventBlock(std::move(entry), flags, std::move(message), std::move(contact)));
}

EventRef EventBlock::committed(storage::JournalEntry entry) {
  const auto objects = std::static_pointer_cast<const EventObjects>(std::move(entry.attachment));
  if (!objects) return make(std::move(entry), 0, std::nullopt, std::nullopt);
  return make(std::move(entry), 0, objects->message, objects->contact);
}

EventRef EventBlock::followed(storage::JournalEntry entry) {
  return from_text(std::move(entry), 0);
}

EventRef EventBlock::replay(storage::JournalEntry entry) {
  return from_text(std::move(entry), GARDU_EVENT_REPLAYED);
}

EventRef EventBlock::from_text(storage::JournalEntry entry, std::uint32_t flags) {
  std::optional<storage::Message> message;
  std::optional<storage::Contact> contact;
  const auto data = nlohmann::json::parse(entry.data, nullptr, false);
  if (data.is_object()) {
    if (const auto it = data.find("message"); it != data.end() && it->is_object())
      message = message_from_json(*it);
    if (const auto it = data.find("contact"); it != data.end() && it->is_object())
      contact = contact_from_json(*it);
  }
  return make(std::move(entry), flags, std::move(message), std::move(contact));
}

const EventBlock& EventBlock::of(const gardu_event& view) noexcept {
  return *reinterpret_cast<const View*>(&view)->block;
}

void EventBlock::release() const noexcept {
  if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
}

}  // namespace gardu::host
