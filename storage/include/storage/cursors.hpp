// SPDX-License-Identifier: Apache-2.0
//
// How far each durable subscriber has come in the journal.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "storage/writer.hpp"

namespace gardu::storage {

struct Cursor {
  std::string plugin;
  std::int64_t seq = 0;
};

namespace cursors {

std::optional<std::int64_t> get(Session& s, const std::string& plugin);
void set(Transaction& tx, const std::string& plugin, std::int64_t seq);
bool remove(Transaction& tx, const std::string& plugin);
// Where several hosts have the plugin, one delivers to it: takes or renews the lease until then.
// False: another one has it, or there is no cursor.
bool lease(Transaction& tx, const std::string& plugin, const std::string& holder, std::int64_t now,
           std::int64_t until);
// Until when a host has it; 0: none does.
std::int64_t leased_until(Session& s, const std::string& plugin);
void release(Transaction& tx, const std::string& plugin, const std::string& holder);
std::optional<std::int64_t> slowest(Session& s);  // nothing: there is none
std::vector<Cursor> list(Session& s);

}  // namespace cursors
}  // namespace gardu::storage
