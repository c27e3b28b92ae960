// SPDX-License-Identifier: Apache-2.0
// The only file that includes Boost.DLL.
#include "plugins/library.hpp"

#include <dlfcn.h>
#include <unistd.h>

#include <boost/dll/library_info.hpp>
#include <boost/dll/shared_library.hpp>

namespace gardu::host {
namespace fs = std::filesystem;
namespace {

fs::path copy_into(const fs::path& cache, const PluginFile& file) {
  fs::create_directories(cache);
  fs::permissions(cache, fs::perms::owner_all);
  const fs::path target = cache / (std::string(file.id()) + "-" + file.sha256 + ".so");
  if (fs::exists(target)) return fs::absolute(target);
  // Another process may do the same: each writes its own file, the last rename wins.
  const fs::path draft = target.string() + "." + std::to_string(::getpid());
  fs::copy_file(file.path, draft, fs::copy_options::overwrite_existing);
  fs::permissions(draft, fs::perms::owner_read | fs::perms::owner_exec);
  fs::rename(draft, target);
  return fs::absolute(target);
}

// The loader's text without the errno part that Boost prepends ("Bad file descriptor" says
// nothing).
std::string reason(const std::exception& e) {
  const std::string what = e.what();
  const auto open = what.find('(');
  const auto close = what.rfind(')');
  return open != std::string::npos && close != std::string::npos && open < close
             ? what.substr(open + 1, close - open - 1)
             : what;
}

}  // namespace

Result<fs::path> keep_copy(const PluginFile& file, const fs::path& cache) {
  try {
    return copy_into(cache, file);
  } catch (const std::exception& e) {
    return Status::internal(file.path.string() + " cannot be copied: " + e.what());
  }
}

Result<Library> Library::load(const PluginFile& file, const fs::path& cache) {
  const auto copy = keep_copy(file, cache);
  if (!copy) return copy.status();
  return map(*copy);
}

Result<Library> Library::map(const fs::path& copy) {
  // Boost has no name for RTLD_NODELETE: with it the copy stays mapped, see the header.
  using Mode = boost::dll::load_mode::type;
  const auto mode = boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local |
                    static_cast<Mode>(RTLD_NODELETE);
  try {
    const boost::dll::shared_library mapped(boost::dll::fs::path(copy.string()), mode);
    if (!mapped.has(GARDU_MANIFEST_SYMBOL) || !mapped.has(GARDU_CREATE_SYMBOL))
      return Status::invalid(copy.string() + " does not export " GARDU_MANIFEST_SYMBOL
                                             " and " GARDU_CREATE_SYMBOL
                                             "; build it with gardu_add_plugin and GARDU_PLUGIN");
    return Library(
        &mapped.get<int32_t(const gardu_host*, gardu_plugin*, gardu_error*)>(GARDU_CREATE_SYMBOL));
  } catch (const std::exception& e) {
    return Status::invalid(copy.string() + " cannot be loaded: " + reason(e) +
                           "; rebuild the plugin, or install the library that it needs");
  }
}

}  // namespace gardu::host
