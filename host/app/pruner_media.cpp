// SPDX-License-Identifier: Apache-2.0
// The files of a workspace that are old and that no message names any more.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>

#include "app/pruner.hpp"
#include "base/uuid.hpp"

namespace gardu::host {
namespace {

namespace retention = storage::retention;

constexpr int kAtOnce = 20'000;  // files, for one look through the messages
constexpr int kPage = 500;       // messages
constexpr std::int64_t kFreshS = 3600;
constexpr std::size_t kId = 36;

using ById = std::map<std::string, storage::Media, std::less<>>;

// Whatever in a content looks like an id of these is taken for a mention of it.
void spare_named(std::string_view content, ById& media) {
  for (std::size_t i = 0; i + kId <= content.size(); ++i)
    if (content[i + 8] == '-' && content[i + 13] == '-' && content[i + 23] == '-')
      if (const auto it = media.find(content.substr(i, kId)); it != media.end()) media.erase(it);
}

// Of the messages after `seen`, which then is the last of them.
void spare_named(storage::Session& s, const std::string& workspace, std::int64_t& seen,
                 ById& media) {
  for (bool more = true; more && !media.empty();) {
    const auto page = retention::contents(s, workspace, seen, kPage);
    for (const auto& c : page) {
      spare_named(c.content, media);
      seen = c.n;
    }
    more = page.size() == static_cast<std::size_t>(kPage);
  }
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
    // A page of messages at a time, so that no read is long. What is written meanwhile is looked at
    // when the rows are deleted.
    std::int64_t seen = 0;
    for (std::int64_t last = -1; last != seen && !unnamed.empty();) {
      last = seen;
      database_.read([&](storage::Session& s) {
        for (const auto& c : retention::contents(s, one.workspace_id, seen, kPage)) {
          // Looked at before they are deleted: as if they were.
          if (!only_count || c.created_at >= before) spare_named(c.content, unnamed);
          seen = c.n;
        }
      });
    }
    std::vector<storage::Media> left;
    for (auto& [id, m] : unnamed) left.push_back(std::move(m));
    if (only_count) {
      one.files += static_cast<std::int64_t>(left.size());
      for (const auto& m : left) one.bytes += m.size;
    } else {
      delete_media(one, left, before, seen);
    }
  }
}

void Pruner::delete_media(PruneReport::One& one, const std::vector<storage::Media>& media,
                          std::int64_t before, std::int64_t& seen) {
  for (std::size_t begin = 0; begin < media.size();) {
    const auto end = std::min(media.size(), begin + static_cast<std::size_t>(rows_));
    std::vector<storage::Media> gone;
    std::vector<std::string> files;
    one.files += batch(static_cast<int>(end - begin), [&](storage::Transaction& tx) {
      gone.clear();
      files.clear();
      ById some;
      for (std::size_t i = begin; i < end; ++i) some.emplace(media[i].id, media[i]);
      spare_named(tx, one.workspace_id, seen, some);
      for (const auto& [id, m] : some) {
        const auto removed = retention::delete_media(tx, m, before);
        if (removed.row) gone.push_back(m);
        if (removed.file) files.push_back(m.path);
      }
      return static_cast<std::int64_t>(gone.size());
    });
    for (const auto& m : gone) one.bytes += m.size;
    for (const auto& path : files) delete_file(path);
    begin = end;
  }
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
