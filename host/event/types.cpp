// SPDX-License-Identifier: Apache-2.0
#include "event/types.hpp"

#include <array>
#include <cstddef>

namespace gardu::host {
namespace {

// Index: the number in the ABI.
constexpr std::array<std::string_view, 19> kEvents{"",
                                                   "message.received",
                                                   "message.sent",
                                                   "message.status.updated",
                                                   "message.updated",
                                                   "message.deleted",
                                                   "message.reaction",
                                                   "typing.started",
                                                   "typing.stopped",
                                                   "contact.created",
                                                   "contact.updated",
                                                   "contact.presence",
                                                   "conversation.updated",
                                                   "account.status",
                                                   "account.qr",
                                                   "account.health",
                                                   "template.status",
                                                   "call.received",
                                                   "plugin.status"};
constexpr std::array<std::string_view, 17> kMessages{
    "unsupported", "text",     "image",    "video",    "audio",       "voice",
    "document",    "sticker",  "location", "contacts", "interactive", "button",
    "template",    "reaction", "order",    "poll",     "system"};
constexpr std::array<std::string_view, 7> kStatuses{"pending", "sent",   "delivered", "read",
                                                    "played",  "failed", "received"};
constexpr std::array<std::string_view, 4> kPriorities{"urgent", "high", "normal", "low"};
constexpr std::array<std::string_view, 5> kIdentities{"phone", "lid", "bsuid", "group", "other"};

template <std::size_t N>
std::optional<std::uint32_t> find(const std::array<std::string_view, N>& words,
                                  std::string_view word) {
  for (std::size_t i = 0; i < N; ++i)
    if (words[i] == word) return static_cast<std::uint32_t>(i);
  return std::nullopt;
}

template <std::size_t N>
std::string_view word(const std::array<std::string_view, N>& words, std::uint32_t number,
                      std::string_view otherwise) {
  return number < N ? words[number] : otherwise;
}

}  // namespace

std::uint32_t event_type(std::string_view name) {
  return find(kEvents, name).value_or(GARDU_EVENT_OTHER);
}
std::string_view event_type_name(std::uint32_t type) { return word(kEvents, type, ""); }
std::optional<std::uint32_t> message_type(std::string_view name) { return find(kMessages, name); }
std::string_view message_type_name(std::uint32_t type) {
  return word(kMessages, type, kMessages[GARDU_MESSAGE_UNSUPPORTED]);
}
std::optional<std::uint32_t> message_status(std::string_view name) { return find(kStatuses, name); }
std::string_view message_status_name(std::uint32_t status) {
  return word(kStatuses, status, kStatuses[GARDU_STATUS_PENDING]);
}
std::optional<std::uint32_t> priority(std::string_view name) { return find(kPriorities, name); }
std::string_view priority_name(std::uint32_t priority) {
  return word(kPriorities, priority, kPriorities[GARDU_PRIORITY_NORMAL]);
}
std::optional<std::uint32_t> identity_kind(std::string_view name) {
  return find(kIdentities, name);
}
std::string_view identity_kind_name(std::uint32_t kind) {
  return word(kIdentities, kind, kIdentities[GARDU_IDENTITY_OTHER]);
}

}  // namespace gardu::host
