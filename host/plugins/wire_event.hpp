// SPDX-License-Identifier: Apache-2.0
//
// Events, messages and publications on the wire.
#pragma once
#include <atomic>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <gardu/abi/abi.h>
#include <gardu/abi/ext/transport.h>
#include "journal/intake.hpp"

#include "plugins/wire.hpp"

namespace gardu::host::wire {

void put_event(Writer& out, const gardu_event& e);
void put_message(Writer& out, const gardu_message& m);
void take_message(Reader& in, gardu_message& m);  // views into what is read

// Events that were received: the frame's bytes with the views of them. Counted, because a plugin
// may keep any of its events; a view is the beginning of what the count is found by.
class ReceivedEvents {
 public:
  // Reads `count` events from where `in` stands in `bytes`.
  static ReceivedEvents* read(std::shared_ptr<const std::string> bytes, Reader& in,
                              std::uint32_t count);
  const std::vector<const gardu_event*>& views() const { return views_; }

  static const gardu_event* retain(void*, const gardu_event* event) noexcept;
  static void release(void*, const gardu_event* event) noexcept;
  void unref() noexcept;

 private:
  struct One {  // standard layout, so that a pointer to the event is a pointer to this
    gardu_event event;
    ReceivedEvents* all;
    gardu_message message;
    gardu_contact contact;
  };
  ReceivedEvents() = default;
  static void take_event(Reader& in, One& one);

  std::atomic<std::uint32_t> references_{1};
  std::shared_ptr<const std::string> bytes_;
  std::vector<One> events_;
  std::vector<const gardu_event*> views_;
};

void put_incoming(Writer& out, const Incoming& item);
Incoming take_incoming(Reader& in);
void put_result(Writer& out, const gardu_publish_result& r);
gardu_publish_result take_result(Reader& in);

}  // namespace gardu::host::wire
