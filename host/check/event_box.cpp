// SPDX-License-Identifier: Apache-2.0
#include "check/event_box.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace gardu::host::check {
namespace {

// In front of each event: whose it is.
struct alignas(16) Owner {
  EventBox* box;
};

constexpr gardu_str gardu_event::*kEventTexts[] = {
    &gardu_event::id,         &gardu_event::type_name,    &gardu_event::workspace_id,
    &gardu_event::account_id, &gardu_event::contact_id,   &gardu_event::source,
    &gardu_event::data,       &gardu_event::origin_socket};
constexpr gardu_str gardu_message::*kMessageTexts[] = {&gardu_message::id,
                                                       &gardu_message::workspace_id,
                                                       &gardu_message::account_id,
                                                       &gardu_message::contact_id,
                                                       &gardu_message::client_ref,
                                                       &gardu_message::provider_message_id,
                                                       &gardu_message::text,
                                                       &gardu_message::content,
                                                       &gardu_message::reply_to_message_id,
                                                       &gardu_message::reply_to_provider_id,
                                                       &gardu_message::sender_address,
                                                       &gardu_message::sender_name,
                                                       &gardu_message::sent_by_kind,
                                                       &gardu_message::sent_by_id,
                                                       &gardu_message::metadata};
constexpr gardu_str gardu_contact::*kContactTexts[] = {
    &gardu_contact::id, &gardu_contact::account_id, &gardu_contact::address, &gardu_contact::phone,
    &gardu_contact::name};

EventBox* box_of(const gardu_event* event) {
  Owner owner{};
  std::memcpy(&owner, reinterpret_cast<const char*>(event) - sizeof(Owner), sizeof owner);
  return owner.box;
}

}  // namespace

EventBox::EventBox(std::span<const gardu_event* const> events) {
  size_ = 4096 + events.size() * 2048;  // the structs; the texts come on top
  for (const gardu_event* e : events) {
    for (const auto text : kEventTexts) size_ += (e->*text).size + 1;
    if (e->message != nullptr)
      for (const auto text : kMessageTexts) size_ += (e->message->*text).size + 1;
    if (e->contact != nullptr)
      for (const auto text : kContactTexts) size_ += (e->contact->*text).size + 1;
  }
  void* at = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) throw std::bad_alloc();
  memory_ = static_cast<char*>(at);
  events_ = reinterpret_cast<const gardu_event**>(memory_);
  used_ = (events.size() + 1) * sizeof(void*);
  for (const gardu_event* e : events) events_[count_++] = take(*e);
}

EventBox::~EventBox() { ::munmap(memory_, size_); }

void EventBox::close(bool take_away) {
  take_away_ = take_away;
  closed_ = true;
  let_go();
}

// The addresses stay taken: nothing else may come to stand there.
void EventBox::let_go() {
  if (--holds_ == 0 && take_away_) ::mprotect(memory_, size_, PROT_NONE);
}

const gardu_event* EventBox::retain(void*, const gardu_event* event) noexcept {
  ++box_of(event)->holds_;
  return event;
}

void EventBox::release(void*, const gardu_event* event) noexcept { box_of(event)->let_go(); }

template <class T>
T* EventBox::copy(const T& of) {
  used_ = (used_ + 15U) & ~std::size_t{15};
  if (size_ - used_ < sizeof(Owner) + sizeof(T)) throw std::bad_alloc();
  const Owner owner{this};
  std::memcpy(memory_ + used_, &owner, sizeof owner);
  used_ += sizeof owner;
  T* out = new (memory_ + used_) T{};
  std::memcpy(out, &of, std::min<std::size_t>(of.size, sizeof(T)));
  used_ += sizeof(T);
  return out;
}

void EventBox::keep(gardu_str& text) {
  if (text.size == 0) {
    text = {nullptr, 0};
    return;
  }
  if (size_ - used_ < text.size + 1) throw std::bad_alloc();
  char* at = memory_ + used_;
  std::memcpy(at, text.data, text.size);
  at[text.size] = '#';  // a text is not terminated: who thinks so reads this
  used_ += text.size + 1;
  text.data = at;
}

const gardu_event* EventBox::take(const gardu_event& event) {
  gardu_event* e = copy(event);
  for (const auto text : kEventTexts) keep(e->*text);
  if (event.message != nullptr) {
    gardu_message* m = copy(*event.message);
    for (const auto text : kMessageTexts) keep(m->*text);
    e->message = m;
  }
  if (event.contact != nullptr) {
    gardu_contact* c = copy(*event.contact);
    for (const auto text : kContactTexts) keep(c->*text);
    e->contact = c;
  }
  return e;
}

}  // namespace gardu::host::check
