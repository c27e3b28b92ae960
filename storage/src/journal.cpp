// SPDX-License-Identifier: Apache-2.0
#include "storage/journal.hpp"

#include "session.hpp"

namespace gardu::storage::journal {
namespace {

const std::string kSelect =
    "select +seq, id, type, workspace_id, account_id, contact_id, message_id, occurred_at, "
    "recorded_at, source, data, origin_socket from journal where ";
constexpr std::string_view kColumns = "issssssiisss";

JournalEntry entry_of(Row& r) {
  JournalEntry e;
  e.seq = r.integer();
  e.id = r.text();
  e.type = r.text();
  e.workspace_id = r.text();
  e.account_id = r.maybe_text();
  e.contact_id = r.maybe_text();
  e.message_id = r.maybe_text();
  e.occurred_at = r.integer();
  e.recorded_at = r.integer();
  e.source = r.text();
  e.data = r.text();
  e.origin_socket = r.maybe_text().value_or("");
  return e;
}

}  // namespace

std::vector<JournalEntry> read(Session& s, const JournalQuery& q) {
  std::string sql = kSelect + "seq > :after";
  if (q.workspace_id) sql += " and workspace_id = :workspace";
  if (q.contact_id) sql += " and contact_id = :contact";
  if (q.account_id) sql += " and account_id = :account";
  for (std::size_t i = 0; i < q.types.size(); ++i)
    sql += (i > 0           ? ", :t"
            : q.other_types ? " and type not in (:t"
                            : " and type in (:t") +
           std::to_string(i);
  if (!q.types.empty()) sql += ")";
  sql += " order by seq limit :most";
  std::vector<JournalEntry> out;
  s.impl().guard([&] {
    Statement& st = s.impl().statement(sql, kColumns);
    st.bind(q.after_seq);
    if (q.workspace_id) st.bind(*q.workspace_id);
    if (q.contact_id) st.bind(*q.contact_id);
    if (q.account_id) st.bind(*q.account_id);
    for (const std::string& type : q.types) st.bind(type);
    st.bind(q.limit);
    st.each([&](Row& r) { out.push_back(entry_of(r)); });
  });
  return out;
}

std::int64_t newest(Session& s) {
  return number(s, "select value from counters where name = 'journal'", 0);
}

std::int64_t oldest(Session& s) { return number(s, "select min(seq) from journal", 0); }

std::optional<JournalEntry> get(Session& s, const std::string& workspace_id,
                                const std::string& id) {
  std::optional<JournalEntry> out;
  each(
      s, kSelect + "workspace_id = :a and id = :b", kColumns, [&](Row& r) { out = entry_of(r); },
      workspace_id, id);
  return out;
}

std::optional<JournalEntry> at(Session& s, std::int64_t seq) {
  std::optional<JournalEntry> out;
  each(
      s, kSelect + "seq = :a", kColumns, [&](Row& r) { out = entry_of(r); }, seq);
  return out;
}

std::vector<JournalEntry> of_message(Session& s, const std::string& workspace_id,
                                     const std::string& message_id) {
  std::vector<JournalEntry> out;
  each(
      s, kSelect + "workspace_id = :a and message_id = :b order by seq", kColumns,
      [&](Row& r) { out.push_back(entry_of(r)); }, workspace_id, message_id);
  return out;
}

}  // namespace gardu::storage::journal
