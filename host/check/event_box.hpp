// SPDX-License-Identifier: Apache-2.0
//
// Copies of a batch's events in memory of their own, which can be taken away after the call that
// showed them: who still looks at a view then crashes, instead of reading what happens to be there.
// An event that was retained stays until it is released; its neighbours with it.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <gardu/abi/abi.h>

namespace gardu::host::check {

class EventBox {
 public:
  // Throws std::bad_alloc.
  explicit EventBox(std::span<const gardu_event* const> events);
  ~EventBox();
  EventBox(const EventBox&) = delete;
  EventBox& operator=(const EventBox&) = delete;

  const gardu_event* const* events() const { return events_; }
  std::uint32_t count() const { return count_; }
  // The call is over. Taken away: each look at the memory crashes, as soon as nothing is retained.
  void close(bool take_away);
  std::int64_t retained() const { return holds_ - (closed_ ? 0 : 1); }

  // Entries for gardu_host: they find the box from the event, which must be of one.
  static const gardu_event* retain(void* context, const gardu_event* event) noexcept;
  static void release(void* context, const gardu_event* event) noexcept;

 private:
  template <class T>
  T* copy(const T& of);
  void keep(gardu_str& text);
  const gardu_event* take(const gardu_event& event);
  void let_go();

  char* memory_ = nullptr;
  std::size_t size_ = 0, used_ = 0;
  const gardu_event** events_ = nullptr;
  std::uint32_t count_ = 0;
  std::atomic<std::int64_t> holds_{1};
  std::atomic<bool> closed_{false}, take_away_{false};
};

}  // namespace gardu::host::check
