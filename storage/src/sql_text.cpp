// SPDX-License-Identifier: Apache-2.0
#include "sql_text.hpp"

#include <algorithm>

#include "storage/error.hpp"

namespace gardu::storage {
namespace {

// Digits, perhaps with a fraction and an exponent: no 0x1f, no 1_000, no 1and.
bool is_number(std::string_view text) {
  const auto digits = [&] {
    const auto end =
        std::find_if(text.begin(), text.end(), [](char c) { return c < '0' || c > '9'; });
    const auto n = static_cast<std::size_t>(end - text.begin());
    text.remove_prefix(n);
    return n > 0;
  };
  if (!digits()) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (!digits()) return false;
  }
  if (text.starts_with('e')) {
    text.remove_prefix(1);
    if (!digits()) return false;
  }
  return text.empty();
}

}  // namespace

SqlText::SqlText(std::string_view sql, std::span<const SqlToken> tokens, PluginEngine engine)
    : tokens_(tokens), glued_(tokens.size()) {
  using Kind = SqlToken::Kind;
  std::size_t parameters = 0;
  for (const SqlToken& t : tokens) {
    const std::string_view raw = sql.substr(t.begin, t.end - t.begin);
    if (t.kind == Kind::number && !is_number(t.text))
      throw Error(ErrorKind::invalid, "'" + t.text + "' is not a number that every engine reads");
    if (engine == PluginEngine::mysql && (t.kind == Kind::quoted || t.kind == Kind::string) &&
        raw.find('\\') != std::string_view::npos)
      throw Error(ErrorKind::invalid,
                  "a backslash in quotes, which engines read differently: bind it");
    if (t.kind == Kind::parameter) {
      pieces_.push_back(engine == PluginEngine::mysql ? "?" : "$" + std::to_string(++parameters));
    } else {
      pieces_.push_back(t.kind == Kind::word ? t.text : std::string(raw));
    }
  }
}

// Operators of several characters stay together, and nothing else: u&'…' would be one token more.
std::string SqlText::str() const {
  std::string out;
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    const bool together = i > 0 && tokens_[i].kind == SqlToken::Kind::symbol &&
                          tokens_[i - 1].kind == SqlToken::Kind::symbol &&
                          tokens_[i - 1].end == tokens_[i].begin;
    if (i > 0 && !glued_[i] && !together) out += ' ';
    out += pieces_[i];
  }
  return out;
}

}  // namespace gardu::storage
