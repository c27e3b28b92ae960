// SPDX-License-Identifier: Apache-2.0
//
// What a workspace's admins changed of a plugin's settings: a JSON object each.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "storage/writer.hpp"

namespace gardu::storage::plugin_settings {

std::optional<std::string> get(Session& s, const std::string& workspace_id,
                               const std::string& plugin);
void set(Transaction& tx, const std::string& workspace_id, const std::string& plugin,
         const std::string& settings, std::int64_t updated_at);
bool remove(Transaction& tx, const std::string& workspace_id, const std::string& plugin);

}  // namespace gardu::storage::plugin_settings
