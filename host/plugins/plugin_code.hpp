// SPDX-License-Identifier: Apache-2.0
//
// A plugin's own side: what the gateway calls. LoadedCode calls the tables of a library in this
// process, ChildCode asks the process that holds it. All of it on the plugin's thread.
#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include <gardu/abi/ext/transport.h>
#include <gardu/transport.hpp>

#include "event/event.hpp"

namespace gardu::host {

// What goes out, owned.
struct OutboundMessage {
  storage::Message message;
  std::string to, account_address;
  std::vector<Identity> identities;
  std::uint32_t attempt = 1;
};

// How a send ended.
struct SendOutcome {
  Status status;
  Accepted accepted;  // when the status is fine
};

struct ActionRequest {
  std::uint32_t kind = 0;  // gardu_action_kind
  std::string account_id, to, target, text;
  std::int64_t value = 0;
};

class PluginCode {
 public:
  using SendDone = std::function<void(SendOutcome)>;
  using ActionDone = std::function<void(const Status&, std::string data)>;

  virtual ~PluginCode() = default;
  // Creates and starts it. `stop` is called after it, also when it failed.
  virtual Status start(const std::string& settings) = 0;
  // Stops and destroys it; in between `settle` waits until all is told that it waits for. Fine also
  // when it was never started.
  virtual Status stop(const std::function<void()>& settle) = 0;

  // `results` has a place for each event, preset to GARDU_OK. `why`: of the first that failed,
  // where the plugin says it.
  virtual Status on_events(std::span<const EventRef> events, std::span<std::int32_t> results,
                           std::string& why) = 0;

  // After start; null: not a transport.
  virtual const gardu_transport_info* transport() const = 0;
  virtual Status connect(const Account& account) = 0;
  virtual Status disconnect(std::string_view account_id) = 0;
  // `done` is called once, whatever comes.
  virtual void send(const OutboundMessage& message, SendDone done) = 0;
  virtual void act(const ActionRequest& action, ActionDone done) = 0;
};

}  // namespace gardu::host
