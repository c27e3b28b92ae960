// SPDX-License-Identifier: Apache-2.0
#include "journal/feed.hpp"

#include <algorithm>
#include <limits>

#include "event/types.hpp"

namespace gardu::host {
namespace {

constexpr int kCatchUp = 256;  // entries a read while behind
constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::max();

constexpr std::uint64_t bit(std::uint32_t type) { return std::uint64_t{1} << type; }
constexpr std::uint64_t kEphemeral = bit(GARDU_EVENT_TYPING_STARTED) |
                                     bit(GARDU_EVENT_TYPING_STOPPED) |
                                     bit(GARDU_EVENT_CONTACT_PRESENCE) |
                                     bit(GARDU_EVENT_ACCOUNT_QR) | bit(GARDU_EVENT_PLUGIN_STATUS);

bool wanted(std::uint64_t types, const EventBlock& e) {
  return ((types >> std::min<std::uint32_t>(e.view().type, 63)) & 1U) != 0;
}

}  // namespace

EventFeed::EventFeed(ReadJournal read, std::int64_t newest, std::size_t capacity)
    : read_(std::move(read)), capacity_(capacity), newest_(newest) {}

std::unique_ptr<EventFeed::Subscription> EventFeed::subscribe(std::uint64_t types,
                                                              std::int64_t after_seq,
                                                              std::function<void()> wake) {
  std::unique_ptr<Subscription> s(new Subscription(*this, types, std::move(wake)));
  const std::lock_guard lock(mutex_);
  s->position_ = s->polled_ = end();
  s->passed_ = ephemeral_;
  s->seen_ = after_seq < 0 ? newest_ : after_seq;
  s->behind_ = s->seen_ < newest_;
  subscribers_.push_back(s.get());
  return s;
}

void EventFeed::publish(std::vector<EventRef> events) {
  std::vector<EventRef> evicted;  // freed outside the lock
  const std::lock_guard lock(mutex_);
  for (EventRef& e : events) {
    if (e->ephemeral()) {
      ++ephemeral_;
    } else {
      newest_ = std::max(newest_, e->view().seq);
    }
    ring_.push_back(std::move(e));
  }
  const std::uint64_t needed = first_needed();
  while (ring_.size() > capacity_ || (ring_.size() > capacity_ / 32 && base_ < needed)) {
    if (ring_.front()->ephemeral()) ++gone_;
    evicted.push_back(std::move(ring_.front()));
    ring_.pop_front();
    ++base_;
  }
  // Under the lock, so that a subscription that goes away is never called again.
  for (Subscription* s : subscribers_) s->wake_();
}

// The first that a subscription still has to look at. What all have passed is no use to anybody:
// one that goes back reads the journal, and so does one that is behind.
std::uint64_t EventFeed::first_needed() const {
  std::uint64_t first = end();
  for (const Subscription* s : subscribers_)
    if (!s->behind_ || (s->types_ & kEphemeral) != 0) first = std::min(first, s->position_);
  return first;
}

std::size_t EventFeed::held() const {
  const std::lock_guard lock(mutex_);
  return ring_.size();
}

std::int64_t EventFeed::newest() const {
  const std::lock_guard lock(mutex_);
  return newest_;
}

std::int64_t EventFeed::first_seq() const {
  for (const EventRef& e : ring_)
    if (!e->ephemeral()) return e->view().seq;
  return kNone;
}

EventFeed::Subscription::Subscription(EventFeed& feed, std::uint64_t types,
                                      std::function<void()> wake)
    : feed_(feed), types_(types), wake_(std::move(wake)) {}

EventFeed::Subscription::~Subscription() {
  const std::lock_guard lock(feed_.mutex_);
  std::erase(feed_.subscribers_, this);
}

bool EventFeed::Subscription::pending() const {
  const std::lock_guard lock(feed_.mutex_);
  return behind_ || position_ < feed_.end();
}

std::int64_t EventFeed::Subscription::lag() const {
  const std::lock_guard lock(feed_.mutex_);
  return std::max<std::int64_t>(0, feed_.newest_ - seen_);
}

std::uint64_t EventFeed::Subscription::dropped() const {
  const std::lock_guard lock(feed_.mutex_);
  return dropped_;
}

void EventFeed::Subscription::rewind(std::int64_t seq, bool replay) {
  const std::lock_guard lock(feed_.mutex_);
  if (replay) replay_until_ = std::max(replay_until_, seen_);
  seen_ = seq;
  behind_ = true;
}

std::vector<EventRef> EventFeed::Subscription::poll(std::size_t max) {
  std::vector<EventRef> out;
  std::int64_t ring_first = 0, newest = 0;
  {
    const std::lock_guard lock(feed_.mutex_);
    newest = feed_.newest_;
    if (position_ < feed_.base_) {  // overtaken by the ring
      position_ = feed_.base_;
      polled_ = std::max(polled_, position_);
      if (feed_.gone_ > passed_ && (types_ & kEphemeral) != 0) dropped_ += feed_.gone_ - passed_;
      passed_ = std::max(passed_, feed_.gone_);
      behind_ = true;
    }
    if (!behind_) {
      while (position_ < feed_.end() && out.size() < max) {
        const EventRef& e = feed_.ring_[position_ - feed_.base_];
        const bool first_time = position_++ >= polled_;
        if (first_time) polled_ = position_;
        if (e->ephemeral()) {
          if (!first_time) continue;
          ++passed_;
        } else {
          if (e->view().seq <= seen_) continue;  // read from the journal already
          seen_ = e->view().seq;
        }
        if (wanted(types_, *e)) out.push_back(e);
      }
      return out;
    }
    ring_first = feed_.first_seq();
    if (seen_ < replay_until_) {
      ring_first = replay_until_ + 1;      // so far from the journal, whatever the ring has
    } else if (seen_ + 1 >= ring_first) {  // the ring continues right here
      take_up_ring();
    }
  }
  return behind_ ? catch_up(max, ring_first, newest) : poll(max);
}

std::vector<EventRef> EventFeed::Subscription::catch_up(std::size_t max, std::int64_t ring_first,
                                                        std::int64_t newest) {
  std::vector<EventRef> out;
  const int limit = static_cast<int>(std::min<std::size_t>(max, kCatchUp));
  auto entries = feed_.read_(seen_, limit);
  bool all = entries.size() < static_cast<std::size_t>(limit);
  std::int64_t last = seen_;
  for (auto& entry : entries) {
    if (entry.seq >= ring_first) {  // the ring has it
      all = true;
      break;
    }
    last = entry.seq;
    EventRef e = EventBlock::replay(std::move(entry));
    if (wanted(types_, *e)) out.push_back(std::move(e));
  }
  const std::lock_guard lock(feed_.mutex_);
  const bool replaying = seen_ < replay_until_;
  seen_ = last;
  if (replaying) {
    if (all) replay_until_ = 0;
    return out;
  }
  // The ring goes on where the reading ended. (A seq may be missing between the two: a reading that
  // found no more says so, if the ring has not moved on meanwhile. One without journaled events may
  // have had some.)
  const std::int64_t first = feed_.first_seq();
  const bool moved = first != ring_first || (first == kNone && feed_.newest_ != newest);
  if (last + 1 >= first || (all && !moved)) take_up_ring();
  return out;
}

// With the feed's mutex held.
void EventFeed::Subscription::take_up_ring() {
  behind_ = false;
  position_ = feed_.base_;
}

}  // namespace gardu::host
