// SPDX-License-Identifier: Apache-2.0
//
// Rows as earlier versions of the schema have them, written without the repositories, which know
// only the newest: what is here of a version never changes.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine.hpp"

namespace gardu::storage::testing {

using Value = std::variant<std::nullptr_t, std::int64_t, std::string>;
struct EarlierRow {
  std::string table;
  std::vector<std::pair<std::string, Value>> cells;  // column, value
};

// Every row that a database of that version is filled with: two workspaces, in every table
// something, texts that need care, values at the limits.
std::vector<EarlierRow> earlier_rows(int version);
void insert(const EmptyDatabase& database, const std::vector<EarlierRow>& rows);
// How many rows have exactly these values in these columns.
int count_equal(const EmptyDatabase& database, const EarlierRow& row);

// The texts among them.
std::string odd_text();
std::string long_text();

}  // namespace gardu::storage::testing
