// SPDX-License-Identifier: Apache-2.0
#include "storage/backlog.hpp"

#include "session.hpp"

namespace gardu::storage::backlog {
namespace {

const std::string kSelectBacklog =
    "select e.plugin, e.seq, e.lane, e.state, e.attempts, e.not_before, e.error, e.updated_at "
    "from event_backlog e ";
constexpr std::string_view kBacklogColumns = "sissiisi";
// The heads of a plugin's lanes. The plugin is bound twice: a parameter has one place.
const std::string kHeads =
    "join (select min(seq) as seq from event_backlog where plugin = :a and state = 'waiting' "
    "group by lane) h on e.plugin = :b and e.seq = h.seq";

BacklogEntry backlog_entry_of(Row& r) {
  BacklogEntry e;
  e.plugin = r.text();
  e.seq = r.integer();
  e.lane = r.text();
  e.state = r.text();
  e.attempts = static_cast<int>(r.integer());
  e.not_before = r.integer();
  e.error = r.text();
  e.updated_at = r.integer();
  return e;
}

}  // namespace

void put(Transaction& tx, const BacklogEntry& e) {
  run(tx, tx.impl().dialect().upsert_backlog(), e.plugin, e.seq, e.lane, e.state, e.attempts,
      e.not_before, e.error, e.updated_at);
}

bool remove(Transaction& tx, const std::string& plugin, std::int64_t seq) {
  return run(tx, "delete from event_backlog where plugin = :a and seq = :b", plugin, seq) > 0;
}

std::optional<BacklogEntry> get(Session& s, const std::string& plugin, std::int64_t seq) {
  std::optional<BacklogEntry> out;
  each(
      s, kSelectBacklog + "where e.plugin = :a and e.seq = :b", kBacklogColumns,
      [&](Row& r) { out = backlog_entry_of(r); }, plugin, seq);
  return out;
}

std::vector<std::string> lanes(Session& s, const std::string& plugin) {
  std::vector<std::string> out;
  each(
      s,
      "select distinct lane from event_backlog where plugin = :a and state = 'waiting' "
      "order by lane",
      "s", [&](Row& r) { out.push_back(r.text()); }, plugin);
  return out;
}

std::vector<BacklogEntry> due(Session& s, const std::string& plugin, std::int64_t now, int limit) {
  std::vector<BacklogEntry> out;
  each(
      s, kSelectBacklog + kHeads + " where e.not_before <= :c order by e.seq limit :d",
      kBacklogColumns, [&](Row& r) { out.push_back(backlog_entry_of(r)); }, plugin, plugin, now,
      limit);
  return out;
}

std::optional<std::int64_t> next_due(Session& s, const std::string& plugin) {
  std::optional<std::int64_t> out;
  each(
      s, "select min(e.not_before) from event_backlog e " + kHeads, "i",
      [&](Row& r) { out = r.maybe_integer(); }, plugin, plugin);
  return out;
}

std::vector<BacklogEntry> parked(Session& s, const std::string& plugin, std::int64_t after_seq,
                                 int limit) {
  std::vector<BacklogEntry> out;
  each(
      s,
      kSelectBacklog +
          "where e.plugin = :a and e.state = 'parked' and e.seq > :b order by e.seq limit :c",
      kBacklogColumns, [&](Row& r) { out.push_back(backlog_entry_of(r)); }, plugin, after_seq,
      limit);
  return out;
}

Counts counts(Session& s, const std::string& plugin) {
  Counts out;
  each(
      s, "select state, count(*) from event_backlog where plugin = :a group by state", "si",
      [&](Row& r) {
        const std::string state = r.text();
        (state == "parked" ? out.parked : out.waiting) += r.integer();
      },
      plugin);
  return out;
}

std::optional<std::int64_t> oldest(Session& s) {
  std::optional<std::int64_t> out;
  each(s, "select min(seq) from event_backlog", "i", [&](Row& r) { out = r.maybe_integer(); });
  return out;
}

std::vector<std::string> holders(Session& s, std::int64_t seq) {
  std::vector<std::string> out;
  each(
      s, "select plugin from event_backlog where seq = :a order by plugin", "s",
      [&](Row& r) { out.push_back(r.text()); }, seq);
  return out;
}

std::int64_t forget(Transaction& tx, const std::string& plugin, int limit) {
  std::int64_t rows = 0, last = 0;
  each(
      tx, "select seq from event_backlog where plugin = :a order by seq limit :b", "i",
      [&](Row& r) {
        last = r.integer();
        ++rows;
      },
      plugin, limit);
  if (rows > 0) run(tx, "delete from event_backlog where plugin = :a and seq <= :b", plugin, last);
  return rows;
}

std::int64_t release(Transaction& tx, const std::string& plugin, std::optional<std::int64_t> seq,
                     std::int64_t now) {
  const std::string sql =
      "update event_backlog set state = 'waiting', attempts = 0, not_before = 0, updated_at = :a "
      "where plugin = :b and state = 'parked'";
  return seq ? run(tx, sql + " and seq = :c", now, plugin, *seq) : run(tx, sql, now, plugin);
}

}  // namespace gardu::storage::backlog
