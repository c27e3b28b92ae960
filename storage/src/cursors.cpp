// SPDX-License-Identifier: Apache-2.0
#include "storage/cursors.hpp"

#include "session.hpp"

namespace gardu::storage::cursors {

std::optional<std::int64_t> get(Session& s, const std::string& plugin) {
  std::optional<std::int64_t> out;
  each(
      s, "select seq from cursors where plugin = :a", "i", [&](Row& r) { out = r.integer(); },
      plugin);
  return out;
}

void set(Transaction& tx, const std::string& plugin, std::int64_t seq) {
  run(tx, tx.impl().dialect().upsert_cursor(), plugin, seq);
}

bool lease(Transaction& tx, const std::string& plugin, const std::string& holder, std::int64_t now,
           std::int64_t until) {
  // One that lies far ahead of any that is given now was given before the clock was set back.
  constexpr std::int64_t kClocksApart = 5 * 60 * 1000;
  return run(tx,
             "update cursors set lease_holder = :a, lease_until = :b where plugin = :c and "
             "(lease_holder is null or lease_holder = :d or lease_until < :e or lease_until > :f)",
             holder, until, plugin, holder, now, until + kClocksApart) > 0;
}

void release(Transaction& tx, const std::string& plugin, const std::string& holder) {
  run(tx,
      "update cursors set lease_holder = null, lease_until = null where plugin = :a and "
      "lease_holder = :b",
      plugin, holder);
}

std::int64_t leased_until(Session& s, const std::string& plugin) {
  return number(s, "select lease_until from cursors where plugin = :a and lease_holder is not null",
                0, plugin);
}

std::optional<std::int64_t> slowest(Session& s) {
  std::optional<std::int64_t> out;
  each(s, "select min(seq) from cursors", "i", [&](Row& r) { out = r.maybe_integer(); });
  return out;
}

bool remove(Transaction& tx, const std::string& plugin) {
  return run(tx, "delete from cursors where plugin = :a", plugin) > 0;
}

std::vector<Cursor> list(Session& s) {
  std::vector<Cursor> out;
  each(s, "select plugin, seq from cursors order by plugin", "si", [&](Row& r) {
    std::string plugin = r.text();
    out.push_back({std::move(plugin), r.integer()});
  });
  return out;
}

}  // namespace gardu::storage::cursors
