// SPDX-License-Identifier: Apache-2.0
//
// What the database alone needs for the rows that a gateway stored: the same rows into the same
// schema, through SQLite's C API, by nothing but prepared statements that write.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace gardu::bench {

struct Bare {
  std::size_t messages = 0, rows = 0;  // rows: of all tables
  double seconds = 0;
  std::int64_t cpu_ns = 0;
};

// Takes the first `messages` messages of `from`, with their contacts, identities and journal
// entries, in the journal's order, and writes them to `to`, which has the schema and is empty.
// `batch`: messages in a transaction.
Bare insert_bare(const std::filesystem::path& from, const std::filesystem::path& to,
                 std::size_t messages, std::size_t batch, const std::string& synchronous);

}  // namespace gardu::bench
