// SPDX-License-Identifier: Apache-2.0
// How an outbox entry's row is read.
#pragma once
#include <string>
#include <string_view>

#include "message_row.hpp"
#include "storage/outbox.hpp"

namespace gardu::storage {

inline const std::string kSelectEntry =
    "select +o.id, o.message_id, o.workspace_id, o.account_id, o.contact_id, o.lane, o.priority, "
    "o.not_before, o.attempts, o.state, o.lease_holder, o.lease_until, o.last_error, o.created_at "
    "from outbox o where ";
inline constexpr std::string_view kEntryColumns = "isssssiiissisi";

inline OutboxEntry entry_of(Row& r) {
  OutboxEntry e;
  e.id = r.integer();
  e.message_id = r.text();
  e.workspace_id = r.text();
  e.account_id = r.text();
  e.contact_id = r.text();
  e.lane = r.text();
  e.priority = static_cast<int>(r.integer());
  e.not_before = r.integer();
  e.attempts = static_cast<int>(r.integer());
  e.state = r.text();
  e.lease_holder = r.maybe_text();
  e.lease_until = r.maybe_integer();
  e.last_error = r.maybe_text();
  e.created_at = r.integer();
  return e;
}

// With the message, read once the entries are.
inline void add_messages(Session& s, std::vector<LeasedEntry>& entries) {
  for (LeasedEntry& e : entries)
    if (auto m = one_message(s, "workspace_id = :a and id = :b", e.workspace_id, e.message_id))
      e.message = std::move(*m);
}

}  // namespace gardu::storage
