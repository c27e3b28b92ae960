// SPDX-License-Identifier: Apache-2.0
#include "plugin_tables.hpp"

#include <algorithm>

#include "plugin_text.hpp"

namespace gardu::storage::plugin_sql {

void check_plugin_id(const std::string& plugin) {
  if (!is_plugin_id(plugin)) throw Error(ErrorKind::invalid, "that is no plugin's id");
}

std::vector<std::string> plugin_tables(Session& s, const std::string& plugin) {
  std::vector<std::string> out;
  each(
      s, "select name from plugin_tables where plugin = :a", "s",
      [&](Row& r) { out.push_back(r.text()); }, plugin);
  std::sort(out.begin(), out.end());
  return out;
}

void check_with_names(Session& s, const plugin_guard::Checked& checked,
                      const std::vector<std::string>& tables) {
  for (const std::string& name : checked.with_names)
    if (!std::binary_search(tables.begin(), tables.end(), name) &&
        number(s, s.impl().dialect().has_relation(), 0, name) != 0)
      throw Error(ErrorKind::invalid,
                  "with '" + name + "': a table of somebody else has that name");
}

}  // namespace gardu::storage::plugin_sql
