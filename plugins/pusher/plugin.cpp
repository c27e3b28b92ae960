// SPDX-License-Identifier: Apache-2.0
//
// The plugin's hooks.
#include "plugin.hpp"

#include "gateway/auth_route.hpp"
#include "gateway/profile.hpp"

namespace gardu::pusher {

PusherPlugin::PusherPlugin(const gardu_host& host) : Plugin(host), server_(this->host()) {}

Status PusherPlugin::start(std::string_view text) {
  Result<Settings> settings = parse_settings(text);
  if (!settings) return settings.status();
  for (AppSettings& app : settings->apps)
    if (app.keys.front().secret.empty())
      app.keys.front().secret = host().secret("apps." + app.id + ".secret");
  if (Status status = server_.start(*settings); !status.ok()) return status;
  if (settings->gateway_app.empty()) return {};
  gateway_ = server_.hub()->find_by_id(settings->gateway_app);
  mount_auth_route(host(), gateway_->settings);
  return {};
}

void PusherPlugin::stop() {
  gateway_ = nullptr;
  server_.stop();
}

void PusherPlugin::on_events(Batch& batch) {
  if (gateway_ == nullptr) return;
  Deliveries deliveries;
  int64_t heard = 0;
  for (size_t i = 0; i < batch.size(); ++i) {
    const EventView event = batch[i];
    auto channels = channels_of(event);
    std::erase_if(channels, [&](const auto& name) { return gateway_->counts.local(name) == 0; });
    if (channels.empty()) continue;
    const std::string data = data_of(event);
    Hub::prepare(*gateway_, {event.type_name(), data, channels, event.origin_socket()}, deliveries);
    ++heard;
  }
  server_.hub()->deliver(deliveries);
  if (heard != 0) server_.hub()->metrics.gateway_events.add(heard);
}

}  // namespace gardu::pusher
