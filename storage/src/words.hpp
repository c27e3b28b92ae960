// SPDX-License-Identifier: Apache-2.0
// Small readings of text that dialects share.
#pragma once
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace gardu::storage {

// What stands between white space and zeros.
std::vector<std::string_view> split_words(std::string_view text);
// Of a connection string the members that may be shown, as "host=… dbname=…". A URL is shown
// without what stands before its '@' and behind its '?'.
std::string words_of(std::string_view dsn, std::initializer_list<std::string_view> names);

}  // namespace gardu::storage
