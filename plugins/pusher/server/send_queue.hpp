// SPDX-License-Identifier: Apache-2.0
//
// What waits to be written to one connection: shared buffers, bounded in bytes, written several at
// a time. Belongs to the connection's thread.
#pragma once
#include <vector>

#include "protocol/frame.hpp"
#include "server/transport.hpp"

namespace gardu::pusher {

class SendQueue {
 public:
  explicit SendQueue(size_t limit) noexcept : limit_(limit) {}

  // False: it would not fit, and was not taken.
  bool push(SharedBytes bytes);
  // Beyond the limit too: the last words before a close.
  void push_always(SharedBytes bytes);
  // Forgets what no byte has been written of yet.
  void drop_unsent();

  bool empty() const noexcept { return first_ == items_.size(); }
  size_t bytes() const noexcept { return bytes_; }

  // Writes until all is out (done) or the stream wants a pause.
  Io flush(Transport& transport);

 private:
  void advance(size_t sent);

  size_t limit_;
  size_t bytes_ = 0;
  size_t first_ = 0;   // index of the oldest item
  size_t offset_ = 0;  // bytes of it that are written
  std::vector<SharedBytes> items_;
};

}  // namespace gardu::pusher
