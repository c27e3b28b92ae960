// SPDX-License-Identifier: Apache-2.0
//
// Publishing: serialized and framed once a channel, whatever the audience.
#include "server/hub.hpp"

#include <algorithm>

#include "protocol/messages.hpp"
#include "server/loop.hpp"

namespace gardu::pusher {

Hub::Hub(Settings s, const Host& h) : settings(std::move(s)), host(h), metrics(h) {
  for (size_t i = 0; i < settings.apps.size(); ++i)
    apps.push_back(std::make_unique<App>(settings.apps[i], i));
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
  for (const std::string& channel : publication.channels) {
    if (app.counts.count(channel) == 0) continue;
    if (head.empty()) head = event_head(publication.name, publication.data);
    out.push_back(std::make_shared<const Delivery>(
        Delivery{app.index, channel, text_frame(event_message(head, channel)),
                 std::string(publication.except)}));
  }
}

void Hub::deliver(const Deliveries& deliveries) const {
  if (deliveries.empty()) return;
  for (Loop* loop : loops) loop->deliver(deliveries);
}

void Hub::publish(const App& app, const Publication& publication) const {
  Deliveries deliveries;
  prepare(app, publication, deliveries);
  deliver(deliveries);
}

}  // namespace gardu::pusher
