// SPDX-License-Identifier: Apache-2.0
// Files that are old, whether a message names them, and whether a row names a file.
#include "retention.hpp"

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

namespace {

// Whatever tempts an engine to go by the workspace would make it read all of its messages: they are
// looked at by their numbers, a window at a time.
const std::string kSelectContents =
    "select content from messages where n > :a and n <= :b and content is not null and "
    "case when workspace_id = :c then 1 else 0 end = 1";

}  // namespace

std::optional<Contents> contents(Session& s, const std::string& workspace_id, const Looked& after,
                                 int window, std::optional<std::int64_t> run_before) {
  if (after.n != 0 && number(s, "select count(*) from messages where n = :a and id = :b", 0,
                             after.n, after.id) == 0)
    return std::nullopt;
  Contents out;
  out.last = after;
  const char* next = "select min(n) from messages where n > :a";
  const std::int64_t first = number(s, next, 0, after.n);
  if (first == 0) {
    out.end = true;
    return out;
  }
  each(
      s, "select +n, id from messages where n >= :a and n <= :b order by n desc limit 1", "is",
      [&](Row& r) {
        out.last.n = r.integer();
        out.last.id = r.text();
      },
      first, first - 1 + window);
  const auto take = [&](Row& r) { out.texts.push_back(r.text()); };
  if (run_before) {
    each(s,
         kSelectContents +
             " and (created_at >= :d or exists (select 1 from outbox where "
             "outbox.message_id = messages.id and " +
             kUnsent + "))",
         "s", take, after.n, out.last.n, workspace_id, *run_before);
  } else {
    each(s, kSelectContents, "s", take, after.n, out.last.n, workspace_id);
  }
  out.end = number(s, next, 0, out.last.n) == 0;
  return out;
}

std::vector<std::string> hashes(Session& s, const std::string& workspace_id,
                                const std::string& first, const std::string& last) {
  std::vector<std::string> out;
  each(
      s,
      "select distinct sha256 from media where workspace_id = :a and sha256 >= :b and "
      "sha256 <= :c",
      "s", [&](Row& r) { out.push_back(r.text()); }, workspace_id, first, last);
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
