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

struct MediaInfo {
  std::string workspace_id, id, mime_type, file_name, sha256;
  uint64_t bytes = 0;
};

// A file that is being written; thrown away unless it was kept.
class MediaWriter {
 public:
  MediaWriter(void* context, const gardu_host_media& table, uint64_t handle) noexcept
      : context_(context), table_(&table), handle_(handle) {}
  MediaWriter(MediaWriter&& o) noexcept
      : context_(o.context_), table_(o.table_), handle_(std::exchange(o.handle_, 0)) {}
  MediaWriter& operator=(MediaWriter&&) = delete;
  ~MediaWriter() {
    char id[40];
    if (handle_ != 0) table_->finish(context_, handle_, 0, id, nullptr);
  }
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
  explicit Media(const gardu_host& host)
      : context_(host.context),
        table_(
            detail::need(detail::find<gardu_host_media>(host, GARDU_EXT_MEDIA), GARDU_EXT_MEDIA)) {}

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
