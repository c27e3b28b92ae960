// SPDX-License-Identifier: Apache-2.0
// Which entries go out next.
#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_set>

#include "outbox_row.hpp"

namespace gardu::storage::outbox {
namespace {

// The accounts that have something queued, one step of the index each, however long their queues.
std::vector<std::string> waiting_accounts(Session& s) {
  std::vector<std::string> out;
  each(s,
       "with recursive a (x) as (select min(account_id) from outbox where state = 'queued' "
       "union all select (select min(account_id) from outbox where state = 'queued' and "
       "account_id > a.x) from a where a.x is not null) select x from a where x is not null",
       "s", [&](Row& r) { out.push_back(r.text()); });
  return out;
}

std::map<std::string, std::int64_t> leased_by_account(Session& s) {
  std::map<std::string, std::int64_t> out;
  each(s, "select account_id, count(*) from outbox where state = 'leased' group by account_id",
       "si", [&](Row& r) {
         std::string account = r.text();
         out[std::move(account)] = r.integer();
       });
  return out;
}

// The heads of an account's lanes of one priority. A lane is free of what is out or in doubt; the
// entry is not behind a due one of a better priority, nor behind an earlier one of its own that is
// due or waits for its retry. Each of the three looks at one range of the lane's index.
void add_heads(Session& s, const std::string& account, int priority, std::int64_t now, int limit,
               std::vector<LeasedEntry>& out) {
  static const std::string kSql =
      kSelectEntry +
      "o.state = 'queued' and o.account_id = :account and o.priority = :priority and "
      "o.not_before <= :now and not exists (select 1 from outbox b where b.lane = o.lane and "
      "b.state in ('leased', 'in_doubt')) and not exists (select 1 from outbox b where "
      "b.lane = o.lane and b.state = 'queued' and b.priority < o.priority and "
      "b.not_before <= :now2) and not exists (select 1 from outbox b where b.lane = o.lane and "
      "b.state = 'queued' and b.priority = o.priority and b.id < o.id and "
      "(b.attempts > 0 or b.not_before <= :now3)) order by o.not_before, o.id limit :most";
  each(
      s, kSql, kEntryColumns,
      [&](Row& r) { static_cast<OutboxEntry&>(out.emplace_back()) = entry_of(r); }, account,
      priority, now, now, now, limit);
}

const std::string kOpenColumns = std::string(kEntryColumns) + "s";

std::string open_entries(const std::string& condition) {
  std::string sql = kSelectEntry;
  const std::string from = " from outbox o where ";
  sql.replace(sql.find(from), from.size(),
              ", m.status from outbox o join messages m on m.id = o.message_id where ");
  return sql + condition;
}

OpenEntry open_of(Row& r) {
  OpenEntry e;
  static_cast<OutboxEntry&>(e) = entry_of(r);
  e.message_status = r.text();
  return e;
}

}  // namespace

std::vector<LeasedEntry> lease(Transaction& tx, const Lease& l) {
  const std::unordered_set<std::string> blocked(l.blocked_accounts.begin(),
                                                l.blocked_accounts.end());
  std::map<std::string, std::int64_t> out;
  if (l.max_per_account > 0) out = leased_by_account(tx);
  std::vector<LeasedEntry> heads;
  for (const std::string& account : waiting_accounts(tx)) {
    if (blocked.count(account) != 0) continue;
    int room = l.limit;
    if (l.max_per_account > 0)
      room = std::min(room, l.max_per_account - static_cast<int>(out[account]));
    for (int priority = 0; priority <= 3 && room > 0; ++priority) {
      const auto before = heads.size();
      add_heads(tx, account, priority, l.now, room, heads);
      room -= static_cast<int>(heads.size() - before);
    }
  }
  std::sort(heads.begin(), heads.end(), [](const OutboxEntry& a, const OutboxEntry& b) {
    return std::tie(a.priority, a.not_before, a.id) < std::tie(b.priority, b.not_before, b.id);
  });
  if (heads.size() > static_cast<std::size_t>(l.limit))
    heads.resize(static_cast<std::size_t>(l.limit));
  for (LeasedEntry& e : heads) {
    e.state = "leased";
    e.lease_holder = l.holder;
    e.lease_until = l.until;
    run(tx, "update outbox set state = 'leased', lease_holder = :a, lease_until = :b where id = :c",
        l.holder, l.until, e.id);
  }
  add_messages(tx, heads);
  return heads;
}

std::vector<OpenEntry> abandoned(Session& s, std::int64_t now, const std::string& holder,
                                 int limit) {
  // Not in the table's own order, for which an engine would go through all of it.
  static const std::string kSql = open_entries(
      "o.state = 'leased' and (o.lease_until <= :a or o.lease_holder = :b) order by +o.id "
      "limit :c");
  std::vector<OpenEntry> out;
  each(
      s, kSql, kOpenColumns, [&](Row& r) { out.push_back(open_of(r)); }, now, holder, limit);
  return out;
}

// Said twice that it is not done: SQLite's index of the open ones wants it to be said.
std::vector<OpenEntry> doubts_over(Session& s, std::int64_t now, int limit) {
  static const std::string kSql = open_entries(
      "o.state = 'in_doubt' and o.state <> 'done' and o.not_before <= :a order by o.not_before, "
      "o.id limit :b");
  std::vector<OpenEntry> out;
  each(
      s, kSql, kOpenColumns, [&](Row& r) { out.push_back(open_of(r)); }, now, limit);
  return out;
}

std::optional<std::int64_t> next_doubt(Session& s, std::int64_t now) {
  std::optional<std::int64_t> out;
  each(
      s,
      "select min(not_before) from outbox where state = 'in_doubt' and state <> 'done' and "
      "not_before > :a",
      "i", [&](Row& r) { out = r.maybe_integer(); }, now);
  return out;
}

void renew(Transaction& tx, const std::string& holder, const std::vector<std::int64_t>& ids,
           std::int64_t until) {
  for (const std::int64_t id : ids)
    run(tx,
        "update outbox set lease_until = :a where id = :b and state = 'leased' and "
        "lease_holder = :c",
        until, id, holder);
}

}  // namespace gardu::storage::outbox
