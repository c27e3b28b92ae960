// SPDX-License-Identifier: Apache-2.0
//
// A prepared statement with its own slots. SOCI binds addresses, so the slots live as long as the
// statement, which is prepared once a session and used again and again. A result is always read to
// its end: an unfinished one would keep a transaction open.
#pragma once
#include <soci/soci.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "storage/database.hpp"

namespace gardu::storage {

// The current row; values are taken once, from left to right.
class Row;

class Statement {
 public:
  using Trace = std::function<void(const TracedStatement&)>;
  // One character a column of the result: 'i' for a 64-bit integer, 's' for text. Parameters are
  // named in the text (:a, :b, …), each once, and bound in that order.
  Statement(soci::session& session, const std::string& sql, std::string_view columns,
            const Trace& trace);
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& bind(std::int64_t value);
  Statement& bind(int value) { return bind(std::int64_t{value}); }
  Statement& bind(bool value) { return bind(std::int64_t{value ? 1 : 0}); }
  Statement& bind(std::string_view value);
  Statement& bind(const std::string& value) { return bind(std::string_view(value)); }
  Statement& bind(const char* value) { return bind(std::string_view(value)); }
  template <class T>
  Statement& bind(const std::optional<T>& value) {
    return value ? bind(*value) : bind_null();
  }

  // Executes without a result; the number of rows that it changed.
  std::int64_t run();
  // Executes and calls `on_row` for each row.
  template <class F>
  void each(F&& on_row);

 private:
  friend class Row;
  struct Slot {
    bool text = false;
    long long integer = 0;
    std::string string;
    soci::indicator indicator = soci::i_null;
  };
  // After a failure the statement is prepared anew: whatever it was in the middle of is over.
  struct Unfinished {
    Statement& s;
    bool finished = false;
    ~Unfinished() {
      s.bound_ = 0;
      if (!finished) s.statement_.reset();
    }
  };
  Statement& bind_null();
  Slot& next_parameter(bool text);
  void prepare();
  void tell_trace() const;
  void execute();
  bool fetch();

  soci::session& session_;
  const std::string sql_;
  const Trace& trace_;
  std::deque<Slot> parameters_, columns_;
  std::size_t bound_ = 0;
  std::optional<soci::statement> statement_;
};

class Row {
 public:
  explicit Row(Statement& s) : s_(s) {}
  std::int64_t integer() {
    const auto& slot = next();
    return slot.indicator == soci::i_null ? 0 : slot.integer;
  }
  bool flag() { return integer() != 0; }
  std::optional<std::int64_t> maybe_integer() {
    const auto& slot = next();
    if (slot.indicator == soci::i_null) return std::nullopt;
    return slot.integer;
  }
  std::string text() {
    auto& slot = next();
    return slot.indicator == soci::i_null ? std::string() : std::move(slot.string);
  }
  std::optional<std::string> maybe_text() {
    auto& slot = next();
    if (slot.indicator == soci::i_null) return std::nullopt;
    return std::move(slot.string);
  }

 private:
  Statement::Slot& next() { return s_.columns_[column_++]; }
  Statement& s_;
  std::size_t column_ = 0;
};

template <class F>
void Statement::each(F&& on_row) {
  Unfinished guard{*this};
  execute();
  while (fetch()) {
    Row row(*this);
    on_row(row);
  }
  guard.finished = true;
}

}  // namespace gardu::storage
