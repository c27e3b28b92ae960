// SPDX-License-Identifier: Apache-2.0
//
// An event in memory: what the journal holds plus the view that plugins get of it. Immutable and
// counted; the last reference frees it, on whatever thread that is.
#pragma once
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <gardu/abi/abi.h>

#include "storage/contacts.hpp"
#include "storage/journal.hpp"
#include "storage/messages.hpp"

namespace gardu::host {

class EventRef;

// The objects that an event's data show, attached to its entry by whoever journals it, so that they
// need not be read back out of the text.
struct EventObjects {
  std::optional<storage::Message> message;
  std::optional<storage::Contact> contact;
};

// Texts of a message that are members of JSON columns.
struct MessageTexts {
  std::string sender_address, sender_name, sent_by_kind, sent_by_id;
};
MessageTexts texts_of(const storage::Message& m);
// Fills the ABI's view of a message; it points into `m` and into the texts.
void fill_view(const storage::Message& m, const MessageTexts& texts, gardu_message& out);

class EventBlock {
 public:
  // `flags`: gardu_event_flag bits. `message` and `contact` are what `entry.data` shows of them.
  static EventRef make(storage::JournalEntry entry, std::uint32_t flags,
                       std::optional<storage::Message> message,
                       std::optional<storage::Contact> contact);
  // What a commit told: the objects are taken from the entry's attachment (an EventObjects).
  static EventRef committed(storage::JournalEntry entry);
  // The same from the journal's text alone: of another host's commit, or of one that was told
  // before.
  static EventRef followed(storage::JournalEntry entry);
  static EventRef replay(storage::JournalEntry entry);

  const storage::JournalEntry& entry() const noexcept { return entry_; }
  const gardu_event& view() const noexcept { return view_.event; }
  bool ephemeral() const noexcept { return (view_.event.flags & GARDU_EVENT_EPHEMERAL) != 0; }

  // The block behind a view that was handed out.
  static const EventBlock& of(const gardu_event& view) noexcept;
  void retain() const noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
  void release() const noexcept;

  EventBlock(const EventBlock&) = delete;
  EventBlock& operator=(const EventBlock&) = delete;

 private:
  struct View {  // standard layout, so that a pointer to the event is a pointer to this
    gardu_event event;
    const EventBlock* block;
  };
  EventBlock(storage::JournalEntry entry, std::uint32_t flags,
             std::optional<storage::Message> message, std::optional<storage::Contact> contact);
  static EventRef from_text(storage::JournalEntry entry, std::uint32_t flags);
  ~EventBlock() = default;

  View view_{};
  mutable std::atomic<std::uint32_t> references_{0};
  storage::JournalEntry entry_;
  std::optional<storage::Message> message_;
  std::optional<storage::Contact> contact_;
  MessageTexts texts_;
  gardu_message message_view_{};
  gardu_contact contact_view_{};
};

// A counted reference.
class EventRef {
 public:
  EventRef() = default;
  explicit EventRef(const EventBlock* block) noexcept : block_(block) {
    if (block_ != nullptr) block_->retain();
  }
  EventRef(const EventRef& o) noexcept : EventRef(o.block_) {}
  EventRef(EventRef&& o) noexcept : block_(std::exchange(o.block_, nullptr)) {}
  EventRef& operator=(EventRef o) noexcept {
    std::swap(block_, o.block_);
    return *this;
  }
  ~EventRef() {
    if (block_ != nullptr) block_->release();
  }
  const EventBlock& operator*() const noexcept { return *block_; }
  const EventBlock* operator->() const noexcept { return block_; }
  explicit operator bool() const noexcept { return block_ != nullptr; }

 private:
  const EventBlock* block_ = nullptr;
};

}  // namespace gardu::host
