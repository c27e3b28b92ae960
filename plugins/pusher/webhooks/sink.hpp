// SPDX-License-Identifier: Apache-2.0
//
// Where what an app's owner may want to know goes: the listener raises, whoever sends it on
// listens.
#pragma once
#include <cstddef>
#include <string>

#include "protocol/settings.hpp"

namespace gardu::pusher {

struct App;

// One thing that happened on a channel. Which members count is up to the kind.
struct WebhookEvent {
  WebhookKind kind{};
  std::string channel;
  std::string user_id;            // member_added, member_removed; client_event on presence channels
  std::string event, data;        // client_event
  std::string socket_id;          // client_event
  size_t subscription_count = 0;  // subscription_count
  // channel_occupied, member_added: another node tells it; here it but undoes what is held back.
  bool elsewhere = false;
};

class WebhookSink {
 public:
  virtual ~WebhookSink() = default;
  // Any thread; never blocks and never throws. Events of one channel are told in the order of these
  // calls. It is the sink that holds back vacated and removed for a grace, and drops them when the
  // channel or the member comes back, here or on another node.
  virtual void raise(const App& app, WebhookEvent event) noexcept = 0;
  // Any thread. False: nobody listens, and such an event need not be built.
  virtual bool listens(const App&, WebhookKind) const noexcept { return true; }
};

}  // namespace gardu::pusher
