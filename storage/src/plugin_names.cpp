// SPDX-License-Identifier: Apache-2.0
#include "plugin_names.hpp"

#include <algorithm>

#include "plugin_reader.hpp"
#include "plugin_words.hpp"

namespace gardu::storage {
namespace {

using Word = std::string_view;

constexpr Word kReturning[] = {"returning"};
constexpr Word kAfterList[] = {"from",  "where",     "group",  "having", "order",    "limit",
                               "union", "intersect", "except", "on",     "returning"};
constexpr Word kTail[] = {"where", "group", "having", "order", "limit"};
constexpr Word kAfterTail[] = {"union", "intersect", "except", "on", "returning"};
constexpr Word kAfterOn[] = {",",     "join",    "left",      "right",  "full",   "inner",
                             "cross", "natural", "where",     "group",  "having", "order",
                             "limit", "union",   "intersect", "except", "on",     "returning"};
constexpr Word kBeforeJoin[] = {"left", "right", "full", "inner", "outer", "cross", "natural"};
constexpr Word kAfterSet[] = {"from", "where", "returning"};

class StatementReader final : private PluginReader {
 public:
  using PluginReader::PluginReader;

  PluginText read() {
    scopes_.emplace_back();
    if (is("with")) with();
    if (is("insert")) {
      insert();
    } else if (is("update")) {
      update();
    } else if (is("delete")) {
      erase();
    } else {
      selects();
    }
    if (!at_end()) refuse_here();
    for (const std::string& q : qualifiers_)
      if (std::find(aliases_.begin(), aliases_.end(), q) == aliases_.end())
        refuse("'" + q + ".…': there is no such table or alias in the statement");
    out_.sql = text_.str();
    return std::move(out_);
  }

 private:
  void query() override {
    scopes_.emplace_back();
    if (is("with")) with();
    selects();
    scopes_.pop_back();
  }

  // A name counts from where the engines know it: its own query sees it only if it is recursive.
  void with() {
    ++at_;
    const bool recursive = take("recursive");
    do {
      const std::string given = name();
      if (is("(")) names_in_parentheses();
      expect("as");
      if (take("not")) {
        expect("materialized");
      } else {
        take("materialized");
      }
      expect("(");
      if (recursive) scopes_.back().push_back(given);
      query();
      expect(")");
      if (!recursive) scopes_.back().push_back(given);
    } while (take(","));
  }

  void selects() {
    for (bool first = true;; first = false) {
      if (!first && !take("all")) take("distinct");
      if (take("(")) {
        query();
        expect(")");
      } else {
        select();
      }
      if (!take("union") && !take("intersect") && !take("except")) break;
    }
    tail();
  }

  void select() {
    expect("select");
    expression(kAfterList);
    if (take("from")) tables();
    tail();
  }

  void tail() {
    if (is_one_of(kTail)) expression(kAfterTail);
  }

  void tables() {
    table();
    for (;;) {
      if (take(",")) {
        table();
      } else if (is("join") || is_one_of(kBeforeJoin)) {
        while (!is("join"))
          if (is_one_of(kBeforeJoin)) {
            ++at_;
          } else {
            refuse_here();
          }
        ++at_;
        table();
        if (take("on")) {
          expression(kAfterOn);
        } else if (take("using")) {
          names_in_parentheses();
        }
      } else {
        return;
      }
    }
  }

  void table() {
    if (take("(")) {
      if (is("select") || is("with")) {
        query();
      } else {
        tables();
      }
      expect(")");
      alias({});
      return;
    }
    const std::string given = name();
    const bool known = is_own(given) || std::any_of(scopes_.begin(), scopes_.end(), [&](auto& s) {
                         return std::find(s.begin(), s.end(), given) != s.end();
                       });
    if (!known) refuse("'" + given + "' is not a table of this plugin");
    alias(given);
  }

  void alias(const std::string& otherwise) {
    const bool told = take("as");
    const bool there =
        told ||
        (!at_end() && (tokens_[at_].kind == SqlToken::Kind::quoted ||
                       (tokens_[at_].kind == SqlToken::Kind::word &&
                        !plugin_words::is_clause(tokens_[at_].text) &&
                        !plugin_words::is_refused(tokens_[at_].text) && !is_one_of(kAfterOn))));
    aliases_.push_back(there ? name() : otherwise);
    if (is("(")) refuse_here();
  }

  void target() {
    out_.target = name();
    if (!is_own(out_.target)) refuse("'" + out_.target + "' is not a table of this plugin");
  }

  void insert() {
    expect("insert");
    expect("into");
    target();
    if (take("as")) {
      aliases_.push_back(name());
    } else {
      aliases_.push_back(out_.target);
    }
    std::vector<std::string> columns;
    if (is("(")) columns = names_in_parentheses();
    if (take("values")) {
      do {
        expect("(");
        expression({});
        expect(")");
      } while (take(","));
    } else if (take("default")) {
      expect("values");
    } else {
      query();
    }
    if (is("on")) conflict(columns);
    returning();
  }

  // MySQL has other words for it; there any unique key will do.
  void conflict(const std::vector<std::string>& columns) {
    const std::size_t begin = at_;
    expect("on");
    expect("conflict");
    auto key = is("(") ? names_in_parentheses() : columns;
    expect("do");
    if (take("nothing")) {
      out_.conflict = PluginText::Conflict::nothing;
      if (key.empty()) refuse("'on conflict' needs the columns");
    } else {
      expect("update");
      expect("set");
      out_.conflict = PluginText::Conflict::update;
    }
    if (engine_ == PluginEngine::mysql) {
      for (std::size_t i = begin; i < at_; ++i) text_.replace(i, "");
      text_.replace(begin, " on duplicate key update");
    }
    if (out_.conflict == PluginText::Conflict::update) {
      has_excluded_ = true;
      expression(kReturning);
      has_excluded_ = false;
    } else if (engine_ == PluginEngine::mysql) {
      // Changes nothing, and tells by the last id that there was a row.
      if (key[0].find('"') != std::string::npos) refuse("a quote in a name");
      const std::string c = "\"" + key[0] + "\"";
      text_.replace(begin, " on duplicate key update " + c + " = if(last_insert_id(1) = 1, " + c +
                               ", " + c + ")");
    }
  }

  void update() {
    expect("update");
    target();
    alias(out_.target);
    expect("set");
    expression(kAfterSet);
    if (take("from")) tables();
    condition();
  }

  void erase() {
    expect("delete");
    expect("from");
    target();
    alias(out_.target);
    condition();
  }

  void condition() {
    if (take("where")) expression(kReturning);
    returning();
  }

  void returning() {
    if (take("returning")) expression({});
  }

  PluginText out_;
  std::vector<std::vector<std::string>> scopes_;  // names that a with gave
  std::vector<std::string> aliases_;
};

}  // namespace

PluginText plugin_statement(const PluginCall& call, PluginEngine engine) {
  return StatementReader(call, engine).read();
}

}  // namespace gardu::storage
