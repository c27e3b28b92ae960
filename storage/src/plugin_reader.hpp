// SPDX-License-Identifier: Apache-2.0
//
// Reads a plugin's SQL token by token: the place, names, and expressions. What is no part of the
// portable subset throws Error (invalid).
#pragma once
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plugin_runner.hpp"
#include "sql_text.hpp"
#include "sql_tokens.hpp"

namespace gardu::storage {

class PluginReader {
 public:
  PluginReader(const PluginCall& call, PluginEngine engine);
  virtual ~PluginReader() = default;
  PluginReader(const PluginReader&) = delete;
  PluginReader& operator=(const PluginReader&) = delete;

 protected:
  using Words = std::span<const std::string_view>;

  [[noreturn]] static void refuse(const std::string& why);
  [[noreturn]] void refuse_here() const;

  bool at_end(std::size_t ahead = 0) const { return at_ + ahead >= tokens_.size(); }
  bool is(std::string_view what, std::size_t ahead = 0) const {
    return !at_end(ahead) && tokens_[at_ + ahead].is(what);
  }
  bool is_one_of(Words words) const;
  bool take(std::string_view what);
  void expect(std::string_view what);
  // A name without dots, as the engines compare it: a bare one in lower case.
  std::string name();
  std::vector<std::string> names_in_parentheses();
  bool is_own(const std::string& table) const;

  // Up to one of the words, a parenthesis that it did not open, or the end; not empty.
  void expression(Words until);
  // After a parenthesis that opened: a select, perhaps behind a with.
  virtual void query() { refuse_here(); }

  const PluginCall& call_;
  const PluginEngine engine_;
  std::size_t at_ = 0;
  std::vector<std::string> qualifiers_;  // x of x.y
  bool has_excluded_ = false;            // "excluded.x" means something here

 private:
  static std::vector<SqlToken> without_end(std::vector<SqlToken> tokens);
  void part();
  void word();
  void group();
  void function();
  void cast();
  void dotted();
  void check_text() const;

 protected:
  const std::vector<SqlToken> tokens_;
  SqlText text_;
};

}  // namespace gardu::storage
