// SPDX-License-Identifier: Apache-2.0
//
// The bounded queue of a connection.
#include "server/send_queue.hpp"

#include <algorithm>
#include <array>

namespace gardu::pusher {
namespace {
constexpr size_t kGather = 32;        // buffers in one write
constexpr size_t kKeepCapacity = 64;  // items; more is given back when the queue runs empty
}  // namespace

bool SendQueue::push(SharedBytes bytes) {
  if (bytes_ + bytes->size() > limit_) return false;
  push_always(std::move(bytes));
  return true;
}

void SendQueue::push_always(SharedBytes bytes) {
  if (bytes->empty()) return;
  bytes_ += bytes->size();
  items_.push_back(std::move(bytes));
}

void SendQueue::drop_unsent() {
  items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(first_));
  first_ = 0;
  items_.resize(offset_ == 0 ? 0 : 1);  // one that is begun must be ended
  bytes_ = items_.empty() ? 0 : items_.front()->size() - offset_;
}

Io SendQueue::flush(Transport& transport) {
  while (true) {
    std::array<iovec, kGather> pieces;
    const size_t count = std::min(kGather, items_.size() - first_);
    for (size_t i = 0; i < count; ++i) {
      const std::string& bytes = *items_[first_ + i];
      const size_t skip = i == 0 ? offset_ : 0;
      pieces[i] = {const_cast<char*>(bytes.data() + skip), bytes.size() - skip};
    }
    size_t sent = 0;
    // Also with nothing to say: the stream may hold bytes that it took over before.
    const Io io = transport.write({pieces.data(), count}, sent);
    advance(sent);
    if (io != Io::done) return io;
    if (empty()) return Io::done;
  }
}

void SendQueue::advance(size_t sent) {
  bytes_ -= sent;
  while (sent > 0) {
    const size_t left = items_[first_]->size() - offset_;
    if (sent < left) {
      offset_ += sent;
      break;
    }
    sent -= left;
    offset_ = 0;
    items_[first_++].reset();
  }
  if (empty()) {
    items_.clear();
    if (items_.capacity() > kKeepCapacity) items_.shrink_to_fit();
    first_ = 0;
  } else if (first_ > 1024 && first_ > items_.size() / 2) {
    items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
}

}  // namespace gardu::pusher
