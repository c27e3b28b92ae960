// SPDX-License-Identifier: Apache-2.0
#include "plugins/manager.hpp"

#include <nlohmann/json.hpp>

#include "plugins/host_table.hpp"
#include "schema/schema.hpp"

namespace gardu::host {
namespace fs = std::filesystem;

fs::path program_dir() {
  std::error_code ec;
  return fs::read_symlink("/proc/self/exe", ec).parent_path();
}

fs::path library_dir() { return program_dir().parent_path() / "lib" / "gardu"; }

std::vector<fs::path> plugin_search_paths(const std::vector<std::string>& configured,
                                          const fs::path& library_dir) {
  std::vector<fs::path> out;
  for (const std::string& p : configured) out.push_back(library_dir / p);  // absolute ones win
  return out;
}

Result<fs::path> find_plugin(std::string_view id, const std::vector<fs::path>& paths) {
  std::string looked;
  for (const fs::path& folder : paths) {
    const fs::path file = folder / (std::string(id) + ".so");
    std::error_code ec;
    if (fs::is_regular_file(file, ec)) return file;
    looked += (looked.empty() ? "" : ", ") + folder.string();
  }
  return Status{GARDU_NOT_FOUND, std::string(id) + ".so was not found in " +
                                     (looked.empty() ? "plugins.paths, which is empty" : looked) +
                                     "; install the plugin there, or take it out of plugins.load"};
}

namespace {

void take_host_values(nlohmann::json& settings, const nlohmann::json& schema,
                      const std::map<std::string, std::string>& host_values) {
  if (!settings.is_object() || !schema.contains("properties")) return;
  for (const auto& [name, property] : schema["properties"].items()) {
    if (!property.is_object() || !settings.contains(name) || settings[name] != "") continue;
    const auto host_value = host_values.find(property.value("x-gardu-default", ""));
    if (host_value != host_values.end()) settings[name] = host_value->second;
  }
}

}  // namespace

std::optional<PluginCheck> check_plugin(const PluginConfig& config,
                                        const std::vector<fs::path>& paths,
                                        std::vector<PluginProblem>& problems) {
  const std::string key = "plugins.load." + config.id;
  const auto path = find_plugin(config.id, paths);
  if (!path) {
    problems.push_back({key, path.status().message()});
    return std::nullopt;
  }
  auto file = read_plugin_file(*path);
  if (!file) {
    problems.push_back({key, file.status().message()});
    return std::nullopt;
  }
  if (const Status s = check_compatible(*file, {.services = offered_services()}); !s.ok()) {
    problems.push_back({key, s.message()});
    return std::nullopt;
  }
  if (file->id() != config.id) {
    problems.push_back({key, path->string() + " says that it is the plugin '" +
                                 std::string(file->id()) + "'; name the file after its id"});
    return std::nullopt;
  }
  auto settings = nlohmann::json::parse(config.settings, nullptr, false);
  if (file->schema.empty()) return PluginCheck{std::move(*file), config.settings};
  const auto schema = Schema::compile(file->schema);
  if (!schema) {
    problems.push_back(
        {key, path->string() + ": its settings schema: " + schema.status().message()});
    return std::nullopt;
  }
  const auto wrong = schema->validate(settings);
  for (const auto& p : wrong)
    problems.push_back(
        {p.path.empty() ? key : key + (p.path[0] == '[' ? "" : ".") + p.path, p.message});
  if (!wrong.empty()) return std::nullopt;
  settings = schema->with_defaults(std::move(settings));
  take_host_values(settings, schema->root(), config.host_values);
  return PluginCheck{std::move(*file), settings.dump()};
}

}  // namespace gardu::host
