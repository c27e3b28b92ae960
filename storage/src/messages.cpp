// SPDX-License-Identifier: Apache-2.0
#include "storage/messages.hpp"

#include <algorithm>

#include "message_row.hpp"

namespace gardu::storage::messages {

namespace {

// For an engine whose full text is a table of its own.
void index_text(Transaction& tx) {
  const Dialect& dialect = tx.impl().dialect();
  const char* const body_of_new = dialect.body_of_new_message();
  if (body_of_new == nullptr) return;
  std::int64_t n = 0;
  std::string body;
  each(tx, body_of_new, "is", [&](Row& r) {
    n = r.integer();
    body = r.text();
  });
  if (!body.empty()) run(tx, dialect.index_body(), n, body);
}

}  // namespace

void insert(Transaction& tx, const Message& m) {
  run(tx,
      "insert into messages (id, workspace_id, account_id, contact_id, client_ref, "
      "provider_message_id, raw_id, direction, chat_type, type, sender, text, content, "
      "reply_to_message_id, reply_to_provider_id, forwarded, status, priority, error, sent_by, "
      "metadata, created_at, sent_at, delivered_at, read_at, played_at, failed_at, edited_at, "
      "deleted_at, occurred_at) values (:a1, :a2, :a3, :a4, :a5, :a6, :a7, :a8, :a9, :b1, :b2, "
      ":b3, :b4, :b5, "
      ":b6, :b7, :b8, :b9, :c1, :c2, :c3, :c4, :c5, :c6, :c7, :c8, :c9, :d1, :d2, :d3)",
      m.id, m.workspace_id, m.account_id, m.contact_id, m.client_ref, m.provider_message_id,
      m.raw_id, m.direction, m.chat_type, m.type, m.sender, m.text, m.content,
      m.reply_to_message_id, m.reply_to_provider_id, m.forwarded, m.status, m.priority, m.error,
      m.sent_by, m.metadata, m.created_at, m.sent_at, m.delivered_at, m.read_at, m.played_at,
      m.failed_at, m.edited_at, m.deleted_at, m.occurred_at);
  index_text(tx);
}

bool known(Session& s, const std::string& account_id, const std::string& provider_message_id) {
  return number(s, "select 1 from messages where account_id = :a and provider_message_id = :b", 0,
                account_id, provider_message_id) != 0;
}

std::optional<Message> get(Session& s, const std::string& workspace_id, const std::string& id) {
  return one_message(s, "workspace_id = :a and id = :b", workspace_id, id);
}

std::optional<Message> of_account(Session& s, const std::string& account_id,
                                  const std::string& id) {
  return one_message(s, "account_id = :a and id = :b", account_id, id);
}

std::optional<Message> find(Session& s, const std::string& account_id,
                            const std::string& provider_id) {
  if (auto m =
          one_message(s, "account_id = :a and provider_message_id = :b", account_id, provider_id))
    return m;
  return one_message(s, "account_id = :a and raw_id = :b", account_id, provider_id);
}

namespace {

std::string list_sql(const MessageQuery& q, const Dialect& dialect, bool upwards) {
  std::string sql = kSelectMessage + "workspace_id = :workspace";
  if (q.account_id) sql += " and account_id = :account";
  if (q.contact_id) sql += " and contact_id = :contact";
  if (q.direction) sql += " and direction = :direction";
  if (q.type) sql += " and type = :type";
  if (q.status) sql += " and status = :status";
  if (q.since) sql += " and created_at >= :since";
  if (q.until) sql += " and created_at < :until";
  if (q.q) sql += std::string(" and ") + dialect.text_condition();
  // The first condition is what an index can start from.
  if (q.before) sql += " and created_at <= :b1 and (created_at < :b2 or id < :b3)";
  if (q.after) sql += " and created_at >= :n1 and (created_at > :n2 or id > :n3)";
  sql += upwards ? " order by created_at, id limit :most"
                 : " order by created_at desc, id desc limit :most";
  return sql;
}

}  // namespace

std::vector<Message> list(Session& s, const MessageQuery& q) {
  // The ones right after a place are read upwards and turned around.
  const bool upwards = q.after && !q.before;
  const Dialect& dialect = s.impl().dialect();
  std::vector<Message> out;
  s.impl().guard([&] {
    Statement& st = s.impl().statement(list_sql(q, dialect, upwards), kMessageColumns);
    st.bind(q.workspace_id);
    for (const auto* text : {&q.account_id, &q.contact_id, &q.direction, &q.type, &q.status})
      if (*text) st.bind(**text);
    if (q.since) st.bind(*q.since);
    if (q.until) st.bind(*q.until);
    if (q.q) st.bind(dialect.text_query(*q.q));
    for (const auto* place : {&q.before, &q.after})
      if (*place) st.bind((*place)->first).bind((*place)->first).bind((*place)->second);
    st.bind(q.limit);
    st.each([&](Row& r) { out.push_back(message_of(r)); });
  });
  if (upwards) std::reverse(out.begin(), out.end());
  return out;
}

std::optional<std::pair<std::int64_t, std::string>> place_of(Session& s,
                                                             const std::string& workspace_id,
                                                             const std::string& id) {
  std::optional<std::pair<std::int64_t, std::string>> out;
  each(
      s, "select created_at from messages where workspace_id = :a and id = :b", "i",
      [&](Row& r) { out.emplace(r.integer(), id); }, workspace_id, id);
  return out;
}

void set_provider_id(Transaction& tx, const Message& m, const std::string& provider_message_id,
                     const std::optional<std::string>& raw_id) {
  run(tx,
      "update messages set provider_message_id = :a, raw_id = coalesce(:b, raw_id) "
      "where workspace_id = :c and id = :d",
      provider_message_id, raw_id, m.workspace_id, m.id);
}

void set_provider_id(Transaction& tx, const std::string& id, const std::string& provider_message_id,
                     const std::optional<std::string>& raw_id) {
  run(tx,
      "update messages set provider_message_id = :a, raw_id = coalesce(:b, raw_id) where id = :c",
      provider_message_id, raw_id, id);
}

void set_edited(Transaction& tx, const Message& m, const std::string& text, std::int64_t at) {
  run(tx, "update messages set text = :a, edited_at = :b where workspace_id = :c and id = :d", text,
      at, m.workspace_id, m.id);
}

void set_deleted(Transaction& tx, const Message& m, std::int64_t at) {
  run(tx, "update messages set deleted_at = :a where workspace_id = :b and id = :c", at,
      m.workspace_id, m.id);
}

void set_metadata(Transaction& tx, const Message& m, const std::string& metadata) {
  run(tx, "update messages set metadata = :a where workspace_id = :b and id = :c", metadata,
      m.workspace_id, m.id);
}

void set_content(Transaction& tx, const Message& m, const std::string& content) {
  run(tx, "update messages set content = :a where workspace_id = :b and id = :c", content,
      m.workspace_id, m.id);
}

}  // namespace gardu::storage::messages
