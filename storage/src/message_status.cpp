// SPDX-License-Identifier: Apache-2.0
// Statuses: the one rule by which they move.
#include "message_row.hpp"

namespace gardu::storage::messages {
namespace {

// -1: no status that moves (what inbound messages have, or an unknown word).
int rank(const std::string& status) {
  static constexpr std::string_view kOrder[] = {"pending", "sent", "delivered", "read", "played"};
  for (int i = 0; i < 5; ++i)
    if (status == kOrder[i]) return i;
  return -1;
}

}  // namespace

bool may_move(const std::string& from, const std::string& to) {
  const int have = rank(from);
  if (have < 0) return false;  // failed is final, received is none
  if (to == "failed") return have <= 1;
  return rank(to) > have;
}

std::optional<StatusChange> apply_status(Transaction& tx, const Message& current,
                                         const std::string& status, std::int64_t at,
                                         const std::optional<std::string>& error) {
  if (current.direction != "outbound" || !may_move(current.status, status)) return std::nullopt;
  StatusChange change{current.status, current};
  Message& m = change.message;
  m.status = status;
  if (status == "failed") {
    m.failed_at = at;
    m.error = error;
  } else {
    const int now = rank(status);
    if (now >= 1 && !m.sent_at) m.sent_at = at;
    if (now >= 2 && !m.delivered_at) m.delivered_at = at;
    if (now >= 3 && !m.read_at) m.read_at = at;
    if (now >= 4 && !m.played_at) m.played_at = at;
  }
  // The last condition: `current` was not read in this transaction after all.
  const auto moved = run(
      tx,
      "update messages set status = :a, error = :b, sent_at = :c, delivered_at = :d, read_at = :e, "
      "played_at = :f, failed_at = :g where workspace_id = :h and id = :i and status = :j",
      m.status, m.error, m.sent_at, m.delivered_at, m.read_at, m.played_at, m.failed_at,
      m.workspace_id, m.id, change.previous);
  if (moved == 0) return std::nullopt;
  return change;
}

std::optional<StatusChange> apply_status(Transaction& tx, const std::string& workspace_id,
                                         const std::string& id, const std::string& status,
                                         std::int64_t at, const std::optional<std::string>& error) {
  const auto current = get(tx, workspace_id, id);
  return current ? apply_status(tx, *current, status, at, error) : std::nullopt;
}

std::optional<Message> reopen(Transaction& tx, const std::string& workspace_id,
                              const std::string& id) {
  const auto moved = run(tx,
                         "update messages set status = 'pending', error = null, failed_at = null, "
                         "sent_at = null, provider_message_id = null, raw_id = null where "
                         "workspace_id = :a and id = :b and status = 'failed' and "
                         "direction = 'outbound'",
                         workspace_id, id);
  return moved > 0 ? get(tx, workspace_id, id) : std::nullopt;
}

}  // namespace gardu::storage::messages
