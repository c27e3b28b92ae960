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

void Outbox::count_changed(size_t app, std::string_view channel, size_t total, bool edge,
                           Time now) {
  std::pair<size_t, std::string> key(app, channel);
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    edge |= edges_.counts.contains(key);
    if (edge) counts_.counts.erase(key);
    Gathered& in = edge ? edges_ : counts_;
    first = in.counts.empty();
    if (first) in.due = now + (edge ? kGatherEdges : kGather);
    in.counts.insert_or_assign(std::move(key), total);
  }
  if (first) changed_.notify_one();
}

void Outbox::clear() {
  const std::lock_guard lock(mutex_);
  lost_ |= !items_.empty() || !counts_.counts.empty() || !edges_.counts.empty();
  items_.clear();
  counts_.counts.clear();
  edges_.counts.clear();
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
    Time due = until;
    for (const Gathered* gathered : {&counts_, &edges_})
      if (!gathered->counts.empty()) due = std::min(due, gathered->due);
    if (std::chrono::steady_clock::now() >= due) break;
    changed_.wait_until(lock, due);
  }
  woken_ = false;
  Taken out;
  out.items.swap(items_);
  bytes_ = 0;
  out.lost = std::exchange(lost_, false);
  const Time now = std::chrono::steady_clock::now();
  for (Gathered* gathered : {&counts_, &edges_})
    if (gathered->due <= now) out.counts.merge(std::exchange(gathered->counts, {}));
  return out;
}

}  // namespace gardu::pusher
