// SPDX-License-Identifier: Apache-2.0
#include "plugin_words.hpp"

#include <algorithm>
#include <iterator>

namespace gardu::storage::plugin_words {
namespace {

using Word = std::string_view;

constexpr Word kFunctions[] = {"abs",         "avg",    "coalesce",   "count", "dense_rank",
                               "first_value", "lag",    "last_value", "lead",  "length",
                               "lower",       "ltrim",  "max",        "min",   "ntile",
                               "nullif",      "rank",   "replace",    "round", "row_number",
                               "rtrim",       "substr", "sum",        "trim",  "upper"};

constexpr Word kRefused[] = {"cross",
                             "current_catalog",
                             "current_date",
                             "current_role",
                             "current_schema",
                             "current_time",
                             "current_timestamp",
                             "current_user",
                             "delete",
                             "dumpfile",
                             "except",
                             "for",
                             "from",
                             "full",
                             "inner",
                             "insert",
                             "intersect",
                             "into",
                             "join",
                             "lateral",
                             "localtime",
                             "localtimestamp",
                             "lock",
                             "natural",
                             "only",
                             "outer",
                             "outfile",
                             "procedure",
                             "returning",
                             "select",
                             "session_user",
                             "set",
                             "straight_join",
                             "system_user",
                             "table",
                             "tablesample",
                             "union",
                             "update",
                             "user",
                             "using",
                             "utc_date",
                             "utc_time",
                             "utc_timestamp",
                             "values",
                             "window",
                             "with"};

// PostgreSQL's and MySQL's own columns of every table.
constexpr Word kSystem[] = {"_rowid", "cmax", "cmin", "ctid", "tableoid", "xmax", "xmin"};

constexpr Word kBeforeGroup[] = {
    "and",    "as",   "between",   "by",     "case",  "distinct", "else",   "escape", "exists",
    "having", "in",   "is",        "like",   "limit", "not",      "offset", "on",     "or",
    "order",  "over", "returning", "select", "set",   "then",     "when",   "where"};

constexpr Word kBeforeText[] = {
    "all",    "and",       "as",     "between", "by",     "case", "default", "distinct", "else",
    "escape", "from",      "having", "in",      "is",     "like", "limit",   "not",      "on",
    "or",     "returning", "select", "then",    "values", "when", "where"};

constexpr Word kClauses[] = {
    "as",     "cross", "do",        "except", "fetch",  "for",   "from",          "full",   "group",
    "having", "inner", "intersect", "join",   "left",   "limit", "natural",       "offset", "on",
    "order",  "outer", "returning", "right",  "select", "set",   "straight_join", "union",  "using",
    "values", "where", "window",    "with"};

template <std::size_t N>
constexpr bool has_word(const Word (&words)[N], Word word) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

}  // namespace

bool is_function(Word word) { return has_word(kFunctions, word); }
bool is_refused(Word word) {
  return has_word(kRefused, word) || is_system(word) || word.starts_with("pg_");
}
bool is_system(Word word) { return has_word(kSystem, word); }
bool goes_before_group(Word word) { return has_word(kBeforeGroup, word); }
bool goes_before_text(Word word) { return has_word(kBeforeText, word); }
bool is_clause(Word word) { return has_word(kClauses, word); }

}  // namespace gardu::storage::plugin_words
