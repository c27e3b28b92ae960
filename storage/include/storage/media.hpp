// SPDX-License-Identifier: Apache-2.0
//
// The files of workspaces: what is known of them; their bytes are on the disk.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "storage/writer.hpp"

namespace gardu::storage {

struct Media {
  std::string id, workspace_id;
  std::string sha256;  // hex
  std::string mime_type;
  std::int64_t size = 0;
  std::string file_name;  // as the sender named it; empty: unknown
  std::string path;
  std::string state;  // at most 10 characters
  std::int64_t created_at = 0;
};

namespace media {

void insert(Transaction& tx, const Media& m);
std::optional<Media> get(Session& s, const std::string& workspace_id, const std::string& id);
// The oldest of that content.
std::optional<Media> find_by_hash(Session& s, const std::string& workspace_id,
                                  const std::string& sha256);
// The content was stored again: its rows count from then on as that new, those apart remaining so.
void refresh(Transaction& tx, const std::string& workspace_id, const std::string& sha256,
             std::int64_t now);
bool set_state(Transaction& tx, const std::string& workspace_id, const std::string& id,
               const std::string& state);
bool remove(Transaction& tx, const std::string& workspace_id, const std::string& id);

}  // namespace media
}  // namespace gardu::storage
