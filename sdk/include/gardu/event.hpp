// SPDX-License-Identifier: Apache-2.0
//
// Views of events. A view is a pointer: cheap to copy, valid for the call that gave it. `retain`
// makes an Event, which keeps it.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "result.hpp"

namespace gardu {

// Sets of event types, for GARDU_PLUGIN's `subscribes`.
using EventMask = uint64_t;
// The set of that one type.
constexpr EventMask mask_of(gardu_event_type type) { return EventMask{1} << type; }
// Sets by name. Join them with `|`.
namespace events {
// A plugin's own types.
inline constexpr EventMask other = mask_of(GARDU_EVENT_OTHER);
// An inbound message was stored.
inline constexpr EventMask message_received = mask_of(GARDU_EVENT_MESSAGE_RECEIVED);
// An outbound message was stored.
inline constexpr EventMask message_sent = mask_of(GARDU_EVENT_MESSAGE_SENT);
// The status of an outbound message moved forward.
inline constexpr EventMask message_status_updated = mask_of(GARDU_EVENT_MESSAGE_STATUS_UPDATED);
// The text of a message was edited, at either end.
inline constexpr EventMask message_updated = mask_of(GARDU_EVENT_MESSAGE_UPDATED);
// A message was revoked, at either end.
inline constexpr EventMask message_deleted = mask_of(GARDU_EVENT_MESSAGE_DELETED);
// An emoji was put on a message, or taken off.
inline constexpr EventMask message_reaction = mask_of(GARDU_EVENT_MESSAGE_REACTION);
// Somebody began or ceased to type. Ephemeral.
inline constexpr EventMask typing =
    mask_of(GARDU_EVENT_TYPING_STARTED) | mask_of(GARDU_EVENT_TYPING_STOPPED);
// A contact is new, or changed.
inline constexpr EventMask contact =
    mask_of(GARDU_EVENT_CONTACT_CREATED) | mask_of(GARDU_EVENT_CONTACT_UPDATED);
// A contact is online, or no more. Ephemeral.
inline constexpr EventMask presence = mask_of(GARDU_EVENT_CONTACT_PRESENCE);
// State, assignee, unread or auto reply changed.
inline constexpr EventMask conversation = mask_of(GARDU_EVENT_CONVERSATION_UPDATED);
// Status, QR code and health of accounts.
inline constexpr EventMask account = mask_of(GARDU_EVENT_ACCOUNT_STATUS) |
                                     mask_of(GARDU_EVENT_ACCOUNT_QR) |
                                     mask_of(GARDU_EVENT_ACCOUNT_HEALTH);
// The provider approved, refused or paused a template.
inline constexpr EventMask template_status = mask_of(GARDU_EVENT_TEMPLATE_STATUS);
// Somebody calls an account.
inline constexpr EventMask call = mask_of(GARDU_EVENT_CALL_RECEIVED);
// The state of a plugin changed. Ephemeral.
inline constexpr EventMask plugin_status = mask_of(GARDU_EVENT_PLUGIN_STATUS);
// Every type, those of later versions included.
inline constexpr EventMask all = ~EventMask{0};
}  // namespace events

// A look at a contact, who is a conversation. Valid as long as what shows it.
class ContactView {
 public:
  // Looks at `c`, which must outlive it.
  explicit ContactView(const gardu_contact& c) noexcept : c_(&c) {}
  // Ours, a UUID.
  std::string_view id() const noexcept { return view(c_->id); }
  // The account that it is a contact of.
  std::string_view account_id() const noexcept { return view(c_->account_id); }
  // What a reply is sent to, as the provider writes it.
  std::string_view address() const noexcept { return view(c_->address); }
  // E.164 with '+', or empty.
  std::string_view phone() const noexcept { return view(c_->phone); }
  // Empty when not known.
  std::string_view name() const noexcept { return view(c_->name); }
  // A group, not a person.
  bool is_group() const noexcept { return c_->is_group != 0; }
  const gardu_contact& raw() const noexcept { return *c_; }

 private:
  const gardu_contact* c_;
};

// A message to be sent with Host::send. The texts are owned.
struct OutgoingMessage {
  // What it is, and so where its body is: in `text`, `content` or both.
  gardu_message_type type = GARDU_MESSAGE_TEXT;
  // Of the messages that wait for an account the most urgent goes first.
  gardu_priority priority = GARDU_PRIORITY_NORMAL;
  std::string workspace_id,  /* required */
      account_id,            /* with `to`; else taken from the contact */
      contact_id,            /* the conversation, or else: */
      to,                    /* a phone number or provider address */
      text,                  /* body or caption */
      content,               /* JSON object, or empty */
      reply_to,              /* our id of the message that it quotes, or empty */
      client_ref,            /* the sender's own reference, at most 255 bytes */
      metadata;              /* JSON object, or empty */
  int64_t scheduled_at = 0;  // microseconds UTC; 0: now
};

// A look at a message. Valid as long as what shows it.
class MessageView {
 public:
  // Looks at `m`, which must outlive it.
  explicit MessageView(const gardu_message& m) noexcept : m_(&m) {}
  // Ours, a UUID.
  std::string_view id() const noexcept { return view(m_->id); }
  // Whose it is.
  std::string_view workspace_id() const noexcept { return view(m_->workspace_id); }
  // The account that received or sends it.
  std::string_view account_id() const noexcept { return view(m_->account_id); }
  // The conversation.
  std::string_view contact_id() const noexcept { return view(m_->contact_id); }
  // The sender's own reference, or empty.
  std::string_view client_ref() const noexcept { return view(m_->client_ref); }
  // Empty until the provider gave one.
  std::string_view provider_message_id() const noexcept { return view(m_->provider_message_id); }
  // Body or caption.
  std::string_view text() const noexcept { return view(m_->text); }
  std::string_view content() const noexcept { return view(m_->content); }    // JSON object
  std::string_view metadata() const noexcept { return view(m_->metadata); }  // JSON object
  // Of the message that it quotes, as the provider names it; empty: no reply.
  std::string_view reply_to_provider_id() const noexcept { return view(m_->reply_to_provider_id); }
  // "user", "api", "plugin", "phone" or "contact".
  std::string_view sent_by_kind() const noexcept { return view(m_->sent_by_kind); }
  uint32_t type() const noexcept { return m_->type; }      // gardu_message_type
  uint32_t status() const noexcept { return m_->status; }  // gardu_message_status
  // It came to the account. False: it went out from it.
  bool inbound() const noexcept { return m_->direction == GARDU_INBOUND; }
  // Its conversation is a group.
  bool in_group() const noexcept { return m_->chat_type == GARDU_CHAT_GROUP; }
  const gardu_message& raw() const noexcept { return *m_; }

