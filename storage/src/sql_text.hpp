// SPDX-License-Identifier: Apache-2.0
//
// SQL put together again from its tokens, for one engine: without comments, bare words in lower
// case, parameters in the engine's way. So the engine reads exactly what was checked, whatever else
// it would have seen in the plugin's text.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sql_tokens.hpp"

namespace gardu::storage {

enum class PluginEngine { postgresql, mysql };

class SqlText {
 public:
  // Refuses what the engines read differently within a token: a number that is none, and on MySQL a
  // backslash. The tokens outlive it.
  SqlText(std::string_view sql, std::span<const SqlToken> tokens, PluginEngine engine);

  // In place of a token; empty: nothing.
  void replace(std::size_t i, std::string text) { pieces_[i] = std::move(text); }
  // No space before it: MySQL takes a function's name only so.
  void glue(std::size_t i) { glued_[i] = true; }
  std::string str() const;

 private:
  const std::span<const SqlToken> tokens_;
  std::vector<std::string> pieces_;
  std::vector<bool> glued_;
};

}  // namespace gardu::storage
