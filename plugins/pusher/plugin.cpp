// SPDX-License-Identifier: Apache-2.0
//
// The plugin's hooks.
#include "plugin.hpp"

#include <algorithm>

#include "gateway/auth_route.hpp"
#include "gateway/profile.hpp"
#include "gateway/tap_route.hpp"

namespace gardu::pusher {

PusherPlugin::PusherPlugin(const gardu_host& host) : Plugin(host), server_(this->host()) {}

Status PusherPlugin::start(std::string_view text) {
  Result<Settings> settings = parse_settings(text);
  if (!settings) return settings.status();
  for (AppSettings& app : settings->apps)
    if (app.keys.front().secret.empty())
      app.keys.front().secret = host().secret("apps." + app.id + ".secret");
  webhooks_ = WebhookSender::start(host(), *settings);
  const Status status = server_.start(*settings, [this](Hub& hub) {
    hub.webhooks = webhooks_.get();
    serve_gateway(hub);
  });
  if (!status.ok()) {
    gateway_ = nullptr;
    recoveries_.reset();
    webhooks_.reset();
    return status;
  }
  if (webhooks_)
    webhooks_->ask([hub = server_.hub()](size_t app, const auto& channel, const auto& user) {
      const App& where = *hub->apps[app];
      return user.empty() ? where.counts.count(channel) != 0 : where.roster.contains(channel, user);
    });
  if (gateway_ != nullptr) {
    recoveries_->start();
    mount_auth_routes(host(), gateway_->settings, profiles_);
  }
  mount_tap_routes(host(), *server_.hub(), gateway_, profiles_);
  return {};
}

// What asks the hub must have been stopped before it goes.
PusherPlugin::~PusherPlugin() { PusherPlugin::stop(); }

void PusherPlugin::serve_gateway(Hub& hub) {
  if (hub.settings.gateway_app.empty()) return;
  gateway_ = hub.find_by_id(hub.settings.gateway_app);
  profiles_ = {hub.settings.gardu_profile, hub.settings.blazz_profile};
  recoveries_ = std::make_unique<Recoveries>(hub, *gateway_, profiles_);
  hub.recoverer = recoveries_.get();
}

void PusherPlugin::stop() {
  if (recoveries_) recoveries_->stop();
  gateway_ = nullptr;
  if (webhooks_) webhooks_->leave();
  server_.stop();
  recoveries_.reset();
  webhooks_.reset();  // behind the server: its end still raises events
}

void PusherPlugin::on_events(Batch& batch) {
  if (gateway_ == nullptr) return;
  Deliveries deliveries;
  int64_t heard = 0;
  for (size_t i = 0; i < batch.size(); ++i)
    if (broadcast(batch[i], deliveries)) ++heard;
  server_.hub()->deliver(deliveries);
  if (heard != 0) server_.hub()->metrics.gateway_events.add(heard);
}

bool PusherPlugin::broadcast(const EventView& event, Deliveries& out) const {
  const Hub& hub = *server_.hub();
  // What is in the journal, every host that shares it broadcasts itself.
  const bool everywhere = event.seq() == 0 && hub.cluster != nullptr;
  const size_t before = out.size();
  std::vector<Broadcast> all = broadcasts_of(event, profiles_);
  const bool watched = hub.taps.watching();
  if (!everywhere && !watched)
    std::erase_if(all, [&](const auto& b) { return gateway_->counts.local(b.channel) == 0; });
  for (size_t i = 0; i < all.size();) {
    // Those that say the same are serialized once.
    std::vector<std::string> channels;
    const Broadcast first = all[i];
    for (; i < all.size() && all[i].name == first.name && all[i].form == first.form; ++i)
      channels.push_back(std::move(all[i].channel));
    const std::string data = data_of(event, first.form);
    Hub::Publication publication{first.name, data, channels, event.origin_socket()};
    publication.seq = event.seq();
    if (watched) hub.show(*gateway_, publication);
    Hub::prepare(*gateway_, publication, out);
    if (!everywhere) continue;
    hub.cluster->publish(*gateway_, {channels, first.name, data, event.origin_socket(), {}, false});
  }
  return everywhere ? !all.empty() : out.size() != before;
}

}  // namespace gardu::pusher
