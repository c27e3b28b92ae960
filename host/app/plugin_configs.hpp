// SPDX-License-Identifier: Apache-2.0
//
// The configuration's plugins as the plugin manager takes them.
#pragma once
#include <vector>

#include "config/settings.hpp"
#include "outbox/accept.hpp"
#include "plugins/manager.hpp"

namespace gardu::host {

PluginConfig plugin_config(const Settings::Plugin& plugin);
std::vector<PluginConfig> plugin_configs(const Settings& settings);

// What is wrong with a workspace's settings once they are merged over the configured ones.
std::vector<FieldError> check_workspace_settings(const PluginManager& plugins,
                                                 const std::string& id, const std::string& own);

}  // namespace gardu::host
