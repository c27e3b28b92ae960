// SPDX-License-Identifier: Apache-2.0
//
// The deliveries, in a table of the plugin's own: what waits, and what was given up. Every call
// blocks, on the plugin's thread, and throws gardu::Failure. Times are microseconds UTC.
#pragma once
#include <cstdint>
#include <gardu/host.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "target.hpp"

namespace forward_events {

struct Delivery {
  std::string id, target, lane, workspace_id, event, body, state, last_error;
  std::int64_t seq = 0, attempts = 0, not_before = 0, changed_at = 0;
};

// "<target>-<seq>": the same for each attempt, so that a receiver can drop repeats.
std::string delivery_id(const Target& target, std::int64_t seq);

class Queue {
 public:
  explicit Queue(const gardu::Host& host) : host_(host) {}
  void migrate() const;  // in start

  // In on_events: with the cursor, or not at all.
  void add(const Target& target, const gardu::EventView& event, std::int64_t now) const;

  // The oldest of each lane, those that are due, by their place in the journal; with the body.
  std::vector<Delivery> due(std::string_view target, std::int64_t now, std::int64_t most) const;
  // When the next of them that is not due yet will be; nothing waits: none.
  std::optional<std::int64_t> next_due(std::string_view target, std::int64_t now) const;
  std::int64_t waiting(std::string_view target) const;

  void remove(std::string_view id) const;
  void postpone(std::string_view id, std::int64_t attempts, std::int64_t not_before,
                std::string_view why, std::int64_t now) const;
  void bury(std::string_view id, std::int64_t attempts, std::string_view why,
            std::int64_t now) const;
  // Those of targets that are no more; how many.
  std::int64_t bury_orphans(const Settings& settings, std::int64_t now) const;
  std::int64_t forget_dead(std::int64_t before) const;

  // Of one workspace, without bodies, after that seq and id.
  std::vector<Delivery> list(std::string_view workspace_id, std::string_view state,
                             std::int64_t after_seq, std::string_view after_id,
                             std::int64_t most) const;
  std::optional<Delivery> find(std::string_view workspace_id, std::string_view id) const;
  // From dead to queued, with all its attempts anew. False: it is not dead any more.
  bool revive(std::string_view id, std::int64_t now) const;

 private:
  const gardu::Host& host_;
};

}  // namespace forward_events
