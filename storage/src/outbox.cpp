// SPDX-License-Identifier: Apache-2.0
#include "storage/outbox.hpp"

#include "outbox_row.hpp"

namespace gardu::storage::outbox {
namespace {

// Who may end a try: only while the entry is as it was when the try began.
constexpr const char* kAsSeen =
    "where id = :id and state = :state and coalesce(lease_holder, '') = :holder";

std::string holder_of(const OutboxEntry& e) { return e.lease_holder.value_or(""); }

bool end(Transaction& tx, const OutboxEntry& seen, const char* state,
         const std::optional<std::string>& last_error) {
  static const std::string kSql =
      std::string(
          "update outbox set state = :a, last_error = coalesce(:b, last_error), "
          "lease_holder = null, lease_until = null ") +
      kAsSeen;
  return run(tx, kSql, state, last_error, seen.id, seen.state, holder_of(seen)) > 0;
}

// Another try, or none before then: `state` is queued or in_doubt.
bool wait(Transaction& tx, const OutboxEntry& seen, const char* state, int attempts,
          std::int64_t not_before, const std::optional<std::string>& last_error) {
  static const std::string kSql =
      std::string(
          "update outbox set state = :a, attempts = :b, not_before = :c, last_error = :d, "
          "lease_holder = null, lease_until = null ") +
      kAsSeen;
  return run(tx, kSql, state, attempts, not_before, last_error, seen.id, seen.state,
             holder_of(seen)) > 0;
}

}  // namespace

std::int64_t enqueue(Transaction& tx, const OutboxEntry& e) {
  run(tx,
      "insert into outbox (message_id, workspace_id, account_id, contact_id, lane, priority, "
      "not_before, attempts, state, created_at) values (:a, :b, :c, :d, :e, :f, :g, :h, :i, :j)",
      e.message_id, e.workspace_id, e.account_id, e.contact_id,
      e.lane.empty() ? e.account_id + "/" + e.contact_id : e.lane, e.priority, e.not_before,
      e.attempts, e.state, e.created_at);
  return number(tx, tx.impl().dialect().last_outbox_id(), 0);
}

bool done(Transaction& tx, std::int64_t id) {
  return run(tx,
             "update outbox set state = 'done', lease_holder = null, lease_until = null "
             "where id = :a and state <> 'done'",
             id) > 0;
}

bool told(Transaction& tx, const OutboxEntry& seen) { return end(tx, seen, "done", std::nullopt); }

bool requeue(Transaction& tx, const OutboxEntry& seen, int attempts, std::int64_t not_before,
             const std::optional<std::string>& last_error) {
  return wait(tx, seen, "queued", attempts, not_before, last_error);
}

bool dead(Transaction& tx, const OutboxEntry& seen, const std::string& last_error) {
  return end(tx, seen, "dead", last_error);
}

bool hold(Transaction& tx, const OutboxEntry& seen, const std::string& last_error) {
  return end(tx, seen, "held", last_error);
}

bool doubt(Transaction& tx, const OutboxEntry& seen, int attempts, std::int64_t until,
           const std::string& last_error) {
  return wait(tx, seen, "in_doubt", attempts, until, last_error);
}

bool confirmed(Transaction& tx, const std::string& message_id) {
  return run(tx,
             "update outbox set state = 'done', lease_holder = null, lease_until = null "
             "where message_id = :a and state not in ('done', 'dead')",
             message_id) > 0;
}

bool retry(Transaction& tx, const std::string& workspace_id, std::int64_t id, std::int64_t now) {
  return run(tx,
             "update outbox set state = 'queued', attempts = 0, not_before = :a "
             "where workspace_id = :b and id = :c and "
             "state in ('queued', 'in_doubt', 'held', 'dead')",
             now, workspace_id, id) > 0;
}

bool reopen(Transaction& tx, std::int64_t id, std::int64_t now) {
  return run(tx,
             "update outbox set state = 'queued', attempts = 0, not_before = :a where id = :b and "
             "state in ('done', 'dead')",
             now, id) > 0;
}

bool cancel(Transaction& tx, const std::string& workspace_id, std::int64_t id) {
  return run(tx,
             "update outbox set state = 'dead', last_error = 'cancelled' where workspace_id = :a "
             "and id = :b and state in ('queued', 'in_doubt', 'held')",
             workspace_id, id) > 0;
}

std::optional<std::int64_t> next_due(Session& s, std::int64_t now) {
  std::optional<std::int64_t> out;
  each(
      s, "select min(not_before) from outbox where state = 'queued' and not_before > :a", "i",
      [&](Row& r) { out = r.maybe_integer(); }, now);
  return out;
}

std::optional<OutboxEntry> of_message(Session& s, const std::string& message_id) {
  std::optional<OutboxEntry> out;
  each(
      s, kSelectEntry + "o.message_id = :a", kEntryColumns, [&](Row& r) { out = entry_of(r); },
      message_id);
  return out;
}

std::vector<OutboxEntry> list(Session& s, const std::string& workspace_id, const std::string& state,
                              std::int64_t after_id, int limit, const std::string& account_id) {
  std::string sql = kSelectEntry + "o.workspace_id = :a";
  if (!state.empty()) sql += " and o.state = :b";
  if (!account_id.empty()) sql += " and o.account_id = :c";
  sql += " and o.id > :d order by o.id limit :e";
  std::vector<OutboxEntry> out;
  s.impl().guard([&] {
    Statement& st = s.impl().statement(sql, kEntryColumns);
    st.bind(workspace_id);
    if (!state.empty()) st.bind(state);
    if (!account_id.empty()) st.bind(account_id);
    st.bind(after_id).bind(limit);
    st.each([&](Row& r) { out.push_back(entry_of(r)); });
  });
  return out;
}

std::optional<OutboxEntry> get(Session& s, const std::string& workspace_id, std::int64_t id) {
  std::optional<OutboxEntry> out;
  each(
      s, kSelectEntry + "o.workspace_id = :a and o.id = :b", kEntryColumns,
      [&](Row& r) { out = entry_of(r); }, workspace_id, id);
  return out;
}

namespace {
Count count_from(Row& r) {
  Count c;
  c.state = r.text();
  c.entries = r.integer();
  c.priority = static_cast<int>(r.integer());
  return c;
}
}  // namespace

std::vector<Count> counts(Session& s) {
  std::vector<Count> out;
  each(s,
       "select state, count(*), priority from outbox where state <> 'done' "
       "group by state, priority order by state, priority",
       "sii", [&](Row& r) { out.push_back(count_from(r)); });
  return out;
}

std::vector<Count> counts_of(Session& s, const std::string& workspace_id,
                             const std::string& account_id) {
  std::vector<Count> out;
  each(
      s,
      "select state, count(*), priority from outbox where workspace_id = :a and account_id = :b "
      "and state in ('queued', 'leased', 'in_doubt', 'held', 'dead') "
      "group by state, priority order by state, priority",
      "sii", [&](Row& r) { out.push_back(count_from(r)); }, workspace_id, account_id);
  return out;
}

// One by one: told to delete what a query finds, an engine may look at every row whether it is
// found.
std::int64_t purge(Transaction& tx, std::int64_t created_before, int limit) {
  std::vector<std::int64_t> old;
  each(
      tx,
      "select +id from outbox where state = 'done' and created_at < :a order by created_at "
      "limit :b",
      "i", [&](Row& r) { old.push_back(r.integer()); }, created_before, limit);
  for (const std::int64_t id : old) run(tx, "delete from outbox where id = :a", id);
  return static_cast<std::int64_t>(old.size());
}

}  // namespace gardu::storage::outbox
