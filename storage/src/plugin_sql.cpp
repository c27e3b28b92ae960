// SPDX-License-Identifier: Apache-2.0
#include "storage/plugin_sql.hpp"

#include <cmath>

#include "plugin_guard.hpp"
#include "plugin_tables.hpp"
#include "plugin_text.hpp"
#include "session.hpp"

namespace gardu::storage::plugin_sql {
namespace {

void check_values(std::span<const SqlValue> parameters) {
  for (const SqlValue& v : parameters) {
    if (v.kind == SqlValue::Kind::text && !is_plain_text(v.text))
      throw Error(ErrorKind::invalid, "a parameter's text is not UTF-8, or has a zero in it");
    if (v.kind == SqlValue::Kind::real && !std::isfinite(v.real))
      throw Error(ErrorKind::invalid, "a parameter is no finite number");
  }
}

}  // namespace

bool reads_only(std::string_view sql) {
  try {
    return plugin_guard::statement(sql).reads;
  } catch (const Error&) {
    return false;
  }
}

std::int64_t execute(Session& s, const std::string& plugin, std::string_view sql,
                     std::span<const SqlValue> parameters, const OnRow& on_row,
                     const Limits& limits) {
  check_plugin_id(plugin);
  const auto checked = plugin_guard::statement(sql);
  if (checked.parameters != parameters.size())
    throw Error(ErrorKind::invalid, "the statement has " + std::to_string(checked.parameters) +
                                        " parameters, but " + std::to_string(parameters.size()) +
                                        " values were given");
  check_values(parameters);
  // A timeout may have ended it. Whatever ran now would be a transaction of its own.
  if (!s.impl().in_transaction()) throw Error(ErrorKind::timeout, "the transaction was undone");
  auto* tx = dynamic_cast<Transaction*>(&s);
  if (!checked.reads && tx == nullptr)
    throw Error(ErrorKind::invalid, "a statement that writes needs a transaction");

  const auto tables = plugin_tables(s, plugin);
  check_with_names(s, checked, tables);
  PluginCall call;
  call.plugin = plugin;
  call.sql = sql;
  call.tables = tables;
  call.with_names = checked.with_names;
  call.parameters = parameters;
  call.limits = limits;
  call.reads = checked.reads;
  if (checked.reads) return s.impl().plugin_runner().execute(call, on_row);

  std::int64_t changed = 0;
  in_part(*tx, [&] { changed = tx->impl().plugin_runner().execute(call, on_row); });
  return changed;
}

}  // namespace gardu::storage::plugin_sql
