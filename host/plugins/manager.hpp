// SPDX-License-Identifier: Apache-2.0
//
// All plugins of the configuration: found, checked, loaded, started, stopped. A plugin that cannot
// be had is listed as failed, with cause and remedy; the others run.
#pragma once
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "plugins/instance.hpp"
#include "plugins/plugin_file.hpp"
#include "plugins/services.hpp"

namespace gardu::host {

// What the configuration says of one plugin.
struct PluginConfig {
  std::string id;
  bool enabled = true;
  bool isolated = false;  // in a process of its own
  OutsideAccess outside;
  int process_memory_mb = 0;  // of one in a process of its own; 0: no limit
  std::chrono::milliseconds hook_warn{1'000}, hook_limit{30'000};
  std::string settings;  // JSON object, without the host's own keys
  // What the host's own configuration says, by key: a setting whose schema has "x-gardu-default"
  // with such a key gets it while it is empty.
  std::map<std::string, std::string> host_values;
};

// Where plugins are looked for: absolute paths as they are, relative ones below `library_dir`.
std::vector<std::filesystem::path> plugin_search_paths(const std::vector<std::string>& configured,
                                                       const std::filesystem::path& library_dir);
// The first <id>.so of the paths; the status lists where it was looked for.
Result<std::filesystem::path> find_plugin(std::string_view id,
                                          const std::vector<std::filesystem::path>& paths);
// The bin/ that the running program is in.
std::filesystem::path program_dir();
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
    std::filesystem::path runner;    // the program that holds a plugin with a process of its own
    std::string host_version;
    std::chrono::milliseconds start_limit{10'000}, stop_limit{10'000};
  };
  struct Entry {
    PluginConfig config;
    std::string refused;                       // why it was not loaded; then there is no instance
    std::shared_ptr<PluginInstance> instance;  // null when refused or switched off
  };

  PluginManager(Options options, PluginServices& services);
  ~PluginManager();  // stop_all()
  PluginManager(const PluginManager&) = delete;
  PluginManager& operator=(const PluginManager&) = delete;

  // Loads and starts them in order. Not to be called twice.
  void start_all(const std::vector<PluginConfig>& plugins);
  // False: the threads of some are still at work in their code, which is in memory for as long as
  // the process lives.
  bool stop_all();

  // Loads the plugin's file anew beside the running copy: the new one starts, the old one finishes
  // what it is at, the new one takes over. When that does not come about, the old one never
  // stopped, and the status says why. A plugin with sockets of its own (GARDU_ROLE_SERVICE) is
  // stopped first, and started again from its old copy if the new one fails. Blocks.
  Status restart(const std::string& id);
  // Switches it off or on until the gateway's next start. Blocks.
  Status enable(const std::string& id, bool on);

  std::vector<Entry> entries() const;
  std::shared_ptr<PluginInstance> find(std::string_view id) const;  // null: none, or off
  // The schema of a plugin's settings; empty when it has none.
  std::string schema(std::string_view id) const;

 private:
  Result<std::shared_ptr<PluginInstance>> make(const PluginConfig& config,
                                               PluginInstance::MakeCode& code) const;
  Status replace(Entry& entry);
  void retire(std::shared_ptr<PluginInstance> old);
  void put(const std::string& id, std::shared_ptr<PluginInstance> instance, std::string refused);
  std::optional<Entry> entry(std::string_view id) const;
  void watch();

  const Options options_;
  PluginServices& services_;
  std::mutex changing_;  // one start, restart or switch at a time
  mutable std::mutex mutex_;
  std::vector<Entry> entries_;                                // guarded by mutex_
  std::vector<std::shared_ptr<PluginInstance>> left_behind_;  // guarded by mutex_
  std::condition_variable stop_watching_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread watcher_;
};

}  // namespace gardu::host
