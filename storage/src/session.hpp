// SPDX-License-Identifier: Apache-2.0
//
// A session's inside: the SOCI session, its prepared statements, and the dialect of its engine; and
// the functions by which repositories run statements.
#pragma once
#include <soci/soci.h>

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "dialect.hpp"
#include "statement.hpp"
#include "storage/database.hpp"

namespace gardu::storage {

// Of texts in any form, so that a look-up copies nothing.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept {
    return std::hash<std::string_view>{}(text);
  }
};

class Session::Impl {
 public:
  Impl(const Dialect& dialect, const Options& options) : dialect_(dialect), options_(options) {
    guard([&] { dialect_.open(session_, options_); });
  }

  // The statement of that text, prepared at its first use. `sql` is a constant, or made of
  // constants.
  Statement& statement(std::string_view sql, std::string_view columns = {}) {
    const auto kept = statements_.find(sql);
    if (kept != statements_.end()) return *kept->second;
    std::string text(sql);
    auto made = std::make_unique<Statement>(session_, text, columns, options_.trace);
    return *statements_.emplace(std::move(text), std::move(made)).first->second;
  }
  // Bounds what queries made of many optional parts may leave behind. Not while a row is being
  // read.
  void trim() {
    if (statements_.size() > 256) statements_.clear();
  }
  // For the writer's session: what the engine would do at the end of a commit is done when the
  // writer calls upkeep, so that nobody's answer waits for it.
  void defer_upkeep() { dialect_.defer_upkeep(session_, upkeep_); }
  void upkeep() { dialect_.upkeep(session_, upkeep_); }
  // Turns SOCI's errors, whose texts may hold bound values, into ours.
  template <class F>
  auto guard(F&& body) -> decltype(body()) {
    try {
      return body();
    } catch (const soci::soci_error& e) {
      throw dialect_.translate(session_, e, options_);
    }
  }
  const Dialect& dialect() const { return dialect_; }
  const Options& options() const { return options_; }
  soci::session& soci() { return session_; }
  PluginRunner& plugin_runner() {
    if (!plugin_runner_) plugin_runner_ = dialect_.plugin_runner(session_);
    return *plugin_runner_;
  }
  void check_place() { dialect_.check_place(session_, options_); }
  bool in_transaction() { return dialect_.in_transaction(session_); }

 private:
  const Dialect& dialect_;
  const Options options_;
  Upkeep upkeep_;  // before the session, which may write to it
  soci::session session_;
  // After the session: statements go first.
  std::unordered_map<std::string, std::unique_ptr<Statement>, TextHash, std::equal_to<>>
      statements_;
  std::unique_ptr<PluginRunner> plugin_runner_;
};

// Binds the values in order and executes; the number of rows that changed.
template <class... V>
std::int64_t run(Session& s, std::string_view sql, const V&... values) {
  return s.impl().guard([&] {
    Statement& st = s.impl().statement(sql);
    (st.bind(values), ...);
    return st.run();
  });
}

// The same for a statement with a result; `columns` as in Statement. The callback must not run the
// same statement again.
template <class F, class... V>
void each(Session& s, std::string_view sql, std::string_view columns, F&& on_row,
          const V&... values) {
  s.impl().guard([&] {
    Statement& st = s.impl().statement(sql, columns);
    (st.bind(values), ...);
    st.each(on_row);
  });
}

// The single number that a statement answers; `otherwise` when there is no row or it is null.
template <class... V>
std::int64_t number(Session& s, std::string_view sql, std::int64_t otherwise, const V&... values) {
  std::int64_t out = otherwise;
  each(
      s, sql, "i", [&](Row& row) { out = row.maybe_integer().value_or(otherwise); }, values...);
  return out;
}

}  // namespace gardu::storage
