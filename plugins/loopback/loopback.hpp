// SPDX-License-Identifier: Apache-2.0
//
// A WhatsApp network in miniature: acknowledges what is sent, answers as the peer, and plays
// inbound messages on request, so that trying the gateway out needs no account. Everything runs on
// the plugin's thread; all that happens later hangs on the host's timers, which end with stop.
#pragma once
#include <cstdint>
#include <gardu/plugin.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "number.hpp"
#include "sessions.hpp"
#include "settings.hpp"

namespace gardu::loopback {

class Loopback final : public Plugin, public Transport {
 public:
  using Plugin::Plugin;

  Status start(std::string_view settings) override;
  void stop() override;

  gardu_transport_info describe() const override;
  Status connect(const Account& account) override;
  Status disconnect(std::string_view account_id) override;
  void send(const Outbound& outbound, SendCompletion completion) override;
  void act(const Action& action, ActionCompletion completion) override;

 private:
  // What later steps need of a message that went out.
  struct Sent {
    std::string account_id, message_id, provider_id, text, content;
    gardu_message_type type;
    Peer peer;
  };

  bool throttle(const MessageView& message, SendCompletion& completion);
  void keep_unanswered(SendCompletion completion);
  void acknowledge(const Sent& sent, Behaviour behaviour);
  void answer(const Sent& sent);
  void publish_after(Micros delay, Publication publication);
  void publish(Publication publication);
  std::string next_id();
  void play_history(const std::string& account_id);
  void inject(const HttpRequest& request, HttpReply reply);

  Settings settings_;
  std::string run_;  // what ids of this run begin with
  std::uint64_t next_ = 1;
  Sessions sessions_{host(), [this](Publication p) { publish(std::move(p)); }};
  std::map<std::string, int, std::less<>> throttled_;  // message id → how often
  std::map<std::uint64_t, SendCompletion> unanswered_;
};

}  // namespace gardu::loopback
