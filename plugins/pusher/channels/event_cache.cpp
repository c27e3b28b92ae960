// SPDX-License-Identifier: Apache-2.0
//
// The last event of each cache channel.
#include "channels/event_cache.hpp"

namespace gardu::pusher {

void EventCache::put(std::string_view channel, std::string_view name, std::string_view data,
                     Clock::time_point now, const std::function<void()>& then) {
  const std::lock_guard lock(mutex_);
  keep(channel, {std::string(name), std::string(data), now + ttl_});
  if (then) then();
}

void EventCache::put_older(std::string_view channel, std::string_view name, std::string_view data,
                           Clock::time_point at) {
  const std::lock_guard lock(mutex_);
  const auto it = by_channel_.find(channel);
  if (it != by_channel_.end() && it->second->event.until >= at + ttl_) return;
  keep(channel, {std::string(name), std::string(data), at + ttl_});
}

void EventCache::each(Clock::time_point since, Clock::time_point now,
                      const std::function<void(std::string_view channel, const Event& event,
                                               Clock::duration age)>& f) const {
  const std::lock_guard lock(mutex_);
  for (const Entry& entry : entries_) {
    const Clock::time_point at = entry.event.until - ttl_;
    if (at >= since && entry.event.until > now) f(entry.channel, entry.event, now - at);
  }
}

void EventCache::replay(std::string_view channel, Clock::time_point now,
                        const std::function<void(const Event*, bool first_miss)>& then) {
  const std::lock_guard lock(mutex_);
  const Event* event = find(channel, now);
  then(event, event == nullptr && first_miss(channel, now));
}

std::optional<EventCache::Event> EventCache::get(std::string_view channel, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  const Event* event = find(channel, now);
  return event == nullptr ? std::nullopt : std::optional(*event);
}

bool EventCache::first_miss(std::string_view channel, Clock::time_point now) {
  constexpr std::chrono::minutes kPeriod{1};
  constexpr size_t kMost = 10'000;
  if (missed_.size() >= kMost)
    std::erase_if(missed_, [&](const auto& m) { return m.second <= now; });
  if (missed_.size() >= kMost) missed_.clear();
  const auto [it, first] = missed_.try_emplace(std::string(channel), now + kPeriod);
  if (first || it->second > now) return first;
  it->second = now + kPeriod;
  return true;
}

void EventCache::keep(std::string_view channel, Event event) {
  if (const auto it = missed_.find(channel); it != missed_.end()) missed_.erase(it);
  if (const auto it = by_channel_.find(channel); it != by_channel_.end()) erase(it->second);
  const size_t size = channel.size() + event.name.size() + event.data.size();
  if (size > limit_) return;
  while (bytes_ + size > limit_) erase(std::prev(entries_.end()));
  entries_.push_front({std::string(channel), std::move(event)});
  by_channel_.emplace(entries_.front().channel, entries_.begin());
  bytes_ += size;
}

const EventCache::Event* EventCache::find(std::string_view channel, Clock::time_point now) {
  const auto it = by_channel_.find(channel);
  if (it == by_channel_.end()) return nullptr;
  const Entries::iterator entry = it->second;
  if (entry->event.until <= now) {
    erase(entry);
    return nullptr;
  }
  entries_.splice(entries_.begin(), entries_, entry);
  return &entry->event;
}

void EventCache::erase(Entries::iterator entry) {
  bytes_ -= entry->channel.size() + entry->event.name.size() + entry->event.data.size();
  by_channel_.erase(entry->channel);
  entries_.erase(entry);
}

}  // namespace gardu::pusher
