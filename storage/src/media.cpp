// SPDX-License-Identifier: Apache-2.0
#include "storage/media.hpp"

#include "session.hpp"

namespace gardu::storage::media {
namespace {

const std::string kSelectMedia =
    "select id, workspace_id, sha256, mime_type, size, file_name, path, state, created_at "
    "from media where ";
constexpr std::string_view kMediaColumns = "ssssisssi";

Media media_of(Row& r) {
  Media m;
  m.id = r.text();
  m.workspace_id = r.text();
  m.sha256 = r.text();
  m.mime_type = r.text();
  m.size = r.integer();
  m.file_name = r.text();
  m.path = r.text();
  m.state = r.text();
  m.created_at = r.integer();
  return m;
}

}  // namespace

void insert(Transaction& tx, const Media& m) {
  run(tx,
      "insert into media (id, workspace_id, sha256, mime_type, size, file_name, path, state, "
      "created_at) values (:a, :b, :c, :d, :e, :f, :g, :h, :i)",
      m.id, m.workspace_id, m.sha256, m.mime_type, m.size, m.file_name, m.path, m.state,
      m.created_at);
}

std::optional<Media> get(Session& s, const std::string& workspace_id, const std::string& id) {
  std::optional<Media> out;
  each(
      s, kSelectMedia + "workspace_id = :a and id = :b", kMediaColumns,
      [&](Row& r) { out = media_of(r); }, workspace_id, id);
  return out;
}

std::optional<Media> find_by_hash(Session& s, const std::string& workspace_id,
                                  const std::string& sha256) {
  std::optional<Media> out;
  each(
      s, kSelectMedia + "workspace_id = :a and sha256 = :b order by created_at, id limit 1",
      kMediaColumns, [&](Row& r) { out = media_of(r); }, workspace_id, sha256);
  return out;
}

void refresh(Transaction& tx, const std::string& workspace_id, const std::string& sha256,
             std::int64_t now) {
  constexpr std::int64_t kFresh = 3600 * 1000;  // nothing is deleted that young
  const std::int64_t age =
      now - number(tx, "select min(created_at) from media where workspace_id = :a and sha256 = :b",
                   now, workspace_id, sha256);
  if (age < kFresh) return;
  run(tx, "update media set created_at = created_at + :a where workspace_id = :b and sha256 = :c",
      age, workspace_id, sha256);
}

bool set_state(Transaction& tx, const std::string& workspace_id, const std::string& id,
               const std::string& state) {
  return run(tx, "update media set state = :a where workspace_id = :b and id = :c", state,
             workspace_id, id) > 0;
}

bool remove(Transaction& tx, const std::string& workspace_id, const std::string& id) {
  return run(tx, "delete from media where workspace_id = :a and id = :b", workspace_id, id) > 0;
}

}  // namespace gardu::storage::media
