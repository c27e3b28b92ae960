// SPDX-License-Identifier: Apache-2.0
//
// Forwards events to URLs. on_events only stores what is to be delivered, in the transaction of the
// plugin's place in the journal; the sender posts it from there.
#pragma once
#include <gardu/plugin.hpp>
#include <memory>
#include <optional>
#include <string_view>

#include "queue.hpp"
#include "sender.hpp"
#include "target.hpp"

namespace forward_events {

class ForwardEvents final : public gardu::Plugin {
 public:
  explicit ForwardEvents(const gardu_host& table);
  gardu::Status start(std::string_view settings) override;
  void stop() override;
  void on_event(const gardu::EventView& event) override;

  void use_clock(Clock clock) { clock_ = std::move(clock); }  // of a test, before start

 private:
  void mount_routes() const;
  gardu::HttpResponse list(const gardu::HttpRequest& request) const;
  gardu::HttpResponse retry(const gardu::HttpRequest& request) const;

  Clock clock_;
  Settings settings_;
  Queue queue_;
  std::unique_ptr<Sender> sender_;  // while started
};

}  // namespace forward_events
