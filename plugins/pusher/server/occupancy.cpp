// SPDX-License-Identifier: Apache-2.0
//
// Counts of subscribers as others are told of them.
#include "server/occupancy.hpp"

#include "protocol/messages.hpp"
#include "server/hub.hpp"

namespace gardu::pusher {
namespace {

// Above so many subscribers a count is told once in so much time.
constexpr size_t kSmall = 100;
constexpr std::chrono::seconds kPause{5};

bool told_counts(const App& app, ChannelKind kind) {
  return app.settings.subscription_count && !kind.presence && !kind.of_user;
}

// Nobody wants to know.
bool quiet(const Hub& hub, const App& app, ChannelKind kind) {
  return kind.of_user || (hub.webhooks == nullptr && !told_counts(app, kind));
}

void raise(const Hub& hub, const App& app, WebhookKind kind, std::string_view channel,
           size_t count = 0, bool elsewhere = false) {
  if (hub.webhooks == nullptr) return;
  WebhookEvent event;
  event.kind = kind;
  event.channel = channel;
  event.subscription_count = count;
  event.elsewhere = elsewhere;
  hub.webhooks->raise(app, std::move(event));
}

}  // namespace

void Occupancy::join(const Hub& hub, App& app, std::string_view channel, ChannelKind kind) {
  const bool silent = quiet(hub, app, kind);
  std::unique_lock<std::mutex> lock;
  if (!silent) lock = std::unique_lock(part(channel).mutex);
  const auto left = app.counts.add(channel);
  if (hub.cluster != nullptr) hub.cluster->count_changed(app, channel, left.total, left.here == 1);
  if (!silent && left.total == 1) raise(hub, app, WebhookKind::channel_occupied, channel);
}

void Occupancy::joined(const Hub& hub, App& app, std::string_view channel, ChannelKind kind) {
  if (!told_counts(app, kind)) return;
  Part& p = part(channel);
  const std::lock_guard lock(p.mutex);
  count(hub, app, p, channel, true);
}

void Occupancy::leave(const Hub& hub, App& app, std::string_view channel, ChannelKind kind) {
  const bool silent = quiet(hub, app, kind);
  Part& p = part(channel);
  std::unique_lock<std::mutex> lock;
  if (!silent) lock = std::unique_lock(p.mutex);
  const auto left = app.counts.remove(channel);
  if (hub.cluster != nullptr) hub.cluster->count_changed(app, channel, left.total, left.here == 0);
  if (silent) return;
  if (told_counts(app, kind)) count(hub, app, p, channel, true);
  if (left.total == 0) raise(hub, app, WebhookKind::channel_vacated, channel);
}

void Occupancy::occupied_elsewhere(const Hub& hub, App& app, std::string_view channel) {
  if (hub.webhooks == nullptr || classify(channel).of_user) return;
  const std::lock_guard lock(
      part(channel).mutex);  // after who has just counted, but not yet raised
  raise(hub, app, WebhookKind::channel_occupied, channel, 0, true);
}

void Occupancy::changed_elsewhere(const Hub& hub, App& app, std::string_view channel) {
  if (!told_counts(app, classify(channel))) return;
  Part& p = part(channel);
  const std::lock_guard lock(p.mutex);
  count(hub, app, p, channel, false);
}

void Occupancy::count(const Hub& hub, App& app, Part& p, std::string_view channel, bool ours) {
  if (app.counts.count(channel) <= kSmall) return count_now(hub, app, p, channel, ours);
  Told& told = p.told[std::string(channel)];
  told.ours |= ours;
  if (told.due) return;
  if (Clock::now() - told.at >= kPause) return count_now(hub, app, p, channel, ours);
  told.due = true;
  hub.later.at(told.at + kPause, [this, &hub, &app, name = std::string(channel)] {
    Part& later = part(name);
    const std::lock_guard lock(later.mutex);
    const auto it = later.told.find(name);
    if (it != later.told.end() && it->second.due) count_now(hub, app, later, name, it->second.ours);
  });
}

void Occupancy::count_now(const Hub& hub, App& app, Part& p, std::string_view channel, bool ours) {
  const size_t now = app.counts.count(channel);
  if (now != 0) {
    p.told[std::string(channel)] = {Clock::now(), false, false};
    hub.tell(app, std::string(channel), subscription_count(channel, now));
  } else if (const auto it = p.told.find(channel); it != p.told.end()) {
    p.told.erase(it);
  }
  if (ours) raise(hub, app, WebhookKind::subscription_count, channel, now);
}

}  // namespace gardu::pusher
