// SPDX-License-Identifier: Apache-2.0
//
// Events for a test to deliver, as values that own their texts. The functions below make the usual
// ones; what they leave empty (ids, seq, times, data) the FakeHost fills in when it delivers them:
// FakeHost::filled does it beforehand, for a test that wants to know.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "../abi/event.h"
#include "../result.hpp"

namespace gardu::testing {

inline constexpr std::string_view kWorkspace = "00000000-0000-7000-8000-0000000000a1";
inline constexpr std::string_view kAccount = "00000000-0000-7000-8000-0000000000b1";
inline constexpr std::string_view kPhone = "+6281234567890";

struct FakeMessage {
  uint32_t type = GARDU_MESSAGE_TEXT;
  uint32_t direction = GARDU_INBOUND;
  uint32_t chat_type = GARDU_CHAT_PRIVATE;
  uint32_t status = GARDU_STATUS_RECEIVED;
  uint32_t priority = GARDU_PRIORITY_NORMAL;
  uint32_t forwarded = 0;
  std::string id = {}, workspace_id = std::string(kWorkspace), account_id = std::string(kAccount),
              contact_id = {}, client_ref = {}, provider_message_id = {}, text = {}, content = {},
              reply_to_message_id = {}, reply_to_provider_id = {}, sender_address = {},
              sender_name = {}, sent_by_kind = "contact", sent_by_id = {}, metadata = {};
  int64_t created_at = 0;
};

struct FakeContact {
  uint32_t is_group = 0;
  std::string id = {}, account_id = std::string(kAccount), address = std::string(kPhone),
              phone = std::string(kPhone), name = "Ayu";
};

struct FakeEvent {
  uint32_t type = GARDU_EVENT_OTHER;
  uint32_t flags = 0;
  int64_t seq = 0, occurred_at = 0, recorded_at = 0;
  std::string id = {}, type_name = {}, workspace_id = std::string(kWorkspace),
              account_id = std::string(kAccount), contact_id = {}, source = "host", data = {},
              origin_socket = {};
  std::optional<FakeMessage> message = {};
  std::optional<FakeContact> contact = {};
};

// An id as the gateway makes them, the same for the same two arguments.
std::string fake_id(std::string_view kind, std::string_view of);
// The contact that has that address.
FakeContact fake_contact(std::string_view address = kPhone, std::string_view name = "Ayu");

FakeEvent message_received(std::string_view text, std::string_view from = kPhone);
FakeEvent message_received(FakeMessage message, std::string_view from = kPhone);
FakeEvent message_sent(std::string_view text, std::string_view to = kPhone);
FakeEvent message_status(std::string_view message_id, gardu_message_status status);
FakeEvent message_updated(std::string_view message_id, std::string_view new_text);
FakeEvent message_deleted(std::string_view message_id);
FakeEvent message_reaction(std::string_view message_id, std::string_view emoji);
FakeEvent typing(bool started, std::string_view from = kPhone);         // ephemeral
FakeEvent contact_presence(bool online, std::string_view of = kPhone);  // ephemeral
FakeEvent contact_created(std::string_view address, std::string_view name = "Ayu");
FakeEvent contact_updated(std::string_view address, std::string_view name = "Ayu");
FakeEvent conversation_updated(std::string_view data, std::string_view of = kPhone);
FakeEvent account_status(std::string_view status);
// Any other: of a type of the list, by its data; a plugin's own, by its name; or of a number that
// this version does not know.
FakeEvent event_of(gardu_event_type type, std::string_view data = "{}");
FakeEvent own_event(std::string_view type_name, std::string_view data = "{}");
FakeEvent unknown_event(uint32_t number = 60);

// "message.received" of a number; of an unknown one, "later.<number>".
std::string event_type_name(uint32_t type);

}  // namespace gardu::testing

#include "detail/events.hpp"
