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
constexpr EventMask mask_of(gardu_event_type type) { return EventMask{1} << type; }
namespace events {
inline constexpr EventMask other = mask_of(GARDU_EVENT_OTHER);
inline constexpr EventMask message_received = mask_of(GARDU_EVENT_MESSAGE_RECEIVED);
inline constexpr EventMask message_sent = mask_of(GARDU_EVENT_MESSAGE_SENT);
inline constexpr EventMask message_status_updated = mask_of(GARDU_EVENT_MESSAGE_STATUS_UPDATED);
inline constexpr EventMask message_updated = mask_of(GARDU_EVENT_MESSAGE_UPDATED);
inline constexpr EventMask message_deleted = mask_of(GARDU_EVENT_MESSAGE_DELETED);
inline constexpr EventMask message_reaction = mask_of(GARDU_EVENT_MESSAGE_REACTION);
inline constexpr EventMask typing =
    mask_of(GARDU_EVENT_TYPING_STARTED) | mask_of(GARDU_EVENT_TYPING_STOPPED);
inline constexpr EventMask contact =
    mask_of(GARDU_EVENT_CONTACT_CREATED) | mask_of(GARDU_EVENT_CONTACT_UPDATED);
inline constexpr EventMask presence = mask_of(GARDU_EVENT_CONTACT_PRESENCE);
inline constexpr EventMask conversation = mask_of(GARDU_EVENT_CONVERSATION_UPDATED);
inline constexpr EventMask account = mask_of(GARDU_EVENT_ACCOUNT_STATUS) |
                                     mask_of(GARDU_EVENT_ACCOUNT_QR) |
                                     mask_of(GARDU_EVENT_ACCOUNT_HEALTH);
inline constexpr EventMask template_status = mask_of(GARDU_EVENT_TEMPLATE_STATUS);
inline constexpr EventMask call = mask_of(GARDU_EVENT_CALL_RECEIVED);
inline constexpr EventMask plugin_status = mask_of(GARDU_EVENT_PLUGIN_STATUS);
inline constexpr EventMask all = ~EventMask{0};
}  // namespace events

class ContactView {
 public:
  explicit ContactView(const gardu_contact& c) noexcept : c_(&c) {}
  std::string_view id() const noexcept { return view(c_->id); }
  std::string_view account_id() const noexcept { return view(c_->account_id); }
  std::string_view address() const noexcept { return view(c_->address); }
  std::string_view phone() const noexcept { return view(c_->phone); }
  std::string_view name() const noexcept { return view(c_->name); }
  bool is_group() const noexcept { return c_->is_group != 0; }
  const gardu_contact& raw() const noexcept { return *c_; }

 private:
  const gardu_contact* c_;
};

// A message to be sent with Host::send. The texts are owned.
struct OutgoingMessage {
  gardu_message_type type = GARDU_MESSAGE_TEXT;
  gardu_priority priority = GARDU_PRIORITY_NORMAL;
  std::string workspace_id, account_id, contact_id, to, text, content, reply_to, client_ref,
      metadata;
  int64_t scheduled_at = 0;  // microseconds UTC; 0: now
};

class MessageView {
 public:
  explicit MessageView(const gardu_message& m) noexcept : m_(&m) {}
  std::string_view id() const noexcept { return view(m_->id); }
  std::string_view workspace_id() const noexcept { return view(m_->workspace_id); }
  std::string_view account_id() const noexcept { return view(m_->account_id); }
  std::string_view contact_id() const noexcept { return view(m_->contact_id); }
  std::string_view client_ref() const noexcept { return view(m_->client_ref); }
  std::string_view provider_message_id() const noexcept { return view(m_->provider_message_id); }
  std::string_view text() const noexcept { return view(m_->text); }
  std::string_view content() const noexcept { return view(m_->content); }    // JSON object
  std::string_view metadata() const noexcept { return view(m_->metadata); }  // JSON object
  std::string_view reply_to_provider_id() const noexcept { return view(m_->reply_to_provider_id); }
  std::string_view sent_by_kind() const noexcept { return view(m_->sent_by_kind); }
  uint32_t type() const noexcept { return m_->type; }      // gardu_message_type
  uint32_t status() const noexcept { return m_->status; }  // gardu_message_status
  bool inbound() const noexcept { return m_->direction == GARDU_INBOUND; }
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

class EventView {
 public:
  explicit EventView(const gardu_event& e) noexcept : e_(&e) {}
  uint32_t type() const noexcept { return e_->type; }  // gardu_event_type; unknown ones may come
  int64_t seq() const noexcept { return e_->seq; }
  bool ephemeral() const noexcept { return (e_->flags & GARDU_EVENT_EPHEMERAL) != 0; }
  int64_t occurred_at() const noexcept { return e_->occurred_at; }
  int64_t recorded_at() const noexcept { return e_->recorded_at; }
  std::string_view id() const noexcept { return view(e_->id); }
  std::string_view type_name() const noexcept { return view(e_->type_name); }
  std::string_view workspace_id() const noexcept { return view(e_->workspace_id); }
  std::string_view account_id() const noexcept { return view(e_->account_id); }
  std::string_view contact_id() const noexcept { return view(e_->contact_id); }
  std::string_view source() const noexcept { return view(e_->source); }
  std::string_view data() const noexcept { return view(e_->data); }  // JSON object
  std::string_view origin_socket() const noexcept { return view(e_->origin_socket); }
  bool has_message() const noexcept { return e_->message != nullptr; }
  bool has_contact() const noexcept { return e_->contact != nullptr; }
  MessageView message() const noexcept { return MessageView{*e_->message}; }  // has_message()
  ContactView contact() const noexcept { return ContactView{*e_->contact}; }  // has_contact()
  const gardu_event& raw() const noexcept { return *e_; }

 private:
  const gardu_event* e_;
};

// An event that is kept. Copies share it; may be used and freed on any thread before destroy.
class Event {
 public:
  Event(const gardu_host& host, EventView e) noexcept
      : host_(&host), e_(host.retain(host.context, &e.raw())) {}
  Event(const Event& o) noexcept
      : host_(o.host_), e_(o.e_ == nullptr ? nullptr : o.host_->retain(o.host_->context, o.e_)) {}
  Event(Event&& o) noexcept : host_(o.host_), e_(std::exchange(o.e_, nullptr)) {}
  Event& operator=(Event o) noexcept {
    std::swap(host_, o.host_);
    std::swap(e_, o.e_);
    return *this;
  }
  ~Event() {
    if (e_ != nullptr) host_->release(host_->context, e_);
  }
  EventView operator*() const noexcept { return EventView{*e_}; }

 private:
  const gardu_host* host_;
  const gardu_event* e_;
};

// One call's events, and the place for what became of each.
class Batch {
 public:
  Batch(const gardu_event* const* events, uint32_t count, int32_t* results) noexcept
      : events_(events, count), results_(results, count) {}
  size_t size() const noexcept { return events_.size(); }
  EventView operator[](size_t i) const noexcept { return EventView{*events_[i]}; }
  // Fine unless said otherwise. By the status's class the host tries the event again, or parks it.
  void fail(size_t i, const Status& status) {
    results_[i] = status.code();
    if (first_.ok()) first_ = status;
  }
  const Status& first_failure() const noexcept { return first_; }

 private:
  std::span<const gardu_event* const> events_;
  std::span<int32_t> results_;
  Status first_;
};

}  // namespace gardu
