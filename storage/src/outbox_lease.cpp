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

// Not in the table's own order, for which an engine would go through all of it.
std::vector<LeasedEntry> abandoned(Session& s, std::int64_t now, const std::string& holder) {
  std::vector<LeasedEntry> out;
  each(
      s,
      kSelectEntry +
          "o.state = 'leased' and (o.lease_until <= :a or o.lease_holder = :b) order by +o.id",
      kEntryColumns, [&](Row& r) { static_cast<OutboxEntry&>(out.emplace_back()) = entry_of(r); },
      now, holder);
  add_messages(s, out);
  return out;
}

// By way of the workspaces: their index of the outbox has the state, and most have nothing there.
std::vector<LeasedEntry> in_doubt(Session& s) {
  static const std::string kSql = [] {
    std::string sql = kSelectEntry;
    const std::string from = "from outbox o";
    sql.replace(sql.find(from), from.size(), "from workspaces w cross join outbox o");
    return sql + "o.workspace_id = w.id and o.state = 'in_doubt' order by o.id";
  }();
  std::vector<LeasedEntry> out;
  each(s, kSql, kEntryColumns,
       [&](Row& r) { static_cast<OutboxEntry&>(out.emplace_back()) = entry_of(r); });
  add_messages(s, out);
  return out;
}

void renew(Transaction& tx, const std::string& holder, std::int64_t until) {
  run(tx, "update outbox set lease_until = :a where state = 'leased' and lease_holder = :b", until,
      holder);
}

}  // namespace gardu::storage::outbox
