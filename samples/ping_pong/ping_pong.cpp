// SPDX-License-Identifier: Apache-2.0
//
// The smallest useful plugin: answers "ping" with "pong", exactly once, whatever crashes when.
#include <gardu/plugin.hpp>

class PingPong final : public gardu::Plugin {
 public:
  using Plugin::Plugin;
  void on_message(const gardu::MessageView& message) override {
    if (message.inbound() && message.text() == "ping") host().send(message.reply("pong"));
  }
};

GARDU_PLUGIN(PingPong, {.id = "ping_pong",
                        .version = "1.0.0",
                        .name = "Ping pong",
                        .license = "MIT",
                        .subscribes = gardu::events::message_received,
                        .delivery = gardu::Delivery::durable})
