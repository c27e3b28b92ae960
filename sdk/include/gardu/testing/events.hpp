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

// The workspace of all that a test does not place elsewhere.
inline constexpr std::string_view kWorkspace = "00000000-0000-7000-8000-0000000000a1";
// Likewise the account.
inline constexpr std::string_view kAccount = "00000000-0000-7000-8000-0000000000b1";
// Likewise the contact's number, which is its address too.
inline constexpr std::string_view kPhone = "+6281234567890";

// A message of an event, as gardu_message has it.
struct FakeMessage {
  // gardu_message_type
  uint32_t type = GARDU_MESSAGE_TEXT;
  // gardu_direction
  uint32_t direction = GARDU_INBOUND;
  // gardu_chat_type
  uint32_t chat_type = GARDU_CHAT_PRIVATE;
  // gardu_message_status
  uint32_t status = GARDU_STATUS_RECEIVED;
  // gardu_priority
  uint32_t priority = GARDU_PRIORITY_NORMAL;
  // 0 or 1.
  uint32_t forwarded = 0;
  std::string id = {},                        /* empty: filled in */
      workspace_id = std::string(kWorkspace), /* whose it is */
      account_id = std::string(kAccount),     /* that received or sends it */
      contact_id = {},                        /* empty: that of the event */
      client_ref = {},                        /* the sender's own reference */
      provider_message_id = {},               /* empty: filled in when it is inbound */
      text = {},                              /* body or caption */
      content = {},                           /* JSON object, or empty */
      reply_to_message_id = {},               /* ours, of the message that it quotes */
      reply_to_provider_id = {},              /* the same as the provider names it */
      sender_address = {},                    /* in a group: the participant */
      sender_name = {},                       /* of that participant */
      sent_by_kind = "contact",               /* "user", "api", "plugin", "phone", "contact" */
      sent_by_id = {},                        /* of that user, token, plugin or contact */
      metadata = {};                          /* JSON object, or empty */
  // Microseconds UTC; 0: filled in.
  int64_t created_at = 0;
};

// A contact of an event, as gardu_contact has it.
struct FakeContact {
  // 0 or 1.
  uint32_t is_group = 0;
  std::string id = {},                    /* as `fake_contact` makes it of the address */
      account_id = std::string(kAccount), /* the account that it is a contact of */
      address = std::string(kPhone),      /* what a reply is sent to */
      phone = std::string(kPhone),        /* E.164 with '+', or empty */
      name = "Ayu";                       /* empty: not known */
};

// An event to deliver, as gardu_event has it.
struct FakeEvent {
  // gardu_event_type, or a number that this version does not know.
  uint32_t type = GARDU_EVENT_OTHER;
  // gardu_event_flag bits.
  uint32_t flags = 0;
  int64_t seq = 0,     /* journal position; 0: filled in, but for ephemeral ones */
      occurred_at = 0, /* microseconds UTC; 0: filled in */
      recorded_at = 0; /* likewise */
  std::string id = {}, /* empty: filled in */
      type_name = {},  /* empty: by `type` */
      workspace_id = std::string(kWorkspace), /* whose it is */
      account_id = std::string(kAccount),     /* the account, or empty */
      contact_id = {},                        /* the contact, or empty */
      source = "host",                        /* "api", "host", or "plugin:" and its id */
      data = {},                              /* JSON object; empty: filled in */
      origin_socket = {};                     /* of the client that caused it, or empty */
  // The message that the plugin sees beside `data`.
  std::optional<FakeMessage> message = {};
  // Likewise the contact.
  std::optional<FakeContact> contact = {};
};

// An id as the gateway makes them, the same for the same two arguments.
std::string fake_id(std::string_view kind, std::string_view of);
// The contact that has that address.
FakeContact fake_contact(std::string_view address = kPhone, std::string_view name = "Ayu");

// A text that the contact with that address sent.
FakeEvent message_received(std::string_view text, std::string_view from = kPhone);
// Likewise any message, with that contact.
FakeEvent message_received(FakeMessage message, std::string_view from = kPhone);
// A text that the API sent to the contact with that address: pending.
FakeEvent message_sent(std::string_view text, std::string_view to = kPhone);
// The status of an outbound message to kPhone moved, from pending.
FakeEvent message_status(std::string_view message_id, gardu_message_status status);
// A message of kPhone got another text.
FakeEvent message_updated(std::string_view message_id, std::string_view new_text);
// A message of kPhone was revoked.
FakeEvent message_deleted(std::string_view message_id);
// kPhone put that emoji on a message; empty: took it off.
FakeEvent message_reaction(std::string_view message_id, std::string_view emoji);
FakeEvent typing(bool started, std::string_view from = kPhone);         // ephemeral
FakeEvent contact_presence(bool online, std::string_view of = kPhone);  // ephemeral
// A contact with that address is new.
FakeEvent contact_created(std::string_view address, std::string_view name = "Ayu");
// The contact with that address changed.
FakeEvent contact_updated(std::string_view address, std::string_view name = "Ayu");
// The conversation of that address changed; `data` is a JSON object.
FakeEvent conversation_updated(std::string_view data, std::string_view of = kPhone);
// kAccount has that status, e.g. "ready".
FakeEvent account_status(std::string_view status);
// Any other: of a type of the list, by its data; a plugin's own, by its name; or of a number that
// this version does not know.
FakeEvent event_of(gardu_event_type type, std::string_view data = "{}");
// A plugin's own: `type_name` is its id, a dot and a name.
FakeEvent own_event(std::string_view type_name, std::string_view data = "{}");
// Of a type of a later version.
FakeEvent unknown_event(uint32_t number = 60);

// "message.received" of a number; of an unknown one, "later.<number>".
std::string event_type_name(uint32_t type);

}  // namespace gardu::testing

#include "detail/events.hpp"
