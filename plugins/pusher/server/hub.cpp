// SPDX-License-Identifier: Apache-2.0
//
// Publishing: serialized and framed once a channel, whatever the audience.
#include "server/hub.hpp"

#include <algorithm>

#include "protocol/messages.hpp"
#include "server/connection.hpp"
#include "server/loop.hpp"
#include "server/session.hpp"

namespace gardu::pusher {
namespace {

// Those connections of a loop, by the channel that only they are in.
void close_all(Loop& loop, const App& app, const std::string& channel) {
  const Channel* found = loop.channels(app).find(channel);
  if (found == nullptr) return;
  std::vector<Connection*> connections;  // closing one changes the channel
  for (const Subscription* subscription : found->subscribers)
    connections.push_back(&subscription->session->connection());
  for (Connection* const connection : connections)
    connection->close_with_error(Code::unauthorized, "The user's connections were terminated");
}

// A frame of one channel; `head`: what several channels have in common.
SharedBytes frame_of(std::string_view head, std::string_view channel, std::string_view user_id) {
  TextFrame frame(head.size() + channel.size() + user_id.size() + 16);
  frame.payload() += head;
  append_event_tail(frame.payload(), channel, user_id);
  return frame.finish();
}

SharedBytes frame_of(const Hub::Publication& event, std::string_view channel) {
  const size_t escapes = event.data.size() / 4;
  TextFrame frame(event.name.size() + event.data.size() + escapes + channel.size() +
                  event.user_id.size() + 64);
  append_event_head(frame.payload(), event.name, event.data);
  append_event_tail(frame.payload(), channel, event.user_id);
  return frame.finish();
}

}  // namespace

Hub::Hub(Settings s, const Host& h)
    : settings(std::move(s)),
      host(h),
      metrics(h, settings.apps),
      turnstile(settings.handshakes_per_second) {
  for (size_t i = 0; i < settings.apps.size(); ++i) {
    apps.push_back(std::make_unique<App>(settings.apps[i], i));
    apps.back()->counts.watch([this](std::string_view channel, bool occupied) {
      metrics.channels[Metrics::kind_of(channel)].add(occupied ? 1 : -1);
    });
  }
}

App* Hub::find_by_key(std::string_view key) const noexcept {
  for (const auto& app : apps)
    if (std::ranges::find(app->settings.keys, key, &KeyPair::key) != app->settings.keys.end())
      return app.get();
  return nullptr;
}

App* Hub::find_by_id(std::string_view id) const noexcept {
  for (const auto& app : apps)
    if (app->settings.id == id) return app.get();
  return nullptr;
}

void Hub::prepare(const App& app, const Publication& publication, Deliveries& out) {
  std::string head;
  std::chrono::steady_clock::time_point now;
  for (const std::string& channel : publication.channels) {
    if (app.counts.local(channel) == 0) continue;
    const bool several = publication.channels.size() > 1;
    if (now == std::chrono::steady_clock::time_point{}) {
      now = std::chrono::steady_clock::now();
      if (several) head = event_head(publication.name, publication.data);
    }
    out.push_back(std::make_shared<const Delivery>(Delivery{
        app.index, channel,
        several ? frame_of(head, channel, publication.user_id) : frame_of(publication, channel),
        std::string(publication.except), publication.seq == 0 ? kUnnumbered : publication.seq,
        now}));
  }
}

void Hub::deliver(const Deliveries& deliveries) const {
  if (deliveries.empty()) return;
  for (Loop* loop : loops) loop->deliver(deliveries);
}

void Hub::tell(const App& app, std::string channel, std::string_view payload,
               std::string_view except) const {
  deliver({std::make_shared<const Delivery>(
      Delivery{app.index, std::move(channel), text_frame(payload), std::string(except)})});
}

void Hub::show(const App& app, const Publication& publication) const {
  Taps::Record record;
  record.event = publication.name;
  record.data = publication.data;
  record.socket_id = publication.except;
  record.user_id = publication.user_id;
  taps.sent(app.index, publication.channels, record);
}

void Hub::broadcast(App& app, const Publication& publication) const {
  if (taps.watching()) show(app, publication);
  const auto kept = [&](const std::string& channel) {
    return publication.keep && classify(channel).cached;
  };
  Deliveries deliveries;
  if (std::ranges::none_of(publication.channels, kept)) {
    prepare(app, publication, deliveries);
    return deliver(deliveries);
  }
  const auto now = EventCache::Clock::now();
  for (const std::string& channel : publication.channels) {
    Publication one = publication;
    one.channels = std::span(&channel, 1);
    const auto hand_over = [&] {
      Deliveries each;
      prepare(app, one, each);
      deliver(each);
    };
    if (kept(channel))
      app.cache.put(channel, publication.name, publication.data, now, hand_over);
    else
      hand_over();
  }
}

void Hub::publish(App& app, const Publication& publication) const {
  broadcast(app, publication);
  tell_cluster(app, publication);
}

void Hub::whisper(const Subscription& from, const Publication& publication) const {
  App& app = from.session->app();
  if (taps.watching()) show(app, publication);
  const std::string& channel = publication.channels.front();
  Loop& own = from.session->connection().loop();
  const SharedBytes frame = frame_of(publication, channel);
  if (loops.size() > 1) {
    const Deliveries deliveries{std::make_shared<const Delivery>(Delivery{
        app.index, channel, frame, std::string(publication.except), kUnnumbered, own.now()})};
    for (Loop* loop : loops)
      if (loop != &own) loop->deliver(deliveries);
  }
  own.whisper(from, frame);
  tell_cluster(app, publication);
}

void Hub::tell_cluster(App& app, const Publication& publication) const {
  if (cluster != nullptr)
    cluster->publish(app, {publication.channels, publication.name, publication.data,
                           publication.except, publication.user_id, publication.keep});
}

void Hub::receive(App& app, const ClusterEvent& event) const {
  broadcast(app,
            {event.name, event.data, event.channels, event.except, event.user_id, event.cached});
}

void Hub::terminate(const App& app, std::string_view user) const {
  terminate_here(app, user);
  if (cluster != nullptr) cluster->terminate(app, user);
}

void Hub::terminate_here(const App& app, std::string_view user) const {
  for (Loop* loop : loops)
    loop->post([loop, &app, channel = of_user(user)] { close_all(*loop, app, channel); });
}

}  // namespace gardu::pusher
