// SPDX-License-Identifier: Apache-2.0
//
// Decides what SQLite's compiler may put into a plugin's statement. It sees through views, CTEs and
// subqueries, whatever the text looked like.
#pragma once
#include <string>
#include <string_view>

#include "plugin_runner.hpp"

namespace gardu::storage {

class Sqlite3Authorizer {
 public:
  explicit Sqlite3Authorizer(const PluginCall& call) : call_(call) {}
  // The arguments are those of SQLite's own callback; null pointers as empty views, but for the
  // schema's name, which is null for what was written without one.
  bool allows(int action, std::string_view first, std::string_view second, const char* schema);
  // What it refused; empty: nothing.
  const std::string& refused() const { return refused_; }

 private:
  bool table(std::string_view name, const char* schema);
  bool is_own(std::string_view name) const;
  bool function(std::string_view name) const;
  bool schema_change(int action, std::string_view first, std::string_view second,
                     const char* schema);
  bool refuse(std::string what);

  const PluginCall& call_;
  std::string refused_;
};

}  // namespace gardu::storage
