// SPDX-License-Identifier: Apache-2.0
//
// The bounded queue of a connection.
#include "server/send_queue.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace gardu::pusher {
namespace {
constexpr size_t kGather = 64;    // buffers in one write
constexpr size_t kFirstRoom = 7;  // for what waits behind the first
}  // namespace

bool SendQueue::push(SharedBytes bytes, size_t limit) {
  if (!fits(bytes->size(), limit)) return false;
  push_always(std::move(bytes));
  return true;
}

void SendQueue::push_always(SharedBytes bytes) {
  if (bytes->empty()) return;
  bytes_ += bytes->size();
  if (first_ == nullptr) {
    first_ = std::move(bytes);
    return;
  }
  if (rest_.capacity() == 0) rest_.reserve(kFirstRoom);
  rest_.push_back(std::move(bytes));
}

void SendQueue::drop_unsent() {
  std::vector<SharedBytes>().swap(rest_);
  next_ = 0;
  if (offset_ == 0) first_ = nullptr;  // one that is begun must be ended
  bytes_ = first_ == nullptr ? 0 : first_->size() - offset_;
}

Io SendQueue::flush(Transport& transport) {
  while (true) {
    std::array<iovec, kGather> pieces;
    size_t count = 0;
    if (first_ != nullptr)
      pieces[count++] = {const_cast<char*>(first_->data() + offset_), first_->size() - offset_};
    for (size_t i = next_; i < rest_.size() && count < kGather; ++i)
      pieces[count++] = {const_cast<char*>(rest_[i]->data()), rest_[i]->size()};
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
    const size_t left = first_->size() - offset_;
    if (sent < left) {
      offset_ += sent;
      return;
    }
    sent -= left;
    offset_ = 0;
    next_item();
  }
}

void SendQueue::next_item() {
  if (next_ == rest_.size()) {
    first_ = nullptr;
    return;
  }
  first_ = std::move(rest_[next_++]);
  if (next_ == rest_.size()) {
    std::vector<SharedBytes>().swap(rest_);
    next_ = 0;
  } else if (next_ > 1024 && next_ > rest_.size() / 2) {
    rest_.erase(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(next_));
    next_ = 0;
  }
}

}  // namespace gardu::pusher
