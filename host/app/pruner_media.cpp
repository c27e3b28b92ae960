// SPDX-License-Identifier: Apache-2.0
// The files of a workspace that are old and that no message names any more.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "app/pruner.hpp"
#include "base/uuid.hpp"

namespace gardu::host {
namespace {

namespace retention = storage::retention;

constexpr int kAtOnce = 20'000;  // files, for one look through the messages
constexpr int kLooks = 3;        // at most, when messages are deleted meanwhile
constexpr std::int64_t kFreshS = 3600;
constexpr std::size_t kId = 36;

// Whatever in a content looks like an id of these is taken for a mention of it.
void spare_named(std::string_view content, Pruner::ById& media) {
  for (std::size_t i = 0; i + kId <= content.size(); ++i)
    if (content[i + 8] == '-' && content[i + 13] == '-' && content[i + 23] == '-')
      if (const auto it = media.find(content.substr(i, kId)); it != media.end()) media.erase(it);
}

}  // namespace

void Pruner::prune_media(PruneReport::One& one, std::int64_t before, bool only_count) {
  std::string after;
  for (bool more = true; more;) {
    const auto page = database_.query([&](storage::Session& s) {
      return retention::old_media(s, one.workspace_id, after, before, kAtOnce);
    });
    more = page.size() == static_cast<std::size_t>(kAtOnce);
    ById unnamed;
    for (const auto& m : page) unnamed.emplace(after = m.id, m);
    bool done = false;
    for (int looks = 0; looks < kLooks && !done; ++looks) {
      Looked seen;
      done = look_through(one, before, only_count, seen, unnamed) &&
             (only_count || delete_media(one, before, seen, unnamed));
    }
    if (!done) log_.warn("{}: files are left to the next run, messages go meanwhile", one.slug);
    if (!only_count) continue;
    one.files += static_cast<std::int64_t>(unnamed.size());
    for (const auto& [id, m] : unnamed) one.bytes += m.size;
  }
}

// Takes out what messages after `seen` name, a window at a time, so that no read is long. False:
// to be begun anew.
bool Pruner::look_through(const PruneReport::One& one, std::int64_t before, bool only_count,
                          Looked& seen, ById& media) {
  for (bool more = true; more && !media.empty();) {
    if (!only_count) go_on();
    // What is only counted is looked at before the messages are deleted: as if they were.
    const auto page = database_.query([&](storage::Session& s) {
      return retention::contents(s, one.workspace_id, seen, options_.window,
                                 only_count ? std::optional(before) : std::nullopt);
    });
    if (!page) return false;
    for (const auto& text : page->texts) spare_named(text, media);
    seen = page->last;
    more = !page->end;
  }
  return true;
}

// Each batch with a look at the messages that came since the last one; the writer does that for a
// window of them at most, of which all are over before the batch. False: to be looked through anew.
bool Pruner::delete_media(PruneReport::One& one, std::int64_t before, Looked& seen, ById& media) {
  while (!media.empty()) {
    if (!look_through(one, before, false, seen, media)) return false;
    std::vector<std::string> done;  // their ids
    std::vector<storage::Media> gone;
    std::vector<std::string> files;
    std::optional<retention::Contents> page;
    const auto rows = std::min(media.size(), static_cast<std::size_t>(rows_));
    if (rows == 0) break;
    one.files += batch(static_cast<int>(rows), [&](storage::Transaction& tx) {
      done.clear();
      gone.clear();
      files.clear();
      page = retention::contents(tx, one.workspace_id, seen, options_.window);
      if (!page) return std::int64_t{0};
      for (const auto& text : page->texts) spare_named(text, media);
      if (!page->end) return std::int64_t{0};
      for (auto it = media.begin(); it != media.end() && done.size() < rows; ++it) {
        done.push_back(it->first);
        const auto removed = retention::delete_media(tx, it->second, before);
        if (removed.row) gone.push_back(it->second);
        if (removed.file) files.push_back(it->second.path);
      }
      return static_cast<std::int64_t>(gone.size());
    });
    for (const auto& m : gone) one.bytes += m.size;
    for (const auto& path : files) delete_file(path);
    if (!page) return false;
    seen = page->last;  // not before the commit: until then there may be other messages
    for (const auto& id : done) media.erase(id);
  }
  return true;
}

// Somebody may be storing the same bytes again right now: their file, which is new, goes back to
// its place.
void Pruner::delete_file(const std::string& path) const {
  const auto file = options_.media / path;
  const auto aside = file.parent_path().parent_path() / ("part-" + uuid_v7());
  if (::rename(file.c_str(), aside.c_str()) != 0) {
    if (errno != ENOENT) log_.warn("{} could not be deleted: error {}", path, errno);
    return;
  }
  struct stat found {};
  const bool fresh =
      ::stat(aside.c_str(), &found) == 0 && found.st_mtim.tv_sec > options_.now() / 1000 - kFreshS;
  if (fresh && ::link(aside.c_str(), file.c_str()) != 0 && errno != EEXIST)
    log_.error("{} could not be put back: error {}", path, errno);
  ::unlink(aside.c_str());
}

}  // namespace gardu::host
