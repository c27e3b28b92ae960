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

std::vector<AuditEntry> list(Session& s, const std::string& workspace_id,
                             const std::optional<std::pair<std::int64_t, std::string>>& after,
                             int limit) {
  std::string sql =
      "select id, workspace_id, actor, action, object, before_state, after_state, ip, at "
      "from audit where workspace_id = :workspace";
  if (after) sql += " and at <= :at1 and (at < :at2 or id < :id)";
  sql += " order by at desc, id desc limit :most";
  std::vector<AuditEntry> out;
  s.impl().guard([&] {
    Statement& st = s.impl().statement(sql, "ssssssssi");
    st.bind(workspace_id);
    if (after) st.bind(after->first).bind(after->first).bind(after->second);
    st.bind(limit);
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
  });
  return out;
}

}  // namespace gardu::storage::audit
