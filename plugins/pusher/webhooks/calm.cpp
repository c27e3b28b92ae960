// SPDX-License-Identifier: Apache-2.0
//
// Grace, counts, misses.
#include "webhooks/calm.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace gardu::pusher {

std::string Calm::key_of(WebhookKind kind, std::string_view channel, std::string_view user) {
  std::string key;
  switch (kind) {
    case WebhookKind::channel_occupied:
    case WebhookKind::channel_vacated:
      return key.append("c").append(channel);
    case WebhookKind::member_added:
    case WebhookKind::member_removed:
      // No channel and no user id has a line break.
      return key.append("m").append(channel).append("\n").append(user);
    default:
      return key;
  }
}

void Calm::take(WebhookEvent event, Millis now, CalmSteps& out) {
  std::string key = key_of(event.kind, event.channel, event.user_id);
  switch (event.kind) {
    case WebhookKind::channel_vacated:
    case WebhookKind::member_removed:
      if (restore(key, now + kGrace))
        out.push_back({CalmStep::Kind::hold, now + kGrace, std::move(key), std::move(event)});
      return;
    case WebhookKind::channel_occupied:
    case WebhookKind::member_added:
      if (cancel(key, out) || event.elsewhere) return;
      break;
    case WebhookKind::cache_miss:
      if (missed_lately(event.channel, now)) return;
      break;
    case WebhookKind::subscription_count:
      return take_count(std::move(event), now, out);
    case WebhookKind::client_event:
      break;
  }
  out.push_back({CalmStep::Kind::tell, now, {}, std::move(event)});
}

bool Calm::restore(const std::string& key, Millis due) {
  const auto [it, added] = held_.try_emplace(key);
  if (added) it->second = due_.emplace(due, key);
  return added;
}

bool Calm::cancel(const std::string& key, CalmSteps& out) {
  const auto it = held_.find(key);
  if (it == held_.end()) return false;
  due_.erase(it->second);
  held_.erase(it);
  out.push_back({CalmStep::Kind::cancel, 0, key, {}});
  return true;
}

void Calm::take_count(WebhookEvent event, Millis now, CalmSteps& out) {
  const size_t number = event.subscription_count;
  const auto it = counts_.find(event.channel);
  if (it != counts_.end() && number >= kBigChannel && now < it->second.again) {
    it->second.latest = number;
    return;
  }
  if (number >= kBigChannel) {
    counts_[event.channel] = {number, number, now + kCountPause};
    if (next_count_ == 0) next_count_ = now + kCountPause;
  } else if (it != counts_.end()) {
    counts_.erase(it);
  }
  out.push_back({CalmStep::Kind::tell, now, {}, std::move(event)});
}

// Two misses with an event in between are at least the life of that event apart.
bool Calm::missed_lately(const std::string& channel, Millis now) {
  if (misses_.size() >= sweep_misses_at_) {
    std::erase_if(misses_, [&](const auto& entry) { return entry.second <= now; });
    sweep_misses_at_ = std::max<size_t>(1024, 2 * misses_.size());
  }
  const auto [it, added] = misses_.try_emplace(channel, now + miss_pause_);
  if (added) return false;
  if (now < it->second) return true;
  it->second = now + miss_pause_;
  return false;
}

void Calm::poll_counts(Millis now, CalmSteps& out) {
  if (next_count_ == 0 || now < next_count_) return;
  next_count_ = 0;
  for (auto it = counts_.begin(); it != counts_.end();) {
    Count& count = it->second;
    if (now >= count.again) {
      if (count.latest == count.told) {
        it = counts_.erase(it);
        continue;
      }
      WebhookEvent event;
      event.kind = WebhookKind::subscription_count;
      event.channel = it->first;
      event.subscription_count = count.latest;
      out.push_back({CalmStep::Kind::tell, now, {}, std::move(event)});
      count = {count.latest, count.latest, now + kCountPause};
    }
    next_count_ = next_count_ == 0 ? count.again : std::min(next_count_, count.again);
    ++it;
  }
}

void Calm::poll(Millis now, CalmSteps& out) {
  while (!due_.empty() && due_.begin()->first <= now) {
    auto first = due_.extract(due_.begin());
    held_.erase(first.mapped());
    out.push_back({CalmStep::Kind::release, first.key(), std::move(first.mapped()), {}});
  }
  poll_counts(now, out);
}

Millis Calm::next() const {
  Millis out = std::numeric_limits<Millis>::max();
  if (!due_.empty()) out = due_.begin()->first;
  if (next_count_ != 0) out = std::min(out, next_count_);
  return out;
}

}  // namespace gardu::pusher
