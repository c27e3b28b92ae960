// SPDX-License-Identifier: Apache-2.0
// Files that are old, and whether a message names them.
#include "session.hpp"
#include "storage/retention.hpp"

namespace gardu::storage::retention {

std::vector<Media> old_media(Session& s, const std::string& workspace_id,
                             const std::string& after_id, std::int64_t before, int limit) {
  std::vector<Media> out;
  each(
      s,
      "select id, sha256, size, path, created_at from media where workspace_id = :a and id > :b "
      "and created_at < :c order by id limit :d",
      "ssisi",
      [&](Row& r) {
        Media m;
        m.workspace_id = workspace_id;
        m.id = r.text();
        m.sha256 = r.text();
        m.size = r.integer();
        m.path = r.text();
        m.created_at = r.integer();
        out.push_back(std::move(m));
      },
      workspace_id, after_id, before, limit);
  return out;
}

std::vector<Content> contents(Session& s, const std::string& workspace_id, std::int64_t after_n,
                              int limit) {
  std::vector<Content> out;
  each(
      s,
      "select +n, created_at, content from messages where n > :a and workspace_id = :b and "
      "content is not null order by n limit :c",
      "iis",
      [&](Row& r) {
        Content c;
        c.n = r.integer();
        c.created_at = r.integer();
        c.content = r.text();
        out.push_back(std::move(c));
      },
      after_n, workspace_id, limit);
  return out;
}

Removed delete_media(Transaction& tx, const Media& m, std::int64_t before) {
  Removed out;
  out.row = run(tx, "delete from media where workspace_id = :a and id = :b and created_at < :c",
                m.workspace_id, m.id, before) > 0;
  out.file = out.row && number(tx,
                               "select count(*) from media where workspace_id = :a and "
                               "sha256 = :b and path = :c",
                               0, m.workspace_id, m.sha256, m.path) == 0;
  return out;
}

}  // namespace gardu::storage::retention
