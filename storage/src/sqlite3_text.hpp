// SPDX-License-Identifier: Apache-2.0
// What a user typed, as a query of SQLite's full text syntax (FTS5).
#pragma once
#include <string>
#include <string_view>

#include "words.hpp"

namespace gardu::storage {

// Each word becomes a quoted string, so that nothing in it is an operator; all must occur, and the
// last one may be the beginning of a word.
inline std::string sqlite3_text(std::string_view typed) {
  std::string out;
  for (const std::string_view word : split_words(typed)) {
    out += out.empty() ? "\"" : " \"";
    for (const char c : word) out.append(c == '"' ? 2 : 1, c);
    out += '"';
  }
  return out.empty() ? "\"\"" : out + " *";
}

}  // namespace gardu::storage
