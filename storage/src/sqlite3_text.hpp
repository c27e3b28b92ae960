// SPDX-License-Identifier: Apache-2.0
// What a user typed, as a query of SQLite's full text syntax (FTS5).
#pragma once
#include <string>
#include <string_view>

namespace gardu::storage {

// Each word becomes a quoted string, so that nothing in it is an operator; all must occur, and the
// last one may be the beginning of a word.
inline std::string sqlite3_text(std::string_view typed) {
  std::string out;
  std::size_t i = 0;
  while (i < typed.size()) {
    const auto end =
        std::min(typed.find_first_of(std::string_view(" \t\r\n\0", 5), i), typed.size());
    if (end > i) {
      out += out.empty() ? "\"" : " \"";
      for (const char c : typed.substr(i, end - i)) out.append(c == '"' ? 2 : 1, c);
      out += '"';
    }
    i = end + 1;
  }
  return out.empty() ? "\"\"" : out + " *";
}

}  // namespace gardu::storage
