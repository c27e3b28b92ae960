// SPDX-License-Identifier: Apache-2.0
// Statuses: the one rule by which they move, and those that came too early.
#include "message_row.hpp"

namespace gardu::storage {
namespace messages {
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
  run(tx,
      "update messages set status = :a, error = :b, sent_at = :c, delivered_at = :d, read_at = :e, "
      "played_at = :f, failed_at = :g where workspace_id = :h and id = :i",
      m.status, m.error, m.sent_at, m.delivered_at, m.read_at, m.played_at, m.failed_at,
      m.workspace_id, m.id);
  return change;
}

}  // namespace messages

namespace early_statuses {

void put(Transaction& tx, const EarlyStatus& e) {
  run(tx,
      "insert into early_statuses (account_id, provider_message_id, status, at, error) "
      "values (:a, :b, :c, :d, :e)",
      e.account_id, e.provider_message_id, e.status, e.at, e.error);
}

std::vector<EarlyStatus> take(Transaction& tx, const std::string& account_id,
                              const std::string& provider_message_id) {
  std::vector<EarlyStatus> out;
  each(
      tx,
      "select status, at, error from early_statuses where account_id = :a and "
      "provider_message_id = :b order by id",
      "sis",
      [&](Row& r) {
        EarlyStatus e{account_id, provider_message_id, r.text(), 0, std::nullopt};
        e.at = r.integer();
        e.error = r.maybe_text();
        out.push_back(std::move(e));
      },
      account_id, provider_message_id);
  if (!out.empty())
    run(tx, "delete from early_statuses where account_id = :a and provider_message_id = :b",
        account_id, provider_message_id);
  return out;
}

void purge(Transaction& tx, std::int64_t older_than) {
  run(tx, "delete from early_statuses where at < :a", older_than);
}

}  // namespace early_statuses
}  // namespace gardu::storage
