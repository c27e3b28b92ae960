// SPDX-License-Identifier: Apache-2.0
//
// Order, retries, bounds.
#include "webhooks/queue.hpp"

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

#include "webhooks/body.hpp"

namespace gardu::pusher {
namespace {

constexpr Millis kFirstPause = 1'000;
// With a jitter of a quarter at most a minute.
constexpr Millis kLongestPause = 48'000;
constexpr Millis kLongestRetryAfter = 300'000;

bool older(const WebhookItem& a, const WebhookItem& b) {
  return a.at != b.at ? a.at < b.at : a.id < b.id;
}

}  // namespace

size_t WebhookQueue::cost(const WebhookItem& item) { return item.id.size() + item.json.size(); }

WebhookQueue::Ids WebhookQueue::push(WebhookItem item) {
  bytes_ += cost(item);
  items_.push_back(std::move(item));
  return make_room();
}

WebhookQueue::Ids WebhookQueue::insert(std::vector<WebhookItem> items) {
  for (WebhookItem& item : items) {
    bytes_ += cost(item);
    items_.push_back(std::move(item));
  }
  const size_t fixed = std::max(flying_, together_);
  std::stable_sort(items_.begin() + static_cast<ptrdiff_t>(fixed), items_.end(), older);
  return make_room();
}

// Oldest first, but not what is under way: the receiver may have it already.
WebhookQueue::Ids WebhookQueue::make_room() {
  Ids out;
  while ((items_.size() > limits_.events || bytes_ > limits_.bytes) && items_.size() > flying_) {
    const auto victim = items_.begin() + static_cast<ptrdiff_t>(flying_);
    bytes_ -= cost(*victim);
    out.push_back(std::move(victim->id));
    items_.erase(victim);
    if (flying_ == 0) together_ = 0;
  }
  return out;
}

void WebhookQueue::drop_first(Ids& out) {
  bytes_ -= cost(items_.front());
  out.push_back(std::move(items_.front().id));
  items_.pop_front();
}

WebhookQueue::Ids WebhookQueue::expire(Millis now) {
  Ids out;
  if (flying_ != 0) return out;
  while (!items_.empty() && now - items_.front().at >= limits_.life) drop_first(out);
  if (!out.empty()) together_ = 0;
  return out;
}

std::optional<WebhookQueue::Request> WebhookQueue::next(Millis now) {
  if (flying_ != 0 || items_.empty() || now < not_before_) return std::nullopt;
  const size_t most = together_ != 0 ? together_ : batch_ ? limits_.batch_events : 1;
  std::vector<std::string_view> events;
  size_t bytes = 0;
  for (const WebhookItem& item : items_) {
    if (events.size() == most) break;
    if (!events.empty() && bytes + item.json.size() > limits_.batch_bytes) break;
    bytes += item.json.size();
    events.push_back(item.json);
  }
  flying_ = events.size();
  Request out;
  out.delivery_id = items_.front().id;
  if (flying_ > 1) out.delivery_id += '-' + std::to_string(flying_);
  out.body = webhook_body(items_.front().at, events);
  out.events = flying_;
  return out;
}

WebhookQueue::Ids WebhookQueue::answered(const WebhookAnswer& answer, Millis now) {
  Ids out;
  const size_t count = std::exchange(flying_, size_t{0});
  if (answer.taken()) {
    for (size_t i = 0; i < count; ++i) drop_first(out);
    together_ = 0;
    failures_ = 0;
    not_before_ = 0;
    return out;
  }
  together_ = count;
  not_before_ = now + std::max(pause(), std::min(answer.retry_after, kLongestRetryAfter));
  if (failures_ < 1000) ++failures_;
  return out;
}

void WebhookQueue::put_back(Millis now) {
  flying_ = 0;
  not_before_ = now + kFirstPause;
}

Millis WebhookQueue::pause() {
  const Millis base =
      failures_ >= 6 ? kLongestPause : std::min(kLongestPause, kFirstPause << failures_);
  return base + static_cast<Millis>(static_cast<double>(base) / 4 * random_());
}

Millis WebhookQueue::wake() const {
  if (flying_ != 0 || items_.empty()) return kNever;
  return std::min(not_before_, items_.front().at + limits_.life);
}

}  // namespace gardu::pusher
