// SPDX-License-Identifier: Apache-2.0
//
// What waits to be told.
#include "cluster/outbox.hpp"

#include <algorithm>
#include <utility>

namespace gardu::pusher {

size_t Outbox::push(Item item) {
  size_t dropped = 0;
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = items_.empty();
    bytes_ += item.size();
    items_.push_back(std::move(item));
    for (; bytes_ > limit_ && !items_.empty(); ++dropped) {
      bytes_ -= items_.front().size();
      items_.pop_front();
    }
    lost_ |= dropped != 0;
  }
  if (first) changed_.notify_one();
  return dropped;
}

void Outbox::count_changed(size_t app, std::string_view channel, size_t total, Time now) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = counts_.empty();
    if (first) counts_due_ = now + kGather;
    counts_.insert_or_assign({app, std::string(channel)}, total);
  }
  if (first) changed_.notify_one();
}

void Outbox::clear() {
  const std::lock_guard lock(mutex_);
  lost_ |= !items_.empty() || !counts_.empty();
  items_.clear();
  counts_.clear();
  bytes_ = 0;
}

void Outbox::wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  changed_.notify_one();
}

Outbox::Taken Outbox::take(Time until) {
  std::unique_lock lock(mutex_);
  while (items_.empty() && !woken_ && !lost_) {
    const Time due = counts_.empty() ? until : std::min(until, counts_due_);
    if (std::chrono::steady_clock::now() >= due) break;
    changed_.wait_until(lock, due);
  }
  woken_ = false;
  Taken out;
  out.items.swap(items_);
  bytes_ = 0;
  out.lost = std::exchange(lost_, false);
  if (!counts_.empty() && counts_due_ <= std::chrono::steady_clock::now()) out.counts.swap(counts_);
  return out;
}

}  // namespace gardu::pusher
