// SPDX-License-Identifier: Apache-2.0
#include "words.hpp"

#include <algorithm>

namespace gardu::storage {

std::vector<std::string_view> split_words(std::string_view text) {
  constexpr std::string_view kBetween(" \t\r\n\0", 5);
  std::vector<std::string_view> out;
  for (std::size_t i = 0; i < text.size();) {
    const auto end = std::min(text.find_first_of(kBetween, i), text.size());
    if (end > i) out.push_back(text.substr(i, end - i));
    i = end + 1;
  }
  return out;
}

std::string words_of(std::string_view dsn, std::initializer_list<std::string_view> names) {
  if (const auto scheme = dsn.find("://"); scheme != std::string_view::npos) {
    std::string_view rest = dsn.substr(scheme + 3);
    if (const auto at = rest.rfind('@'); at != std::string_view::npos) rest.remove_prefix(at + 1);
    return std::string(rest.substr(0, rest.find('?')));
  }
  std::string out;
  for (const std::string_view word : split_words(dsn)) {
    const std::string_view name = word.substr(0, word.find('='));
    if (std::find(names.begin(), names.end(), name) == names.end()) continue;
    out += out.empty() ? "" : " ";
    out += word;
  }
  return out;
}

}  // namespace gardu::storage
