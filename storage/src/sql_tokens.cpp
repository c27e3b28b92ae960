// SPDX-License-Identifier: Apache-2.0
#include "sql_tokens.hpp"

#include <algorithm>

#include "plugin_text.hpp"
#include "storage/error.hpp"

namespace gardu::storage {
namespace {

constexpr std::size_t kMaxSql = 1'000'000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool begins_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80) != 0;
}
bool in_word(char c) { return begins_word(c) || is_digit(c); }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }

class Tokenizer {
 public:
  explicit Tokenizer(std::string_view sql) : sql_(sql) {}

  std::vector<SqlToken> all() {
    while (at_ < sql_.size()) {
      const char c = sql_[at_];
      if (is_space(c)) {
        ++at_;
      } else if (c == '-' && next() == '-') {
        at_ = std::min(sql_.find('\n', at_), sql_.size());
      } else if (c == '/' && next() == '*') {
        comment();
      } else {
        token(c);
      }
    }
    return std::move(out_);
  }

 private:
  using Kind = SqlToken::Kind;

  char next() const { return at_ + 1 < sql_.size() ? sql_[at_ + 1] : '\0'; }

  // MySQL runs what stands in /*! … */, MariaDB also in /*M! … */, and PostgreSQL nests them.
  void comment() {
    const std::size_t end = sql_.find("*/", at_ + 2);
    if (end == std::string_view::npos) throw Error(ErrorKind::invalid, "a comment has no end");
    const auto inside = sql_.substr(at_ + 2, end - at_ - 2);
    if (inside.starts_with('!') || inside.starts_with("M!") ||
        inside.find("/*") != std::string_view::npos)
      throw Error(ErrorKind::invalid, "a comment begins with '/*!' or has another one in it");
    at_ = end + 2;
  }

  void token(char c) {
    if (begins_word(c)) {
      add(Kind::word, at_, run_of(at_));
    } else if (is_digit(c)) {
      std::size_t end = at_;
      while (end < sql_.size() && (in_word(sql_[end]) || sql_[end] == '.')) ++end;
      add(Kind::number, at_, end);
    } else if (c == '\'' || c == '"') {
      quoted(c);
    } else if (c == ':' && next() == ':') {
      add(Kind::symbol, at_, at_ + 2);
    } else if (c == ':' && begins_word(next())) {
      add(Kind::parameter, at_ + 1, run_of(at_ + 1));
      out_.back().begin -= 1;
    } else if (std::string_view("(),.;=<>!+-*/%|&~^").find(c) != std::string_view::npos) {
      add(Kind::symbol, at_, at_ + 1);
    } else {
      throw Error(ErrorKind::invalid, std::string("unexpected '") + c +
                                          "': names are bare or in \"double quotes\", parameters "
                                          "are written :name");
    }
  }

  void quoted(char quote) {
    // e'…', x'…' and others, which differ.
    if (quote == '\'' && at_ > 0 && in_word(sql_[at_ - 1]))
      throw Error(ErrorKind::invalid, "a text has a letter before its quote");
    std::string text;
    std::size_t i = at_ + 1;
    for (;; ++i) {
      if (i >= sql_.size()) throw Error(ErrorKind::invalid, "a quote has no end");
      if (sql_[i] == quote) {
        if (i + 1 >= sql_.size() || sql_[i + 1] != quote) break;
        ++i;
      }
      if (quote == '"') text += sql_[i];
    }
    out_.push_back({quote == '"' ? Kind::quoted : Kind::string, std::move(text), at_, i + 1});
    at_ = i + 1;
  }

  std::size_t run_of(std::size_t i) const {
    while (i < sql_.size() && in_word(sql_[i])) ++i;
    return i;
  }
  void add(Kind kind, std::size_t begin, std::size_t end) {
    const auto text = sql_.substr(begin, end - begin);
    out_.push_back(
        {kind, kind == Kind::parameter ? std::string(text) : lower_case(text), begin, end});
    at_ = end;
  }

  const std::string_view sql_;
  std::size_t at_ = 0;
  std::vector<SqlToken> out_;
};

}  // namespace

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::vector<SqlToken> sql_tokens(std::string_view sql) {
  if (sql.size() > kMaxSql)
    throw Error(ErrorKind::invalid, "a statement of more than 1000000 bytes");
  if (!is_plain_text(sql)) throw Error(ErrorKind::invalid, "SQL is UTF-8 without zeros");
  return Tokenizer(sql).all();
}

}  // namespace gardu::storage
