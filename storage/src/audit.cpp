// SPDX-License-Identifier: Apache-2.0
#include "storage/audit.hpp"

#include "session.hpp"

namespace gardu::storage::audit {

void append(Transaction& tx, const AuditEntry& e) {
  run(tx,
      "insert into audit (id, workspace_id, actor, action, object, before_state, after_state, ip, "
      "at) values (:a, :b, :c, :d, :e, :f, :g, :h, :i)",
      e.id, e.workspace_id, e.actor, e.action, e.object, e.before, e.after, e.ip, e.at);
}

namespace {

// A page goes on behind a place: among those of the same moment first, then with all that are
// older. As one condition the two would keep the index from beginning right there.
void list_part(Session& s, const std::string& workspace_id, const std::string& condition,
               const std::optional<std::pair<std::int64_t, std::string>>& after, bool same_moment,
               int limit, std::vector<AuditEntry>& out) {
  Statement& st = s.impl().statement(
      "select id, workspace_id, actor, action, object, before_state, after_state, ip, at "
      "from audit where workspace_id = :workspace" +
          condition + " order by at desc, id desc limit :most",
      "ssssssssi");
  st.bind(workspace_id);
  if (after) st.bind(after->first);
  if (same_moment) st.bind(after->second);
  st.bind(limit - static_cast<int>(out.size()));
  st.each([&](Row& r) {
    AuditEntry e;
    e.id = r.text();
    e.workspace_id = r.text();
    e.actor = r.text();
    e.action = r.text();
    e.object = r.text();
    e.before = r.maybe_text();
    e.after = r.maybe_text();
    e.ip = r.maybe_text();
    e.at = r.integer();
    out.push_back(std::move(e));
  });
}

}  // namespace

std::vector<AuditEntry> list(Session& s, const std::string& workspace_id,
                             const std::optional<std::pair<std::int64_t, std::string>>& after,
                             int limit) {
  std::vector<AuditEntry> out;
  s.impl().guard([&] {
    if (!after) return list_part(s, workspace_id, "", after, false, limit, out);
    list_part(s, workspace_id, " and at = :at and id < :id", after, true, limit, out);
    if (static_cast<int>(out.size()) < limit)
      list_part(s, workspace_id, " and at < :at", after, false, limit, out);
  });
  return out;
}

}  // namespace gardu::storage::audit
