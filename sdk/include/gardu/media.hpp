// SPDX-License-Identifier: Apache-2.0
//
// The media store, in C++; see abi/ext/media.h.
#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "abi/ext/media.h"
#include "detail/callbacks.hpp"

namespace gardu {

// What is known of a file, owned.
struct MediaInfo {
  std::string workspace_id, /* whose it is */
      id,                   /* given by the host */
      mime_type,            /* e.g. "image/jpeg" */
      file_name,            /* as the sender named it, or empty */
      sha256;               /* hex */
  // Its size.
  uint64_t bytes = 0;
};

// A file that is being written; thrown away unless it was kept.
class MediaWriter {
 public:
  // For the layer: takes over an open handle. The host must outlive it.
  MediaWriter(void* context, const gardu_host_media& table, uint64_t handle) noexcept
      : context_(context), table_(&table), handle_(handle) {}
  // Takes over; `o` has nothing to write to any more.
  MediaWriter(MediaWriter&& o) noexcept
      : context_(o.context_), table_(o.table_), handle_(std::exchange(o.handle_, 0)) {}
  MediaWriter& operator=(MediaWriter&&) = delete;
  // Throws away what was not kept.
  ~MediaWriter() {
    char id[40];
    if (handle_ != 0) table_->finish(context_, handle_, 0, id, nullptr);
  }
  // Blocks; throws Failure: GARDU_INVALID when the file becomes too large. One thread at a time.
  void append(std::string_view bytes) const {
    gardu_error error = Status::record();
    detail::check(table_->append(context_, handle_, str(bytes), &error), error);
  }
  // Stores it; its id.
  std::string keep() {
    char id[40] = {};
    gardu_error error = Status::record();
    detail::check(table_->finish(context_, std::exchange(handle_, 0), 1, id, &error), error);
    return id;
  }

 private:
  void* context_;
  const gardu_host_media* table_;
  uint64_t handle_;
};

// [any-thread & started], a cheap value. Everything blocks and throws Failure.
class Media {
 public:
  // Throws Failure with GARDU_UNSUPPORTED where there is no gardu.media/1. The host must outlive
  // it.
  explicit Media(const gardu_host& host)
      : context_(host.context),
        table_(
            detail::need(detail::find<gardu_host_media>(host, GARDU_EXT_MEDIA), GARDU_EXT_MEDIA)) {}

  // Begins a file, to be written in pieces.
  MediaWriter open(std::string_view workspace_id, std::string_view mime_type,
                   std::string_view file_name = {}) const {
    gardu_media_info info{};
    info.size = sizeof info;
    info.workspace_id = str(workspace_id);
    info.mime_type = str(mime_type);
    info.file_name = str(file_name);
    uint64_t handle = 0;
    gardu_error error = Status::record();
    detail::check(table_.open(context_, &info, &handle, &error), error);
    return {context_, table_, handle};
  }
  // Stores a file that is whole in memory; its id.
  std::string store(std::string_view workspace_id, std::string_view mime_type,
                    std::string_view bytes, std::string_view file_name = {}) const {
    MediaWriter writer = open(workspace_id, mime_type, file_name);
    writer.append(bytes);
    return writer.keep();
  }
  // Nothing: not in this workspace.
  std::optional<MediaInfo> stat(std::string_view workspace_id, std::string_view media_id) const {
    std::optional<MediaInfo> out;
    gardu_error error = Status::record();
    const int32_t code = table_.stat(
        context_, str(workspace_id), str(media_id),
        [](void* user, const gardu_media_info* i) noexcept {
          *static_cast<std::optional<MediaInfo>*>(user) =
              MediaInfo{std::string(view(i->workspace_id)), std::string(view(i->id)),
                        std::string(view(i->mime_type)),    std::string(view(i->file_name)),
                        std::string(view(i->sha256)),       i->bytes};
        },
        &out, &error);
    if (code != GARDU_NOT_FOUND) detail::check(code, error);
    return out;
  }
  // How many bytes were read into the buffer; 0: the end.
  size_t read(std::string_view workspace_id, std::string_view media_id, uint64_t offset,
              std::span<char> buffer) const {
    uint64_t count = 0;
    gardu_error error = Status::record();
    detail::check(table_.read(context_, str(workspace_id), str(media_id), offset, buffer.data(),
                              buffer.size(), &count, &error),
                  error);
    return static_cast<size_t>(count);
  }

 private:
  void* context_;
  const gardu_host_media& table_;
};

}  // namespace gardu
