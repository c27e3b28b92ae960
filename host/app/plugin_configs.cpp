// SPDX-License-Identifier: Apache-2.0
#include "app/plugin_configs.hpp"

#include <nlohmann/json.hpp>

#include "http_client/http_client.hpp"
#include "schema/schema.hpp"

namespace gardu::host {
namespace {

// Of every text that is a URL, however deep it stands.
void add_origins(const nlohmann::json& value, std::set<std::string>& out) {
  if (value.is_structured()) {
    for (const auto& member : value) add_origins(member, out);
  } else if (value.is_string()) {
    if (auto origin = client::origin_of(value.get<std::string>()); !origin.empty())
      out.insert(std::move(origin));
  }
}

}  // namespace

PluginConfig plugin_config(const Settings::Plugin& p) {
  PluginConfig out;
  out.id = p.id;
  out.enabled = p.enabled;
  out.isolated = p.isolated;
  out.outside.private_addresses = p.allow_private_addresses;
  add_origins(nlohmann::json::parse(p.settings), out.outside.origins);
  out.process_memory_mb = p.process_memory_mb;
  out.hook_warn = std::chrono::milliseconds(p.hook_warn_ms);
  out.hook_limit = std::chrono::milliseconds(p.hook_limit_ms);
  out.settings = p.settings;
  return out;
}

std::vector<PluginConfig> plugin_configs(const Settings& settings) {
  std::vector<PluginConfig> out;
  for (const auto& p : settings.plugins) {
    out.push_back(plugin_config(p));
    out.back().host_values.emplace("cluster.redis", settings.redis);
  }
  return out;
}

std::vector<FieldError> check_workspace_settings(const PluginManager& plugins,
                                                 const std::string& id, const std::string& own) {
  const auto instance = plugins.find(id);
  if (!instance) return {{"", "the plugin is not running, so its settings cannot be checked"}};
  if (instance->file().schema.empty()) return {{"", "the plugin has no settings"}};
  auto merged = nlohmann::json::parse(instance->options().settings);
  merged.merge_patch(nlohmann::json::parse(own));
  const auto schema = Schema::compile(instance->file().schema);
  if (!schema) return {{"", schema.status().message()}};
  std::vector<FieldError> out;
  for (const auto& p : schema->validate(merged)) out.push_back({p.path, p.message});
  return out;
}

}  // namespace gardu::host
