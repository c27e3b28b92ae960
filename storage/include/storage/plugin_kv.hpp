// SPDX-License-Identifier: Apache-2.0
//
// Small values by key, each plugin's its own. Keys are 1 to 200 bytes of UTF-8 without zeros,
// values up to 256 KiB of any bytes; anything else throws Error (invalid). Times are milliseconds;
// what has expired by `now` is as if it were not there.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "storage/writer.hpp"

namespace gardu::storage::plugin_kv {

inline constexpr std::size_t kMaxKey = 200, kMaxValue = 256 * 1024;
inline constexpr int kMaxScan = 1000;

std::optional<std::string> get(Session& s, const std::string& plugin, const std::string& key,
                               std::int64_t now);
// Without `expires_at`: until it is erased.
void put(Transaction& tx, const std::string& plugin, const std::string& key,
         const std::string& value, const std::optional<std::int64_t>& expires_at, std::int64_t now);
// Writes only if the present value equals `expected`; nothing: if there is none. False: it was not
// so.
bool compare_and_put(Transaction& tx, const std::string& plugin, const std::string& key,
                     const std::optional<std::string>& expected, const std::string& value,
                     const std::optional<std::int64_t>& expires_at, std::int64_t now);
bool erase(Transaction& tx, const std::string& plugin, const std::string& key);
// Those whose key begins with `prefix` and is greater than `after`, in the order of the keys'
// bytes; `limit`: at most kMaxScan, which 0 stands for.
std::vector<std::pair<std::string, std::string>> scan(Session& s, const std::string& plugin,
                                                      const std::string& prefix,
                                                      const std::string& after, int limit,
                                                      std::int64_t now);
// Removes at most `limit` that have expired; how many it were.
int purge(Transaction& tx, std::int64_t now, int limit);

}  // namespace gardu::storage::plugin_kv
