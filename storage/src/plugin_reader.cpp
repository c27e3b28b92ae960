// SPDX-License-Identifier: Apache-2.0
#include "plugin_reader.hpp"

#include <algorithm>

#include "plugin_words.hpp"
#include "storage/error.hpp"

namespace gardu::storage {

namespace words = plugin_words;

PluginReader::PluginReader(const PluginCall& call, PluginEngine engine)
    : call_(call),
      engine_(engine),
      tokens_(without_end(sql_tokens(call.sql))),
      text_(call.sql, tokens_, engine) {}

std::vector<SqlToken> PluginReader::without_end(std::vector<SqlToken> tokens) {
  if (!tokens.empty() && tokens.back().is(";")) tokens.pop_back();
  return tokens;
}

void PluginReader::refuse(const std::string& why) { throw Error(ErrorKind::invalid, why); }

void PluginReader::refuse_here() const {
  if (at_end()) refuse("the statement ends too early");
  const SqlToken& t = tokens_[at_];
  refuse("not in the subset of SQL that plugins have, at '" +
         (t.kind == SqlToken::Kind::string ? std::string("…") : t.text) + "'");
}

bool PluginReader::is_one_of(Words words) const {
  return std::any_of(words.begin(), words.end(), [&](std::string_view w) { return is(w); });
}

bool PluginReader::take(std::string_view what) {
  const bool there = is(what);
  if (there) ++at_;
  return there;
}

void PluginReader::expect(std::string_view what) {
  if (!take(what)) refuse_here();
}

std::string PluginReader::name() {
  if (at_end() || !tokens_[at_].is_name()) refuse_here();
  const SqlToken& t = tokens_[at_];
  if (t.kind == SqlToken::Kind::word && (words::is_refused(t.text) || words::is_clause(t.text)))
    refuse_here();
  ++at_;
  if (is(".")) refuse("'" + t.text + "' with a schema, or of one");
  return t.text;
}

std::vector<std::string> PluginReader::names_in_parentheses() {
  std::vector<std::string> out;
  expect("(");
  do {
    out.push_back(name());
  } while (take(","));
  expect(")");
  return out;
}

bool PluginReader::is_own(const std::string& table) const {
  return std::binary_search(call_.tables.begin(), call_.tables.end(), table);
}

void PluginReader::expression(Words until) {
  const std::size_t begin = at_;
  while (!at_end() && !is(")") && !is_one_of(until)) part();
  if (at_ == begin) refuse_here();
}

void PluginReader::part() {
  const SqlToken& t = tokens_[at_];
  switch (t.kind) {
    case SqlToken::Kind::word:
    case SqlToken::Kind::quoted:
      return word();
    case SqlToken::Kind::string:
      check_text();
      break;
    case SqlToken::Kind::symbol:
      if (t.is("(")) return group();
      if (t.is(".") || t.is(";") || t.is("::")) refuse_here();
      break;
    default:
      break;
  }
  ++at_;
}

// Behind other words a text is a type's value, in another character set, or the rest of the text
// before it.
void PluginReader::check_text() const {
  const SqlToken& before = tokens_[at_ - 1];
  const bool fine = before.kind == SqlToken::Kind::word
                        ? words::goes_before_text(before.text)
                        : before.kind == SqlToken::Kind::symbol && !before.is(")");
  if (!fine) refuse_here();
}

void PluginReader::word() {
  const SqlToken& t = tokens_[at_];
  const bool bare = t.kind == SqlToken::Kind::word;
  if (bare ? words::is_refused(t.text) : words::is_system(t.text)) refuse_here();
  if (is("(", 1)) {
    if (bare && t.text == "cast") return cast();
    if (bare && words::is_function(t.text)) return function();
    if (!bare || !words::goes_before_group(t.text))
      refuse("the function '" + t.text + "' is not one that plugins have");
  }
  if (is(".", 1)) return dotted();
  ++at_;
}

void PluginReader::group() {
  const bool may_be_empty = at_ > 0 && tokens_[at_ - 1].is("over");
  ++at_;
  if (is("select") || is("with")) {
    query();
  } else if (!may_be_empty || !is(")")) {
    expression({});
  }
  expect(")");
}

void PluginReader::function() {
  // MySQL counts bytes by that name.
  if (engine_ == PluginEngine::mysql && tokens_[at_].is("length"))
    text_.replace(at_, "char_length");
  text_.glue(at_ + 1);
  at_ += 2;
  if (!is(")")) expression({});
  expect(")");
}

void PluginReader::cast() {
  static constexpr std::string_view kAs[] = {"as"};
  const bool mysql = engine_ == PluginEngine::mysql;
  text_.glue(at_ + 1);
  at_ += 2;
  expression(kAs);
  expect("as");
  if (is("bigint") || is("integer")) {
    if (mysql) text_.replace(at_, "signed");
  } else if (is("text")) {
    if (mysql) text_.replace(at_, "char");
  } else if (is("double") && is("precision", 1)) {
    if (mysql) text_.replace(at_ + 1, "");
    ++at_;
  } else {
    refuse_here();
  }
  ++at_;
  expect(")");
}

// x.y or x.*: a column.
void PluginReader::dotted() {
  const SqlToken& first = tokens_[at_];
  if (at_end(2) || !(tokens_[at_ + 2].is_name() || is("*", 2)) || is(".", 3) || is("(", 3))
    refuse_here();
  const SqlToken& second = tokens_[at_ + 2];
  if (words::is_system(second.text) || second.text.starts_with("pg_")) refuse_here();
  if (first.is("excluded") && has_excluded_) {
    if (engine_ == PluginEngine::mysql) {
      text_.replace(at_, "values(");
      text_.replace(at_ + 1, "");
      text_.glue(at_ + 2);
      text_.replace(at_ + 2, second.kind == SqlToken::Kind::word ? second.text + ")"
                                                                 : "\"" + second.text + "\")");
    }
  } else {
    qualifiers_.push_back(first.text);
  }
  at_ += 3;
}

}  // namespace gardu::storage
