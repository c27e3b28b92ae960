// SPDX-License-Identifier: Apache-2.0
//
// All plugins of the configuration: found, checked, loaded, started, stopped. A plugin that cannot
// be had is listed as failed, with cause and remedy; the others run.
#pragma once
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/instance.hpp"
#include "plugins/plugin_file.hpp"
#include "plugins/services.hpp"

namespace gardu::host {

// What the configuration says of one plugin.
struct PluginConfig {
  std::string id;
  bool enabled = true;
  std::string settings;  // JSON object, without the host's own keys
};

// Where plugins are looked for: absolute paths as they are, relative ones below `library_dir`.
std::vector<std::filesystem::path> plugin_search_paths(const std::vector<std::string>& configured,
                                                       const std::filesystem::path& library_dir);
// The first <id>.so of the paths; the status lists where it was looked for.
Result<std::filesystem::path> find_plugin(std::string_view id,
                                          const std::vector<std::filesystem::path>& paths);
// The default: lib/gardu beside the bin/ that the running program is in.
std::filesystem::path library_dir();

// Checks file, compatibility and settings, without loading. In `settings` the defaults are filled
// in.
struct PluginCheck {
  PluginFile file;
  std::string settings;
};
struct PluginProblem {
  std::string path;  // of the configuration key, e.g. "plugins.load.pusher.listen"
  std::string message;
};
// Either the check's result or its problems, all of them.
std::optional<PluginCheck> check_plugin(const PluginConfig& config,
                                        const std::vector<std::filesystem::path>& paths,
                                        std::vector<PluginProblem>& problems);

class PluginManager {
 public:
  struct Options {
    std::vector<std::filesystem::path> paths;
    std::filesystem::path data_dir;  // plugins' own folders are below plugins/
    std::string host_version;
    std::chrono::milliseconds start_limit{10'000};
  };
  struct Entry {
    std::string id;
    bool enabled = true;
    std::string refused;                       // why it was not loaded; then there is no instance
    std::unique_ptr<PluginInstance> instance;  // null when refused or disabled
  };

  PluginManager(Options options, PluginServices& services);
  ~PluginManager();  // stop_all()

  // Loads and starts them in order. Not to be called twice.
  void start_all(const std::vector<PluginConfig>& plugins);
  void stop_all();

  // Constant between start_all and stop_all.
  const std::vector<Entry>& entries() const { return entries_; }
  PluginInstance* find(std::string_view id) const;

 private:
  Entry start_one(const PluginConfig& config);

  const Options options_;
  PluginServices& services_;
  std::vector<Entry> entries_;
};

}  // namespace gardu::host
