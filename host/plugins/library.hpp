// SPDX-License-Identifier: Apache-2.0
//
// A plugin's file mapped into the process. What is mapped is a copy named by its content, so that
// the original may be replaced while it runs; it stays mapped until the process ends, because code
// of it may be reachable from anywhere (Boost.DLL could not really unload it either).
#pragma once
#include <filesystem>

#include "plugins/plugin_file.hpp"

namespace gardu::host {

// The copy in `cache` (created, mode 0700) named by its content, made if it is not there yet.
Result<std::filesystem::path> keep_copy(const PluginFile& file, const std::filesystem::path& cache);

class Library {
 public:
  // Copies into `cache` (created, mode 0700) and maps the copy. From here on code of the plugin
  // (static constructors) runs. The status names the file and the reason, e.g. a missing symbol.
  static Result<Library> load(const PluginFile& file, const std::filesystem::path& cache);

  // Maps a copy that keep_copy made.
  static Result<Library> map(const std::filesystem::path& copy);

  gardu_plugin_create_fn create() const { return create_; }

 private:
  explicit Library(gardu_plugin_create_fn create) : create_(create) {}
  gardu_plugin_create_fn create_;
};

}  // namespace gardu::host
