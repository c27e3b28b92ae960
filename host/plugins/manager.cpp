// SPDX-License-Identifier: Apache-2.0
#include "plugins/manager.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "plugins/host_table.hpp"
#include "plugins/library.hpp"
#include "schema/schema.hpp"

namespace gardu::host {
namespace fs = std::filesystem;

fs::path library_dir() {
  std::error_code ec;
  const fs::path program = fs::read_symlink("/proc/self/exe", ec);
  return program.parent_path().parent_path() / "lib" / "gardu";
}

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
  return PluginCheck{std::move(*file), schema->with_defaults(settings).dump()};
}

PluginManager::PluginManager(Options options, PluginServices& services)
    : options_(std::move(options)), services_(services) {}

PluginManager::~PluginManager() { stop_all(); }

PluginManager::Entry PluginManager::start_one(const PluginConfig& config) {
  Entry entry;
  entry.id = config.id;
  entry.enabled = config.enabled;
  const auto refuse = [&](const std::string& why) {
    entry.refused = why;
    services_.state_changed(entry.id, to_string(PluginState::failed), why);
  };
  std::vector<PluginProblem> problems;
  auto checked = check_plugin(config, options_.paths, problems);
  if (!checked) {
    std::string why;
    for (const auto& p : problems) why += (why.empty() ? "" : "; ") + p.path + ": " + p.message;
    refuse(why);
    return entry;
  }
  if (!config.enabled) return entry;
  const auto library = Library::load(checked->file, options_.data_dir / "run" / "plugins");
  if (!library) {
    refuse(library.status().message());
    return entry;
  }
  const fs::path own = options_.data_dir / "plugins" / config.id;
  fs::create_directories(own);
  fs::permissions(own, fs::perms::owner_all);
  entry.instance =
      std::make_unique<PluginInstance>(std::move(checked->file), std::move(checked->settings),
                                       own.string(), options_.host_version, services_);
  entry.instance->start(library->create(), options_.start_limit);
  return entry;
}

void PluginManager::start_all(const std::vector<PluginConfig>& plugins) {
  for (const PluginConfig& config : plugins) entries_.push_back(start_one(config));
}

void PluginManager::stop_all() {
  // In reverse: what was started first may be needed by what came after.
  for (auto it = entries_.rbegin(); it != entries_.rend(); ++it)
    if (it->instance) it->instance->stop();
}

PluginInstance* PluginManager::find(std::string_view id) const {
  const auto it =
      std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.id == id; });
  return it == entries_.end() ? nullptr : it->instance.get();
}

}  // namespace gardu::host
