// SPDX-License-Identifier: Apache-2.0
//
// What runs plugins' statements on one session, and keeps the prepared ones: the engine's part of
// plugin_sql, and the layer that really holds a plugin to its tables. Belongs to the session and
// goes before it. Errors are Error.
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "storage/plugin_sql.hpp"

namespace gardu::storage {

struct PluginCall {
  std::string_view plugin, sql;
  std::span<const std::string> tables;      // that it may reach: sorted, in lower case
  std::span<const std::string> with_names;  // that hide no table
  std::span<const SqlValue> parameters;
  plugin_sql::Limits limits;
  bool reads = false;
  // Of a migration: a create, alter or drop, without a limit of time; the name that it is about.
  bool schema = false;
  std::string_view target;
};

class PluginRunner {
 public:
  static constexpr std::size_t kKept = 64;  // prepared statements, the latest used
  static constexpr int kMaxCell = 16 * 1024 * 1024;

  virtual ~PluginRunner() = default;
  // The number of rows that changed. May be called again from within `on_row`.
  virtual std::int64_t execute(const PluginCall& call, const plugin_sql::OnRow& on_row) = 0;
};

}  // namespace gardu::storage
