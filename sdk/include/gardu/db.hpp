// SPDX-License-Identifier: Apache-2.0
//
// The plugin's own tables, in C++; what may be asked is in abi/ext/db.h.
//
//     const gardu::Db db = host().db();
//     db.execute("insert into ping_pong_seen (id, n) values (:id, :n)", {message.id(), 1});
//     const int64_t n = db.number("select count(*) from ping_pong_seen");
#pragma once
#include <charconv>
#include <concepts>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "abi/ext/db.h"
#include "detail/callbacks.hpp"

namespace gardu {

// A bound parameter; views, valid for the call.
class Value {
 public:
  // Null.
  Value(std::nullptr_t) noexcept {}
  // Null.
  Value(std::nullopt_t) noexcept {}
  // An integer; false is 0, true is 1.
  template <std::integral T>
  Value(T v) noexcept {
    v_.kind = GARDU_VALUE_INTEGER;
    v_.integer = static_cast<int64_t>(v);
  }
  // A real number.
  Value(double v) noexcept {
    v_.kind = GARDU_VALUE_REAL;
    v_.real = v;
  }
  // A text, in UTF-8; not copied.
  Value(std::string_view v) noexcept {
    v_.kind = GARDU_VALUE_TEXT;
    v_.text = str(v);
  }
  // Likewise.
  Value(const std::string& v) noexcept : Value(std::string_view(v)) {}
  // Likewise, zero-terminated.
  Value(const char* v) noexcept : Value(std::string_view(v)) {}
  // Its value, or null.
  template <class T>
  Value(const std::optional<T>& v) noexcept : Value(v ? Value(*v) : Value(nullptr)) {}
  const gardu_value& raw() const noexcept { return v_; }

 private:
  gardu_value v_{};
};
// Parameters, in the order in which they stand in the statement.
using Values = std::initializer_list<Value>;

// A row of a result; valid during the callback. Cells are converted to what is asked for: a null or
// a text that is no number reads as 0.
class Row {
 public:
  // Looks at `count` cells, which must outlive it.
  Row(const gardu_value* cells, uint32_t count) noexcept : cells_(cells), count_(count) {}
  // How many cells. One at or beyond it makes the calls below throw Failure.
  uint32_t size() const noexcept { return count_; }
  // Whether the cell is null.
  bool is_null(uint32_t i) const { return at(i).kind == GARDU_VALUE_NULL; }
  // An integer; of a real, its whole part.
  int64_t integer(uint32_t i) const {
    const gardu_value& v = at(i);
    if (v.kind == GARDU_VALUE_INTEGER) return v.integer;
    if (v.kind == GARDU_VALUE_REAL) return static_cast<int64_t>(v.real);
    return parse<int64_t>(v);
  }
  // A real number.
  double real(uint32_t i) const {
    const gardu_value& v = at(i);
    if (v.kind == GARDU_VALUE_REAL) return v.real;
    if (v.kind == GARDU_VALUE_INTEGER) return static_cast<double>(v.integer);
    return parse<double>(v);
  }
  // The text of a text; of a number, its digits.
  std::string text(uint32_t i) const {
    const gardu_value& v = at(i);
    if (v.kind == GARDU_VALUE_INTEGER) return std::to_string(v.integer);
    if (v.kind == GARDU_VALUE_REAL) return std::to_string(v.real);
    return std::string(view(v.text));
  }

 private:
  const gardu_value& at(uint32_t i) const {
    if (i >= count_) throw Failure(Status::invalid("a row has fewer columns than were read"));
    return cells_[i];
  }
  template <class T>
  static T parse(const gardu_value& v) noexcept {
    T out{};
    const std::string_view s = view(v.text);
    if (v.kind == GARDU_VALUE_TEXT) std::from_chars(s.data(), s.data() + s.size(), out);
    return out;
  }
  const gardu_value* cells_;
  uint32_t count_;
};

// A step of the plugin's schema: applied once, in order, must never change.
struct Migration {
  // From 1 upwards.
  uint32_t number;
  std::string_view name, /* for people and error texts, 1 to 200 bytes */
      sql;               /* one or several statements, ended by ';' */
};

// [any-thread & started], a cheap value. Everything blocks and throws Failure.
class Db {
 public:
  // Throws Failure with GARDU_UNSUPPORTED where there is no gardu.db/1. The host must outlive it.
  explicit Db(const gardu_host& host)
      : context_(host.context),
        table_(detail::need(detail::find<gardu_host_db>(host, GARDU_EXT_DB), GARDU_EXT_DB)) {}

  // [plugin-thread] In start: brings the plugin's schema up to date.
  void migrate(std::initializer_list<Migration> migrations) const {
    std::vector<gardu_migration> raw;
    for (const Migration& m : migrations)
      raw.push_back({sizeof(gardu_migration), m.number, str(m.name), str(m.sql)});
    gardu_error error = Status::record();
    detail::check(table_.migrate(context_, raw.data(), static_cast<uint32_t>(raw.size()), &error),
                  error);
  }

  // A statement without rows; how many rows it changed.
  int64_t execute(std::string_view sql, Values parameters = {}) const {
    int64_t affected = 0;
    gardu_error error = Status::record();
    const auto raw = views(parameters);
    detail::check(table_.execute(context_, str(sql), raw.data(), static_cast<uint32_t>(raw.size()),
                                 nullptr, nullptr, &affected, &error),
                  error);
    return affected;
  }

  // Rows, one call of `on_row` each; false from it stops.
  template <class F>
  void query(std::string_view sql, Values parameters, F&& on_row) const {
    using Each = detail::Visitor<std::remove_reference_t<F>>;
    Each each(on_row);
    gardu_error error = Status::record();
    const auto raw = views(parameters);
    const int32_t code = table_.execute(
        context_, str(sql), raw.data(), static_cast<uint32_t>(raw.size()),
        [](void* user, const gardu_value* cells, uint32_t count) noexcept {
          return (*static_cast<Each*>(user))(Row(cells, count));
        },
        &each, nullptr, &error);
    each.rethrow();
    detail::check(code, error);
  }
  // The first row's first cell; 0 when there is no row.
  int64_t number(std::string_view sql, Values parameters = {}) const {
    int64_t out = 0;
    query(sql, parameters, [&](const Row& row) {
      out = row.integer(0);
      return false;
    });
    return out;
  }
  // The first row's first cell; nothing when there is no row, or it is null.
  std::optional<std::string> text(std::string_view sql, Values parameters = {}) const {
    std::optional<std::string> out;
    query(sql, parameters, [&](const Row& row) {
      if (!row.is_null(0)) out = row.text(0);
      return false;
    });
    return out;
  }

  // All that `body` executes, sends and publishes happens, or, when it throws, none of it.
  template <class F>
  void transaction(F&& body) const {
    const auto once = [&] {
      body();
      return true;
    };
    using Once = detail::Visitor<decltype(once)>;
    Once run(once);
    gardu_error error = Status::record();
    const int32_t code = table_.transaction(
        context_,
        [](void* user, gardu_error* why) noexcept -> int32_t {
          if ((*static_cast<Once*>(user))() != 0) return GARDU_OK;
          return Status::rejected("the transaction's body threw").write_to(why);
        },
        &run, &error);
    run.rethrow();
    detail::check(code, error);
  }

 private:
  static std::vector<gardu_value> views(Values parameters) {
    std::vector<gardu_value> raw;
    raw.reserve(parameters.size());
    for (const Value& v : parameters) raw.push_back(v.raw());
    return raw;
  }
  void* context_;
  const gardu_host_db& table_;
};

}  // namespace gardu