  // A text answer into the same conversation, quoting this message.
  OutgoingMessage reply(std::string text) const {
    OutgoingMessage out;
    out.workspace_id = workspace_id();
    out.contact_id = contact_id();
    out.reply_to = id();
    out.text = std::move(text);
    return out;
  }

 private:
  const gardu_message* m_;
};

// A look at an event. Valid for the call that gave it, or as long as the Event that keeps it.
class EventView {
 public:
  // Looks at `e`, which must outlive it.
  explicit EventView(const gardu_event& e) noexcept : e_(&e) {}
  uint32_t type() const noexcept { return e_->type; }  // gardu_event_type; unknown ones may come
  // The place in the journal, strictly increasing; 0 for ephemeral ones.
  int64_t seq() const noexcept { return e_->seq; }
  // It travels only and is never stored.
  bool ephemeral() const noexcept { return (e_->flags & GARDU_EVENT_EPHEMERAL) != 0; }
  // When it happened at the provider: microseconds UTC.
  int64_t occurred_at() const noexcept { return e_->occurred_at; }
  // When the gateway committed it: microseconds UTC.
  int64_t recorded_at() const noexcept { return e_->recorded_at; }
  // Of the event, a UUID.
  std::string_view id() const noexcept { return view(e_->id); }
  // The type in words, e.g. "message.received"; of a plugin's own: its id, a dot and a name.
  std::string_view type_name() const noexcept { return view(e_->type_name); }
  // Whose it is; empty for plugin.status.
  std::string_view workspace_id() const noexcept { return view(e_->workspace_id); }
  // Empty when it is of no account.
  std::string_view account_id() const noexcept { return view(e_->account_id); }
  // Empty when it is of no contact.
  std::string_view contact_id() const noexcept { return view(e_->contact_id); }
  // Who made it: "api", "host", or "plugin:" and its id.
  std::string_view source() const noexcept { return view(e_->source); }
  std::string_view data() const noexcept { return view(e_->data); }  // JSON object
  // The socket id of the client whose request caused it, or empty. Live events only.
  std::string_view origin_socket() const noexcept { return view(e_->origin_socket); }
  // Whether there is a message to look at: of message.received, .sent and .updated.
  bool has_message() const noexcept { return e_->message != nullptr; }
  // Whether there is a contact to look at.
  bool has_contact() const noexcept { return e_->contact != nullptr; }
  MessageView message() const noexcept { return MessageView{*e_->message}; }  // if has_message()
  ContactView contact() const noexcept { return ContactView{*e_->contact}; }  // if has_contact()
  const gardu_event& raw() const noexcept { return *e_; }

 private:
  const gardu_event* e_;
};

// An event that is kept. Copies share it; may be used and freed on any thread before destroy.
class Event {
 public:
  // Retains `e`. The host table must outlive it.
  Event(const gardu_host& host, EventView e) noexcept
      : host_(&host), e_(host.retain(host.context, &e.raw())) {}
  // Retains once more.
  Event(const Event& o) noexcept
      : host_(o.host_), e_(o.e_ == nullptr ? nullptr : o.host_->retain(o.host_->context, o.e_)) {}
  // Takes over; `o` keeps nothing and must not be looked at.
  Event(Event&& o) noexcept : host_(o.host_), e_(std::exchange(o.e_, nullptr)) {}
  // Gives up its event for that of `o`.
  Event& operator=(Event o) noexcept {
    std::swap(host_, o.host_);
    std::swap(e_, o.e_);
    return *this;
  }
  // Releases what it keeps.
  ~Event() {
    if (e_ != nullptr) host_->release(host_->context, e_);
  }
  // The event. Valid as long as this, or any copy, keeps it.
  EventView operator*() const noexcept { return EventView{*e_}; }

 private:
  const gardu_host* host_;
  const gardu_event* e_;
};

// One call's events, and the place for what became of each.
class Batch {
 public:
  // For the layer: the arguments of on_events, both arrays of `count`, valid for the call.
  Batch(const gardu_event* const* events, uint32_t count, int32_t* results) noexcept
      : events_(events, count), results_(results, count) {}
  // How many events.
  size_t size() const noexcept { return events_.size(); }
  // The event at `i`, in journal order. `i` is not checked.
  EventView operator[](size_t i) const noexcept { return EventView{*events_[i]}; }
  // Fine unless said otherwise. By the status's class the host tries the event again, or parks it.
  void fail(size_t i, const Status& status) {
    results_[i] = status.code();
    if (first_.ok()) first_ = status;
  }
  // What the first call of `fail` said; fine when there was none.
  const Status& first_failure() const noexcept { return first_; }

 private:
  std::span<const gardu_event* const> events_;
  std::span<int32_t> results_;
  Status first_;
};

}  // namespace gardu
