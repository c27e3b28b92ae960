// SPDX-License-Identifier: Apache-2.0
#include "storage/plugin_settings.hpp"

#include "session.hpp"

namespace gardu::storage::plugin_settings {

std::optional<std::string> get(Session& s, const std::string& workspace_id,
                               const std::string& plugin) {
  std::optional<std::string> out;
  each(
      s, "select settings from plugin_settings where workspace_id = :a and plugin = :b", "s",
      [&](Row& r) { out = r.text(); }, workspace_id, plugin);
  return out;
}

void set(Transaction& tx, const std::string& workspace_id, const std::string& plugin,
         const std::string& settings, std::int64_t updated_at) {
  run(tx, tx.impl().dialect().upsert_plugin_settings(), workspace_id, plugin, settings, updated_at);
}

bool remove(Transaction& tx, const std::string& workspace_id, const std::string& plugin) {
  return run(tx, "delete from plugin_settings where workspace_id = :a and plugin = :b",
             workspace_id, plugin) > 0;
}

}  // namespace gardu::storage::plugin_settings
