// SPDX-License-Identifier: Apache-2.0
#include "plugin_guard.hpp"

#include <algorithm>
#include <span>

#include "sql_tokens.hpp"
#include "storage/error.hpp"

namespace gardu::storage::plugin_guard {
namespace {

using Tokens = std::span<const SqlToken>;

constexpr std::size_t kMaxName = 63;  // PostgreSQL's

[[noreturn]] void refuse(const std::string& why) { throw Error(ErrorKind::invalid, why); }

bool is_one_of(const SqlToken& t, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view w) { return t.is(w); });
}

// The place after the parenthesis that closes the one at `i`.
std::size_t after_group(Tokens tokens, std::size_t i) {
  for (int depth = 0; i < tokens.size(); ++i) {
    if (tokens[i].is("(")) ++depth;
    if (tokens[i].is(")") && --depth == 0) return i + 1;
  }
  refuse("a parenthesis is not closed");
}

// The names that the `with` before `i` gives.
void add_with_names(Tokens tokens, std::size_t i, std::vector<std::string>& out) {
  const auto here = [&](std::string_view what) { return i < tokens.size() && tokens[i].is(what); };
  if (here("recursive")) ++i;
  for (;; ++i) {
    if (i >= tokens.size() || !tokens[i].is_name()) return;
    out.push_back(lower_case(tokens[i++].text));
    if (here("(")) i = after_group(tokens, i);
    if (!here("as")) return;
    ++i;
    if (here("not")) ++i;
    if (here("materialized")) ++i;
    if (!here("(")) return;
    i = after_group(tokens, i);
    if (!here(",")) return;
  }
}

void check_parameters(Tokens tokens, Checked& out) {
  std::vector<std::string_view> names;
  for (const SqlToken& t : tokens)
    if (t.kind == SqlToken::Kind::parameter) names.push_back(t.text);
  out.parameters = names.size();
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end()) refuse("the parameter :" + std::string(*twice) + " stands there twice");
}

// What no statement may have in it. A conflict clause that undoes more than its statement would
// undo what others wrote in the same transaction.
void check_token(const SqlToken& t, const SqlToken* before) {
  if (t.is_name()) {
    const std::string name = lower_case(t.text);
    if (name.starts_with("sqlite_") || name.starts_with("pragma_"))
      refuse("'" + name + "' is not for plugins");
  }
  if (t.is("rollback")) refuse("'rollback' is not allowed");
  if (before == nullptr) return;
  if (t.is("or") && is_one_of(*before, {"insert", "update"}))
    refuse("'" + before->text + " or …' is not allowed");
  if (t.is("into") && !before->is("insert")) refuse("'into' without 'insert' is not allowed");
}

Checked check(Tokens tokens) {
  Checked out;
  const bool with = tokens[0].is("with");
  out.reads = with || tokens[0].is("select");
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    check_token(tokens[i], i == 0 ? nullptr : &tokens[i - 1]);
    if (tokens[i].is("with")) add_with_names(tokens, i + 1, out.with_names);
    if (with && is_one_of(tokens[i], {"insert", "update", "delete"})) out.reads = false;
  }
  check_parameters(tokens, out);
  return out;
}

// Reads a migration's create, alter or drop.
class Schema {
 public:
  Schema(Tokens tokens, std::string_view plugin)
      : tokens_(tokens), prefix_(std::string(plugin) + "_") {}

  void read(Step& step) {
    const std::string verb = tokens_[0].text;
    if (verb == "create") take("unique");
    step.table = take("table");
    if (!step.table && (verb == "alter" || !take("index")))
      refuse("only tables and indexes can be made, changed and dropped");
    if (take("if")) {
      take("not");
      take("exists");
    }
    step.target = own_name();
    check_rest();
  }

 private:
  bool take(std::string_view word) {
    const bool there = at_ < tokens_.size() && tokens_[at_].is(word);
    if (there) ++at_;
    return there;
  }

  std::string own_name() {
    if (at_ >= tokens_.size() || !tokens_[at_].is_name()) refuse("a name is missing");
    const std::string& name = tokens_[at_++].text;
    const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
    if (!name.starts_with(prefix_) || !plain || name.size() > kMaxName)
      refuse("'" + name + "' is not a name of this plugin: it needs to begin with '" + prefix_ +
             "', and to be at most 63 small letters, digits and underscores");
    if (at_ < tokens_.size() && tokens_[at_].is(".")) refuse("a name with a schema");
    return name;
  }

  // A deferred reference would fail at the commit, which others share.
  void check_rest() {
    bool index_on = tokens_[0].is("create") && tokens_[1].kind == SqlToken::Kind::word &&
                    !tokens_[1].is("table");
    for (; at_ < tokens_.size(); ++at_) {
      const SqlToken& t = tokens_[at_];
      check_token(t, nullptr);
      if (t.kind == SqlToken::Kind::parameter) refuse("a migration has no parameters");
      if (is_one_of(t, {"select", "deferrable", "deferred", "trigger"}))
        refuse("'" + t.text + "' is not allowed in a create, alter or drop");
      const bool renamed = t.is("to") && tokens_[at_ - 1].is("rename");
      if (t.is("references") || renamed || (index_on && t.is("on"))) {
        index_on = false;
        ++at_;
        own_name();
        --at_;
      }
    }
  }

  const Tokens tokens_;
  const std::string prefix_;
  std::size_t at_ = 1;
};

Step step_of(Tokens tokens, std::string_view sql, std::string_view plugin) {
  Step out;
  out.sql = sql.substr(tokens.front().begin, tokens.back().end - tokens.front().begin);
  out.schema = is_one_of(tokens[0], {"create", "alter", "drop"});
  if (out.schema) {
    Schema(tokens, plugin).read(out);
  } else if (is_one_of(tokens[0], {"insert", "update", "delete"})) {
    out.checked = check(tokens);
    if (out.checked.parameters != 0) refuse("a migration has no parameters");
  } else {
    refuse("'" + tokens[0].text +
           "': a migration is create, alter, drop, insert, update and delete");
  }
  return out;
}

}  // namespace

Checked statement(std::string_view sql) {
  const auto all = sql_tokens(sql);
  Tokens tokens(all);
  if (!tokens.empty() && tokens.back().is(";")) tokens = tokens.first(tokens.size() - 1);
  if (tokens.empty() || !is_one_of(tokens[0], {"select", "insert", "update", "delete", "with"}))
    refuse("expected one select, insert, update, delete or with");
  if (std::any_of(tokens.begin(), tokens.end(), [](const SqlToken& t) { return t.is(";"); }))
    refuse("one statement a call, but there is another after the ';'");
  return check(tokens);
}

std::vector<Step> script(std::string_view sql, std::string_view plugin) {
  const auto all = sql_tokens(sql);
  std::vector<Step> out;
  for (auto begin = all.begin(); begin != all.end();) {
    const auto end = std::find_if(begin, all.end(), [](const SqlToken& t) { return t.is(";"); });
    if (begin != end) out.push_back(step_of(Tokens(begin, end), sql, plugin));
    begin = end == all.end() ? end : end + 1;
  }
  return out;
}

}  // namespace gardu::storage::plugin_guard
