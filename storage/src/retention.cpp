// SPDX-License-Identifier: Apache-2.0
#include "retention.hpp"

#include <algorithm>
#include <limits>

#include "storage/backlog.hpp"
#include "storage/cursors.hpp"

namespace gardu::storage::retention {
namespace {

// The range of messages right of a place, up to another one.
const std::string kInRange =
    "workspace_id = :a and created_at >= :b and (created_at > :c or id > :d) and "
    "created_at <= :e and (created_at < :f or id <= :g)";
constexpr std::int64_t kLongestLease = 3600 * 1000;

struct LostLast {
  std::string contact;
  std::int64_t unread = 0;
};

// Conversations whose last message is in the range.
std::vector<LostLast> losing_last(Session& s, const std::string& workspace, const Place& after,
                                  const Place& last) {
  std::vector<LostLast> out;
  each(
      s,
      // In this order whatever an engine knows of the tables: there may be many more contacts.
      "select c.id, c.unread from (select id, workspace_id, contact_id from messages where " +
          kInRange +
          ") m cross join contacts c where c.workspace_id = m.workspace_id and "
          "c.id = m.contact_id and c.last_message_id = m.id",
      "si",
      [&](Row& r) {
        LostLast one;
        one.contact = r.text();
        one.unread = r.integer();
        out.push_back(std::move(one));
      },
      workspace, after.at, after.at, after.id, last.at, last.at, last.id);
  return out;
}

void show_what_is_left(Transaction& tx, const std::string& workspace, const LostLast& c) {
  if (number(tx,
             "select count(*) from contacts c join messages m on m.id = c.last_message_id "
             "where c.workspace_id = :a and c.id = :b",
             0, workspace, c.contact) != 0)
    return;  // it was spared
  std::optional<std::string> id;
  std::int64_t at = 0;
  each(
      tx,
      "select id, created_at from messages where workspace_id = :a and contact_id = :b "
      "order by created_at desc, id desc limit 1",
      "si",
      [&](Row& r) {
        id = r.text();
        at = r.integer();
      },
      workspace, c.contact);
  // What nobody has read can be no more than what is there.
  const std::int64_t unread =
      c.unread == 0 ? 0
                    : number(tx,
                             "select count(*) from (select 1 from messages where "
                             "workspace_id = :a and contact_id = :b and direction = 'inbound' "
                             "limit :c) as inbound",
                             0, workspace, c.contact, c.unread);
  run(tx,
      "update contacts set last_message_id = :a, last_message_at = :b, unread = :c "
      "where workspace_id = :d and id = :e",
      id, at, unread, workspace, c.contact);
}

std::string cut_name(const std::string& workspace) { return "cut:" + workspace; }

std::int64_t counter(Session& s, const std::string& name) {
  return number(s, "select value from counters where name = :a", 0, name);
}

void set_counter(Transaction& tx, const std::string& name, std::int64_t value) {
  // Some engines do not count a row that had this value already.
  if (number(tx, "select count(*) from counters where name = :a", 0, name) != 0) {
    run(tx, "update counters set value = :a where name = :b", value, name);
  } else {
    run(tx, "insert into counters (name, value) values (:a, :b)", name, value);
  }
}

}  // namespace

std::optional<Range> messages_after(Session& s, const std::string& workspace_id, const Place& after,
                                    std::int64_t before, int limit) {
  Range out;
  each(
      s,
      "select created_at, id from messages where workspace_id = :a and created_at >= :b and "
      "(created_at > :c or id > :d) and created_at < :e order by created_at, id limit :f",
      "is",
      [&](Row& r) {
        out.last.at = r.integer();
        out.last.id = r.text();
        ++out.rows;
      },
      workspace_id, after.at, after.at, after.id, before, limit);
  return out.rows > 0 ? std::optional(out) : std::nullopt;
}

std::int64_t delete_messages(Transaction& tx, const std::string& workspace_id, const Place& after,
                             const Place& last) {
  const auto losing = losing_last(tx, workspace_id, after, last);
  const std::int64_t rows =
      run(tx,
          "delete from messages where " + kInRange +
              " and not exists (select 1 from outbox where outbox.message_id = messages.id and " +
              kUnsent + ")",
          workspace_id, after.at, after.at, after.id, last.at, last.at, last.id);
  for (const LostLast& c : losing) show_what_is_left(tx, workspace_id, c);
  return rows;
}

std::int64_t count_messages(Session& s, const std::string& workspace_id, std::int64_t before) {
  return number(s,
                "select count(*) from messages where workspace_id = :a and created_at < :b and "
                "not exists (select 1 from outbox where outbox.message_id = messages.id and " +
                    kUnsent + ")",
                0, workspace_id, before);
}

std::optional<Range> journal_after(Session& s, const std::string& workspace_id, std::int64_t after,
                                   std::int64_t before, std::int64_t last, int limit) {
  Range out;
  bool old = true;
  each(
      s,
      "select seq, recorded_at from journal where workspace_id = :a and seq > :b and seq <= :c "
      "order by seq limit :d",
      "ii",
      [&](Row& r) {
        const std::int64_t seq = r.integer();
        old = old && r.integer() < before;
        if (!old) return;
        out.last.at = seq;
        ++out.rows;
      },
      workspace_id, after, last, limit);
  return out.rows > 0 ? std::optional(out) : std::nullopt;
}

std::int64_t delete_journal(Transaction& tx, const std::string& workspace_id, std::int64_t after,
                            std::int64_t last) {
  // A subscriber may have been put back, or a new one have begun, since the range was looked for.
  last = std::min(last, journal_limit(tx));
  if (last <= after) return 0;
  const std::int64_t rows =
      run(tx, "delete from journal where workspace_id = :a and seq > :b and seq <= :c",
          workspace_id, after, last);
  if (rows > 0) set_counter(tx, cut_name(workspace_id), last);
  return rows;
}

std::int64_t count_journal(Session& s, const std::string& workspace_id, std::int64_t before,
                           std::int64_t last) {
  return number(s,
                "select count(*) from journal where workspace_id = :a and seq <= :b and "
                "recorded_at < :c",
                0, workspace_id, last, before);
}

std::int64_t journal_cut(Session& s, const std::string& workspace_id) {
  return counter(s, cut_name(workspace_id));
}

std::int64_t journal_cut(Session& s) {
  return number(s, "select max(value) from counters where name like 'cut:%'", 0);
}

std::int64_t journal_limit(Session& s) {
  constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::max();
  const std::int64_t seen = cursors::slowest(s).value_or(kNone);
  const auto waiting = backlog::oldest(s);
  return waiting ? std::min(seen, *waiting - 1) : seen;
}

bool lease(Transaction& tx, std::int64_t now, std::int64_t until) {
  // One that lies further ahead than any does was taken before the clock was set back.
  const std::int64_t held = counter(tx, "prune_lease");
  if (held > now && held <= now + kLongestLease) return false;
  set_counter(tx, "prune_lease", std::min(until, now + kLongestLease));
  return true;
}

void renew(Transaction& tx, std::int64_t until) { set_counter(tx, "prune_lease", until); }

void release(Transaction& tx, std::optional<std::int64_t> finished_at) {
  set_counter(tx, "prune_lease", 0);
  if (finished_at) set_counter(tx, "prune_last", *finished_at);
}

std::int64_t last_run(Session& s) { return counter(s, "prune_last"); }

}  // namespace gardu::storage::retention
