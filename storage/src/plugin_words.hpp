// SPDX-License-Identifier: Apache-2.0
//
// The words of the portable subset of SQL that plugins have, in lower case.
#pragma once
#include <string_view>

namespace gardu::storage::plugin_words {

// A function that every engine has, and that reaches nothing but its arguments.
bool is_function(std::string_view word);
// Has no place in an expression: a clause, another statement, what engines answer of themselves.
bool is_refused(std::string_view word);
// A column that the engine itself gives every table.
bool is_system(std::string_view word);
// May stand before a parenthesis without being a function.
bool goes_before_group(std::string_view word);
// May stand before a text: anything else there makes the text something else.
bool goes_before_text(std::string_view word);
// Goes on after a table's name, so is no alias of it.
bool is_clause(std::string_view word);

}  // namespace gardu::storage::plugin_words
