// SPDX-License-Identifier: Apache-2.0
// Files on the disk that no row names: what a host that was killed, a failed write or a workspace
// that is gone left behind. <media>/<workspace>/<ab>/<sha256>; whatever looks otherwise is left
// alone. Holds no writer.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "app/pruner.hpp"

namespace gardu::host {
namespace {

namespace fs = std::filesystem;
namespace retention = storage::retention;

constexpr std::size_t kNames = 500;            // at once
constexpr std::int64_t kLeftForS = 24 * 3600;  // a row may follow yet
constexpr std::size_t kHash = 64;

bool is_hex(const std::string& name, std::size_t size) {
  return name.size() == size && name.find_first_not_of("0123456789abcdef") == std::string::npos;
}

bool is_folder(const fs::directory_entry& entry) {
  std::error_code ignored;
  return entry.is_directory(ignored) && !entry.is_symlink(ignored);
}

// Those of a folder, in order, that were written before then (s).
std::vector<std::string> old_files(const fs::directory_entry& folder, std::int64_t before) {
  std::vector<std::string> out;
  const std::string part = folder.path().filename().string();
  if (!is_hex(part, 2) || !is_folder(folder)) return out;
  for (const auto& file : fs::directory_iterator(folder.path())) {
    std::string name = file.path().filename().string();
    struct stat found {};
    if (is_hex(name, kHash) && name.starts_with(part) &&
        ::lstat(file.path().c_str(), &found) == 0 && S_ISREG(found.st_mode) &&
        found.st_mtim.tv_sec < before)
      out.push_back(std::move(name));
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

std::int64_t Pruner::sweep() {
  std::int64_t out = 0;
  try {
    std::error_code none;  // nothing was ever stored
    for (const auto& workspace : fs::directory_iterator(options_.media, none))
      if (is_folder(workspace)) out += sweep_workspace(workspace.path());
  } catch (const fs::filesystem_error& e) {
    log_.warn("files that no row names could not be looked for: {}", e.code().message());
  }
  return out;
}

std::int64_t Pruner::sweep_workspace(const fs::path& folder) {
  std::int64_t out = 0;
  const std::string id = folder.filename().string();
  const bool known = database_.query(
      [&](storage::Session& s) { return storage::workspaces::get(s, id).has_value(); });
  std::vector<fs::path> parts;
  for (const auto& part : fs::directory_iterator(folder)) {
    const auto names = old_files(part, options_.now() / 1000 - kLeftForS);
    for (std::size_t begin = 0; begin < names.size(); begin += kNames) {
      go_on();
      const auto end = std::min(names.size(), begin + kNames);
      out += sweep_files(id, {names.begin() + static_cast<std::ptrdiff_t>(begin),
                              names.begin() + static_cast<std::ptrdiff_t>(end)});
    }
    parts.push_back(part.path());
  }
  if (known) return out;
  for (const auto& part : parts) ::rmdir(part.c_str());  // those that are empty
  ::rmdir(folder.c_str());
  return out;
}

std::int64_t Pruner::sweep_files(const std::string& workspace,
                                 const std::vector<std::string>& names) {
  const auto rows = database_.query([&](storage::Session& s) {
    return retention::hashes(s, workspace, names.front(), names.back());
  });
  const std::set<std::string_view> named(rows.begin(), rows.end());
  std::int64_t out = 0;
  for (const auto& name : names) {
    if (named.count(name) != 0) continue;
    // Once more, right before: somebody may have stored it, or the engine may order otherwise.
    const bool kept = database_.query([&](storage::Session& s) {
      return storage::media::find_by_hash(s, workspace, name).has_value();
    });
    if (kept) continue;
    delete_file(workspace + "/" + name.substr(0, 2) + "/" + name);
    ++out;
  }
  return out;
}

}  // namespace gardu::host
