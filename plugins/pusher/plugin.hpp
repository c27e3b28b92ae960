// SPDX-License-Identifier: Apache-2.0
//
// The broadcaster as a plugin: starts the listener, and hands it the gateway's events. Hooks run on
// the plugin's thread, which never writes to a socket itself.
#pragma once
#include <gardu/plugin.hpp>
#include <memory>

#include "gateway/recovery.hpp"
#include "server/server.hpp"
#include "webhooks/sender.hpp"

namespace gardu::pusher {

class PusherPlugin : public Plugin {
 public:
  explicit PusherPlugin(const gardu_host& host);
  ~PusherPlugin() override;

  Status start(std::string_view settings) override;
  void stop() override;
  void on_events(Batch& batch) override;

  uint16_t port() const noexcept { return server_.port(); }
  Hub* hub() const noexcept { return server_.hub(); }  // null unless started

 private:
  void serve_gateway(Hub& hub);
  // Frames for who is here; what is not in the journal also goes to the other nodes.
  bool broadcast(const EventView& event, Deliveries& out) const;

  Profiles profiles_;
  std::unique_ptr<Recoveries> recoveries_;   // outlives the server, whose loops call it
  std::unique_ptr<WebhookSender> webhooks_;  // null: nobody wants to know; outlives the server
  Server server_;
  App* gateway_ = nullptr;  // null: the gateway's events are not broadcast
};

}  // namespace gardu::pusher
