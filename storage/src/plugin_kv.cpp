// SPDX-License-Identifier: Apache-2.0
#include "storage/plugin_kv.hpp"

#include <algorithm>

#include "plugin_text.hpp"
#include "session.hpp"

namespace gardu::storage::plugin_kv {
namespace {

void check_key(const std::string& key) {
  if (key.empty() || key.size() > kMaxKey || !is_plain_text(key))
    throw Error(ErrorKind::invalid, "a key is 1 to 200 bytes of UTF-8 without zeros");
}

void check_value(const std::string& value) {
  if (value.size() > kMaxValue)
    throw Error(ErrorKind::invalid, "a value is at most 256 KiB (262144 bytes)");
}

// Nothing that begins with the prefix comes after it: the greatest character, as often as the
// longest key could have it.
std::string last_with(const std::string& prefix) {
  std::string out = prefix;
  for (std::size_t i = 0; i < kMaxKey / 4; ++i) out += "\xf4\x8f\xbf\xbf";
  return out;
}

void write(Transaction& tx, const std::string& plugin, const std::string& key,
           const std::string& value, const std::optional<std::int64_t>& expires_at,
           std::int64_t now) {
  run(tx, tx.impl().dialect().upsert_plugin_kv(), plugin, key, base64_of(value), expires_at, now);
}

}  // namespace

std::optional<std::string> get(Session& s, const std::string& plugin, const std::string& key,
                               std::int64_t now) {
  check_key(key);
  std::optional<std::string> out;
  each(
      s,
      "select value from plugin_kv where plugin = :a and \"key\" = :b and "
      "(expires_at is null or expires_at > :c)",
      "s", [&](Row& r) { out = bytes_of_base64(r.text()); }, plugin, key, now);
  return out;
}

void put(Transaction& tx, const std::string& plugin, const std::string& key,
         const std::string& value, const std::optional<std::int64_t>& expires_at,
         std::int64_t now) {
  check_key(key);
  check_value(value);
  write(tx, plugin, key, value, expires_at, now);
}

bool compare_and_put(Transaction& tx, const std::string& plugin, const std::string& key,
                     const std::optional<std::string>& expected, const std::string& value,
                     const std::optional<std::int64_t>& expires_at, std::int64_t now) {
  check_value(value);
  if (get(tx, plugin, key, now) != expected) return false;
  write(tx, plugin, key, value, expires_at, now);
  return true;
}

bool erase(Transaction& tx, const std::string& plugin, const std::string& key) {
  check_key(key);
  return run(tx, "delete from plugin_kv where plugin = :a and \"key\" = :b", plugin, key) > 0;
}

std::vector<std::pair<std::string, std::string>> scan(Session& s, const std::string& plugin,
                                                      const std::string& prefix,
                                                      const std::string& after, int limit,
                                                      std::int64_t now) {
  if (limit <= 0 || limit > kMaxScan) limit = kMaxScan;
  // Engines compare text, and a part of a character is none: that is compared here.
  const std::string begin(plain_beginning(prefix));
  std::string from(plain_beginning(after));
  std::vector<std::pair<std::string, std::string>> out;
  for (bool more = true; more && static_cast<int>(out.size()) < limit;) {
    int rows = 0;
    each(
        s,
        "select \"key\", value from plugin_kv where plugin = :a and \"key\" >= :b and "
        "\"key\" > :c and \"key\" <= :d and (expires_at is null or expires_at > :e) "
        "order by \"key\" limit :f",
        "ss",
        [&](Row& r) {
          ++rows;
          from = r.text();
          if (from.starts_with(prefix) && from > after && static_cast<int>(out.size()) < limit)
            out.emplace_back(from, bytes_of_base64(r.text()));
        },
        plugin, begin, from, last_with(begin), now, limit);
    more = rows == limit;
  }
  return out;
}

int purge(Transaction& tx, std::int64_t now, int limit) {
  std::vector<std::pair<std::string, std::string>> expired;
  each(
      tx,
      "select plugin, \"key\" from plugin_kv where expires_at <= :a order by expires_at limit :b",
      "ss",
      [&](Row& r) {
        std::string plugin = r.text();
        expired.emplace_back(std::move(plugin), r.text());
      },
      now, limit);
  for (const auto& [plugin, key] : expired) erase(tx, plugin, key);
  return static_cast<int>(expired.size());
}

}  // namespace gardu::storage::plugin_kv
