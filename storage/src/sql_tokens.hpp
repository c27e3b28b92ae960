// SPDX-License-Identifier: Apache-2.0
//
// SQL cut into tokens, as far as the engines agree on them. What one of them reads differently (a
// quote or a comment of its own) is refused, so that all see what was checked. Errors are Error
// (invalid).
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace gardu::storage {

struct SqlToken {
  enum class Kind { word, quoted, string, number, parameter, symbol };
  Kind kind = Kind::symbol;
  std::string text;  // word: in lower case; quoted, parameter: the bare name; string: empty
  std::size_t begin = 0, end = 0;  // its place in the text

  bool is(std::string_view what) const {
    return (kind == Kind::word || kind == Kind::symbol) && text == what;
  }
  bool is_name() const { return kind == Kind::word || kind == Kind::quoted; }
};

std::vector<SqlToken> sql_tokens(std::string_view sql);

std::string lower_case(std::string_view text);  // of ASCII alone, as engines do

}  // namespace gardu::storage
