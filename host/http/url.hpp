// SPDX-License-Identifier: Apache-2.0
// Percent-encoding, query strings, HTML form bodies and path segments. Pure functions. Decoding is
// strict: a '%' without two hex digits gives nullopt, never a guess.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gardu::host::http {

// In order, names may repeat.
using Pairs = std::vector<std::pair<std::string, std::string>>;

// First value of that name (names are case-sensitive).
std::optional<std::string_view> find_pair(const Pairs& pairs, std::string_view name);

std::optional<std::string> percent_decode(std::string_view text);
// Everything but RFC 3986 "unreserved" is escaped.
std::string percent_encode(std::string_view text);

// "a=1&b=x%20y&flag": decoded; '+' is a space; "flag" has an empty value; empty parts are skipped.
std::optional<Pairs> parse_query(std::string_view query);
// application/x-www-form-urlencoded; the same grammar.
std::optional<Pairs> parse_form(std::string_view body);

// "/a/b%2Fc/" -> {"a", "b%2Fc", ""}: still encoded; "/" -> {""}. The path starts with '/', else {}.
std::vector<std::string_view> split_path(std::string_view path);

}  // namespace gardu::host::http
