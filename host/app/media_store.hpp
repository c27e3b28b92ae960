// SPDX-License-Identifier: Apache-2.0
//
// The files of workspaces, for gardu.media/1: <folder>/<workspace>/<ab>/<sha256>, the same bytes of
// a workspace once. A file is hashed while it is written to a temporary one beside its place, and
// is on the disk before its row is. Any thread; a writer's calls wait for each other, those of
// different writers do not. Everything blocks on the disk. Errors are statuses; the database's own
// troubles are thrown as storage::Error, except by drop_all, which never throws.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <gardu/media.hpp>
#include <gardu/result.hpp>

#include "storage/writer.hpp"

namespace gardu::host {

class MediaStore {
 public:
  // Makes the folder (mode 0700) and removes what an earlier run left half-written there more than
  // a day ago. Throws std::filesystem::filesystem_error when the folder cannot be made.
  // `max_size` in bytes. The database outlives this.
  MediaStore(storage::Database& database, std::filesystem::path folder, std::uint64_t max_size);
  ~MediaStore();  // throws away what is still being written
  MediaStore(const MediaStore&) = delete;
  MediaStore& operator=(const MediaStore&) = delete;

  // Reads workspace_id, mime_type and file_name. GARDU_NOT_FOUND: no such workspace. GARDU_INVALID:
  // malformed. GARDU_FULL: the plugin writes 64 files already. GARDU_RETRY: the disk is full.
  Result<std::uint64_t> open(const std::string& plugin, const MediaInfo& info);
  // GARDU_INVALID: larger than max_size now, so that it cannot be kept any more; or not a handle of
  // this plugin. GARDU_RETRY: the disk is full; none of these bytes were taken.
  Status append(const std::string& plugin, std::uint64_t writer, std::string_view bytes);
  // Runs a work in a transaction: in one that is open already, instead of one of its own.
  using Transact = std::function<void(const storage::Writer::Work&)>;
  // Ends the handle whatever it returns. The id; empty when it was not to be kept. What a workspace
  // has already under this type and name gives the id that it has. Without `transact` it must not
  // be called by who holds the writer's transaction: it would wait for itself.
  Result<std::string> finish(const std::string& plugin, std::uint64_t writer, bool keep,
                             const Transact& transact = {});
  // Throws away what the plugin has not finished.
  void drop_all(const std::string& plugin);

  // GARDU_NOT_FOUND: not in this workspace.
  Result<MediaInfo> stat(std::string_view workspace_id, std::string_view id);
  // At most so many bytes from `offset`; empty: the end.
  Result<std::string> read(std::string_view workspace_id, std::string_view id, std::uint64_t offset,
                           std::uint64_t most);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gardu::host
