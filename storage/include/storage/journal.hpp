// SPDX-License-Identifier: Apache-2.0
//
// The journal: everything that happened, in commit order. Written through Transaction::append.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/database.hpp"

namespace gardu::storage {

struct JournalEntry {
  std::int64_t seq = 0;
  std::string id, type, workspace_id;
  std::optional<std::string> account_id, contact_id;
  std::optional<std::string> message_id;  // for a message's timeline
  std::int64_t occurred_at = 0, recorded_at = 0;
  std::string source, data;   // data: JSON object
  std::string origin_socket;  // the client whose request caused it; empty: none
  // Not stored, carried to the listener of the commit:
  std::shared_ptr<const void> attachment;  // whatever the writer of the entry put here
};

struct JournalQuery {
  std::int64_t after_seq = 0;
  int limit = 1000;
  std::optional<std::string> workspace_id, contact_id, account_id;
  std::vector<std::string> types;  // empty: all
  bool other_types = false;        // not those, but all others
};

namespace journal {

// Oldest first. Without a workspace: all of them, for the feed alone.
std::vector<JournalEntry> read(Session& s, const JournalQuery& query);
std::int64_t newest(Session& s);  // 0: empty
std::int64_t oldest(Session& s);  // 0: empty
std::optional<JournalEntry> get(Session& s, const std::string& workspace_id, const std::string& id);
// Whatever its workspace: for the feed alone.
std::optional<JournalEntry> at(Session& s, std::int64_t seq);
// A message's timeline, oldest first.
std::vector<JournalEntry> of_message(Session& s, const std::string& workspace_id,
                                     const std::string& message_id);

}  // namespace journal
}  // namespace gardu::storage
