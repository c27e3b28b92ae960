// SPDX-License-Identifier: Apache-2.0
//
// Events that a durable subscriber could not handle yet, though its cursor is past them. Within a
// lane they are retried in the order of their seq: only the oldest that waits, the lane's head, is
// ever due. A parked one waits for a person and holds nobody up.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "storage/writer.hpp"

namespace gardu::storage {

struct BacklogEntry {
  std::string plugin;
  std::int64_t seq = 0;  // of the journal
  std::string lane;
  std::string state = "waiting";  // waiting | parked
  int attempts = 0;
  std::int64_t not_before = 0;  // ms
  std::string error;            // the last one; empty: none
  std::int64_t updated_at = 0;
};

namespace backlog {

struct Counts {
  std::int64_t waiting = 0, parked = 0;
};

void put(Transaction& tx, const BacklogEntry& entry);  // in place of the one with its seq
bool remove(Transaction& tx, const std::string& plugin, std::int64_t seq);
std::optional<BacklogEntry> get(Session& s, const std::string& plugin, std::int64_t seq);
// Those in which something waits.
std::vector<std::string> lanes(Session& s, const std::string& plugin);
// The heads of lanes whose time has come, oldest seq first.
std::vector<BacklogEntry> due(Session& s, const std::string& plugin, std::int64_t now, int limit);
// The smallest not_before among the heads; nothing: nothing waits.
std::optional<std::int64_t> next_due(Session& s, const std::string& plugin);
std::vector<BacklogEntry> parked(Session& s, const std::string& plugin, std::int64_t after_seq,
                                 int limit);
// Parked ones wait again, due at once and from their first attempt: all, or the one with `seq`. How
// many there were.
std::int64_t release(Transaction& tx, const std::string& plugin, std::optional<std::int64_t> seq,
                     std::int64_t now);
Counts counts(Session& s, const std::string& plugin);
// The smallest seq that any plugin still has, so that retention spares it.
std::optional<std::int64_t> oldest(Session& s);
// The plugins that have that seq.
std::vector<std::string> holders(Session& s, std::int64_t seq);
// Deletes the plugin's oldest entries, at most so many; how many there were.
std::int64_t forget(Transaction& tx, const std::string& plugin, int limit);

}  // namespace backlog
}  // namespace gardu::storage
