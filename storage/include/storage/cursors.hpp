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
std::optional<std::int64_t> slowest(Session& s);  // nothing: there is none
std::vector<Cursor> list(Session& s);

}  // namespace cursors
}  // namespace gardu::storage
