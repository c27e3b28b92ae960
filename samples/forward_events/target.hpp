// SPDX-License-Identifier: Apache-2.0
//
// Where events go, as the settings have it, and what is sent there. Values; parse_settings throws
// gardu::Failure for what a schema cannot say.
#pragma once
#include <cstdint>
#include <gardu/event.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy.hpp"

namespace forward_events {

struct Target {
  std::string id;  // of url and workspace: the same after a restart, whatever else is changed
  std::string url, secret, workspace_id;
  std::vector<std::string> events;
  std::vector<std::pair<std::string, std::string>> headers;

  bool wants(std::string_view type, std::string_view of_workspace) const;
  std::string shown() const;  // its scheme and host: paths may be secret
};

struct Settings {
  std::vector<Target> targets;
  std::int64_t attempts = 10;
  Micros timeout{0}, first_retry{0}, keep_dead{0};
  const Target* find(std::string_view id) const;
};

Settings parse_settings(std::string_view json);

// The event as the gateway's own REST shows it: the body of the request.
std::string envelope(const gardu::EventView& event);
// Deliveries of one lane of a target go one after the other: a contact's, else an account's.
std::string lane_of(const gardu::EventView& event);

}  // namespace forward_events
