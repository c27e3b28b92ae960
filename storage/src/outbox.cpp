// SPDX-License-Identifier: Apache-2.0
#include "storage/outbox.hpp"

#include "message_row.hpp"

namespace gardu::storage::outbox {
namespace {

const std::string kColumnsText =
    "select +o.id, o.message_id, o.workspace_id, o.account_id, o.contact_id, o.lane, o.priority, "
    "o.not_before, o.attempts, o.state, o.lease_holder, o.lease_until, o.last_error, o.created_at "
    "from outbox o where ";
constexpr std::string_view kColumns = "isssssiiissisi";

OutboxEntry entry_of(Row& r) {
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

bool end(Transaction& tx, std::int64_t id, const char* state,
         const std::optional<std::string>& last_error) {
  return run(tx,
             "update outbox set state = :a, last_error = coalesce(:b, last_error), "
             "lease_holder = null, lease_until = null where id = :c and "
             "state not in ('done', 'dead')",
             state, last_error, id) > 0;
}

}  // namespace

std::int64_t enqueue(Transaction& tx, const OutboxEntry& e) {
  run(tx,
      "insert into outbox (message_id, workspace_id, account_id, contact_id, lane, priority, "
      "not_before, attempts, state, created_at) values (:a, :b, :c, :d, :e, :f, :g, :h, :i, :j)",
      e.message_id, e.workspace_id, e.account_id, e.contact_id,
      e.lane.empty() ? e.account_id + "/" + e.contact_id : e.lane, e.priority, e.not_before,
      e.attempts, e.state, e.created_at);
  return number(tx, "select +id from outbox where message_id = :a", 0, e.message_id);
}

std::vector<LeasedEntry> lease(Transaction& tx, const Lease& l) {
  std::string sql =
      kColumnsText +
      "o.state = 'queued' and o.not_before <= :now1 and not exists (select 1 from outbox b where "
      "b.lane = o.lane and b.id <> o.id and (b.state in ('leased', 'in_doubt') or (b.state = "
      "'queued' and (b.not_before <= :now2 or b.attempts > 0) and (b.priority < o.priority or "
      "(b.priority = o.priority and b.id < o.id)))))";
  for (std::size_t i = 0; i < l.blocked_accounts.size(); ++i)
    sql += (i == 0 ? " and o.account_id not in (:x" : ", :x") + std::to_string(i);
  if (!l.blocked_accounts.empty()) sql += ")";
  sql += " order by o.priority, o.not_before, o.id limit :most";
  std::vector<LeasedEntry> out;
  tx.impl().guard([&] {
    Statement& st = tx.impl().statement(sql, kColumns);
    st.bind(l.now).bind(l.now);
    for (const std::string& account : l.blocked_accounts) st.bind(account);
    st.bind(l.limit);
    st.each([&](Row& r) {
      LeasedEntry e;
      static_cast<OutboxEntry&>(e) = entry_of(r);
      out.push_back(std::move(e));
    });
  });
  for (LeasedEntry& e : out) {
    e.state = "leased";
    e.lease_holder = l.holder;
    e.lease_until = l.until;
    run(tx, "update outbox set state = 'leased', lease_holder = :a, lease_until = :b where id = :c",
        l.holder, l.until, e.id);
    if (auto m = one_message(tx, "id = :a", e.message_id)) e.message = std::move(*m);
  }
  return out;
}

bool done(Transaction& tx, std::int64_t id) { return end(tx, id, "done", std::nullopt); }

bool requeue(Transaction& tx, std::int64_t id, int attempts, std::int64_t not_before,
             const std::optional<std::string>& last_error) {
  return run(tx,
             "update outbox set state = 'queued', attempts = :a, not_before = :b, last_error = :c, "
             "lease_holder = null, lease_until = null where id = :d and "
             "state not in ('done', 'dead')",
             attempts, not_before, last_error, id) > 0;
}

bool dead(Transaction& tx, std::int64_t id, const std::string& last_error) {
  return end(tx, id, "dead", last_error);
}

bool hold(Transaction& tx, std::int64_t id, const std::string& last_error) {
  return end(tx, id, "held", last_error);
}

std::vector<LeasedEntry> abandoned(Session& s, std::int64_t now, const std::string& holder) {
  std::vector<LeasedEntry> out;
  each(
      s,
      kColumnsText +
          "o.state = 'leased' and (o.lease_until <= :a or o.lease_holder = :b) order by o.id",
      kColumns,
      [&](Row& r) {
        LeasedEntry e;
        static_cast<OutboxEntry&>(e) = entry_of(r);
        out.push_back(std::move(e));
      },
      now, holder);
  return out;
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
      s, kColumnsText + "o.message_id = :a", kColumns, [&](Row& r) { out = entry_of(r); },
      message_id);
  return out;
}

std::vector<OutboxEntry> list(Session& s, const std::string& workspace_id, const std::string& state,
                              std::int64_t after_id, int limit, const std::string& account_id) {
  std::string sql = kColumnsText + "o.workspace_id = :a";
  if (!state.empty()) sql += " and o.state = :b";
  if (!account_id.empty()) sql += " and o.account_id = :c";
  sql += " and o.id > :d order by o.id limit :e";
  std::vector<OutboxEntry> out;
  s.impl().guard([&] {
    Statement& st = s.impl().statement(sql, kColumns);
    st.bind(workspace_id);
    if (!state.empty()) st.bind(state);
    if (!account_id.empty()) st.bind(account_id);
    st.bind(after_id).bind(limit);
    st.each([&](Row& r) { out.push_back(entry_of(r)); });
  });
  return out;
}

}  // namespace gardu::storage::outbox
