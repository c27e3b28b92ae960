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
  // Whether that many more are within the limit; one alone always is, or it could never be sent.
  bool fits(size_t bytes, size_t limit) const noexcept {
    return bytes_ == 0 || bytes_ + bytes <= limit;
  }
  // False: it does not fit, and was not taken.
  bool push(SharedBytes bytes, size_t limit);
  // Beyond any limit: the last words before a close.
  void push_always(SharedBytes bytes);
  // Forgets what no byte has been written of yet.
  void drop_unsent();

  bool empty() const noexcept { return first_ == nullptr; }
  size_t bytes() const noexcept { return bytes_; }

  // Writes until all is out (done) or the stream wants a pause.
  Io flush(Transport& transport);

 private:
  void advance(size_t sent);
  void next_item();

  // Mostly there is one item or none, so one has its place here; the others are behind it, from
  // `next_` on, in memory that is given back as soon as they are out.
  SharedBytes first_;
  std::vector<SharedBytes> rest_;
  size_t next_ = 0;
  size_t offset_ = 0;  // bytes of the first that are written
  size_t bytes_ = 0;
};

}  // namespace gardu::pusher
