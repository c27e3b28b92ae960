// SPDX-License-Identifier: Apache-2.0
//
// What other nodes tell, made true here. Frames of members are queued under the room's lock, so
// they go out in the order of the changes, and so is what undoes a webhook that is held back; other
// webhooks are raised after.
#include "cluster/receiver.hpp"

#include <utility>
#include <vector>

#include "protocol/channel.hpp"
#include "server/people.hpp"

namespace gardu::pusher {
namespace {

std::string key(std::string_view app, std::string_view room, std::string_view user = {}) {
  std::string out;
  out.reserve(app.size() + room.size() + user.size() + 2);
  out.append(app).push_back('\0');
  out.append(room).push_back('\0');
  return out.append(user);
}

// Whoever comes to a room while nobody is there has the list.
void came(const Hub& hub, App& app, std::string_view room, const MemberView& member) {
  if (room == kSignedIn || app.counts.local(room) != 0) People(hub, app).came(room, member);
}

void went(const Hub& hub, App& app, std::string_view room, std::string_view user) {
  if (room == kSignedIn || app.counts.local(room) != 0) People(hub, app).went(room, user);
}

}  // namespace

void Receiver::event(const wire::Event& event) {
  App* app = hub_.find_by_id(event.app);
  if (app == nullptr) return;
  const std::vector<std::string> channels(event.channels.begin(), event.channels.end());
  hub_.receive(*app, {channels, event.name, event.data, event.except, event.user_id, event.cached});
}

void Receiver::terminate(const wire::Terminate& terminate) {
  if (const App* app = hub_.find_by_id(terminate.app)) hub_.terminate_here(*app, terminate.user);
}

void Receiver::cached(const wire::Cached& event, EventCache::Clock::time_point now) {
  App* app = hub_.find_by_id(event.app);
  if (app == nullptr) return;
  const auto age = std::chrono::milliseconds(
      std::min<uint64_t>(event.age_ms, static_cast<uint64_t>(EventCache::kOldest.count())));
  app->cache.put_older(event.channel, event.name, event.data, now - age);
}

void Receiver::member(std::string_view node, const wire::Member& m, bool speaks) {
  App* app = hub_.find_by_id(m.app);
  if (app == nullptr) return;
  if (m.present) {
    if (const auto it = snapshots_.find(node); it != snapshots_.end())
      it->second.members.insert(key(m.app, m.room, m.user));
    app->roster.remote_join(node, m.room, m.user, m.info, [&] {
      came(hub_, *app, m.room, {m.user, m.info});
      raise(*app, WebhookKind::member_added, m.room, m.user, true);
    });
    return;
  }
  bool gone = false;
  app->roster.remote_leave(node, m.room, m.user, [&] {
    gone = true;
    went(hub_, *app, m.room, m.user);
  });
  if (gone && !m.gone && speaks) raise(*app, WebhookKind::member_removed, m.room, m.user);
}

void Receiver::count(std::string_view node, const wire::Count& c, bool speaks) {
  App* app = hub_.find_by_id(c.app);
  if (app == nullptr) return;
  if (const auto it = snapshots_.find(node); it != snapshots_.end() && c.here != 0)
    it->second.channels.insert(key(c.app, c.channel));
  const auto [before, after] = app->counts.set_remote(node, c.channel, c.here);
  if (before != after) app->occupancy.changed_elsewhere(hub_, *app, c.channel);
  if (before == 0 && after != 0) app->occupancy.occupied_elsewhere(hub_, *app, c.channel);
  if (before != 0 && after == 0 && c.total != 0 && speaks)
    raise(*app, WebhookKind::channel_vacated, c.channel);
}

void Receiver::snapshot_began(std::string_view node) {
  snapshots_.insert_or_assign(std::string(node), Snapshot{});
}

void Receiver::listed(std::string_view node) {
  if (const auto it = snapshots_.find(node); it != snapshots_.end()) ++it->second.records;
}

bool Receiver::snapshot_ended(std::string_view node, uint64_t records) {
  const auto it = snapshots_.find(node);
  if (it == snapshots_.end()) return false;
  const Snapshot kept = std::move(it->second);
  snapshots_.erase(it);
  if (kept.records != records) return false;
  sweep(node, kept, false);  // the node itself has told its webhooks
  return true;
}

void Receiver::forget(std::string_view node, bool speaks) {
  if (const auto it = snapshots_.find(node); it != snapshots_.end()) snapshots_.erase(it);
  sweep(node, {}, speaks);
}

void Receiver::sweep(std::string_view node, const Snapshot& kept, bool speaks) {
  for (const auto& app : hub_.apps) {
    const std::string& id = app->settings.id;
    std::vector<std::pair<std::string, std::string>> gone;
    app->roster.forget_node(
        node,
        [&](std::string_view room, std::string_view user) {
          went(hub_, *app, room, user);
          gone.emplace_back(room, user);
        },
        [&](std::string_view room, std::string_view user) {
          return kept.members.contains(key(id, room, user));
        });
    std::vector<std::string> changed, vacated;
    app->counts.forget_node(
        node, [&](std::string_view channel) { return kept.channels.contains(key(id, channel)); },
        [&](std::string_view channel, size_t left) {
          if (left == 0) vacated.emplace_back(channel);
          changed.emplace_back(channel);
        });
    for (const std::string& channel : changed)
      app->occupancy.changed_elsewhere(hub_, *app, channel);
    if (!speaks) continue;
    for (const auto& [room, user] : gone) raise(*app, WebhookKind::member_removed, room, user);
    for (const std::string& channel : vacated) raise(*app, WebhookKind::channel_vacated, channel);
  }
}

void Receiver::raise(const App& app, WebhookKind kind, std::string_view channel,
                     std::string_view user, bool elsewhere) const {
  if (hub_.webhooks == nullptr || channel == kSignedIn || classify(channel).of_user) return;
  WebhookEvent event;
  event.kind = kind;
  event.channel = channel;
  event.user_id = user;
  event.elsewhere = elsewhere;
  hub_.webhooks->raise(app, std::move(event));
}

}  // namespace gardu::pusher
