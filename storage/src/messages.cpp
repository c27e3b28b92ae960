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

// The order of a list: (created_at, id), newest first, or upwards for the ones right after a place.
// A search of all messages goes by the order in which they were stored, which is what a full text
// index has.
struct Order {
  bool search = false, upwards = false;
  const char* direction() const { return upwards ? "" : " desc"; }
};

// A page goes on at a place of the order: behind it among those of the same moment first, then with
// all beyond. As one condition the two would keep an index from beginning right there.
enum class Part { all, same_moment, beyond };

// A query with its places and times made one range each part begins in.
struct Range {
  std::optional<std::int64_t> from, until;  // created_at; until is outside
};

Range range_of(const MessageQuery& q, Order order, Part part, const MessagePlace* place) {
  Range r{q.since, q.until};
  const auto at_least = [&](std::int64_t at) { r.from = std::max(r.from.value_or(at), at); };
  if (q.before && q.after) at_least(q.after->first);
  if (order.search || part != Part::beyond) return r;
  if (order.upwards) {
    at_least(place->first + 1);
  } else {
    r.until = std::min(r.until.value_or(place->first), place->first);
  }
  return r;
}

// One condition finds the index; the others narrow what it finds.
std::string list_sql(const MessageQuery& q, const Dialect& dialect, Order order, Part part,
                     const Range& range) {
  std::string sql =
      kMessageSelection + "from " +
      (order.search ? std::string(dialect.search_from()) + dialect.search_condition() + " and " +
                          dialect.narrowing("workspace_id")
                    : "messages where workspace_id") +
      " = :workspace";
  bool found = order.search;  // what the others narrow
  const auto equals = [&](const auto& value, const char* name) {
    if (!value) return;
    sql += " and " + (found ? dialect.narrowing(name) : name) + " = :" + name;
    found = true;
  };
  equals(q.contact_id, "contact_id");
  equals(q.status, "status");
  equals(q.account_id, "account_id");
  equals(q.type, "type");
  equals(q.direction, "direction");
  const char* beyond = order.upwards ? " > " : " < ";
  if (part == Part::same_moment) {
    sql += std::string(" and created_at = :at and id") + beyond + ":id";
  } else {
    if (range.from) sql += " and created_at >= :since";
    if (range.until) sql += " and created_at < :until";
  }
  if (q.before && q.after) sql += " and (created_at > :n1 or id > :n2)";
  if (order.search) {
    if (part != Part::all) sql += std::string(" and ") + dialect.search_order() + beyond + ":n";
    return sql + " order by " + dialect.search_order() + order.direction() + " limit :most";
  }
  if (q.q) sql += std::string(" and ") + dialect.text_condition();
  return sql + " order by created_at" + order.direction() + ", id" + order.direction() +
         " limit :most";
}

// Where a search goes on behind a place: at that message, or at the newest one there is before it
// when it is gone.
std::int64_t stored_at(Session& s, const std::string& workspace_id, const MessagePlace& place) {
  const std::int64_t n = number(s, "select n from messages where workspace_id = :a and id = :b", 0,
                                workspace_id, place.second);
  if (n != 0) return n;
  return 1 + number(s,
                    "select n from messages where workspace_id = :a and created_at <= :b "
                    "order by created_at desc, id desc limit 1",
                    -1, workspace_id, place.first);
}

void list_part(Session& s, const MessageQuery& q, Order order, Part part,
               std::vector<Message>& out) {
  const int room = q.limit - static_cast<int>(out.size());
  const Dialect& dialect = s.impl().dialect();
  const MessagePlace* place = q.before ? &*q.before : q.after ? &*q.after : nullptr;
  const Range range = range_of(q, order, part, place);
  const bool same = part == Part::same_moment;
  if (room <= 0 || (same && place->first < range.from.value_or(place->first)) ||
      (same && range.until && place->first >= *range.until))
    return;
  const std::int64_t n =
      order.search && part != Part::all ? stored_at(s, q.workspace_id, *place) : 0;
  Statement& st = s.impl().statement(list_sql(q, dialect, order, part, range), kMessageColumns);
  if (order.search) st.bind(dialect.text_query(*q.q));
  st.bind(q.workspace_id);
  for (const auto* text : {&q.contact_id, &q.status, &q.account_id, &q.type, &q.direction})
    if (*text) st.bind(**text);
  if (same) {
    st.bind(place->first).bind(place->second);
  } else {
    if (range.from) st.bind(*range.from);
    if (range.until) st.bind(*range.until);
  }
  if (q.before && q.after) st.bind(q.after->first).bind(q.after->second);
  if (order.search && part != Part::all) st.bind(n);
  if (q.q && !order.search) st.bind(dialect.text_query(*q.q));
  st.bind(room);
  st.each([&](Row& r) { out.push_back(message_of(r)); });
}

}  // namespace

std::vector<Message> list(Session& s, const MessageQuery& q) {
  // The ones right after a place are read upwards and turned around.
  const Order order{q.q && !q.contact_id, q.after && !q.before};
  const bool first = !q.before && !q.after;
  std::vector<Message> out;
  s.impl().guard([&] {
    if (order.search) return list_part(s, q, order, first ? Part::all : Part::beyond, out);
    list_part(s, q, order, first ? Part::all : Part::same_moment, out);
    if (!first) list_part(s, q, order, Part::beyond, out);
  });
  if (order.upwards) std::reverse(out.begin(), out.end());
  return out;
}

std::optional<MessagePlace> place_of(Session& s, const std::string& workspace_id,
                                     const std::string& id) {
  std::optional<MessagePlace> out;
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
