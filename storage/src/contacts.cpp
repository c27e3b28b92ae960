// SPDX-License-Identifier: Apache-2.0
#include "storage/contacts.hpp"

#include <algorithm>

#include "session.hpp"

namespace gardu::storage::contacts {
namespace {

// Each behind `prefix`.
std::string columns_of(std::string_view prefix) {
  std::string out;
  for (const char* name :
       {"id", "workspace_id", "account_id", "address", "phone", "name", "profile_picture_url",
        "is_group", "labels", "custom_fields", "last_message_at", "last_message_id", "unread",
        "archived", "blocked", "conversation_status", "assigned_to", "auto_reply", "created_at"})
    out.append(out.empty() ? "" : ", ").append(prefix).append(name);
  return out;
}

const std::string kSelect = "select " + columns_of("") + " from contacts where ";
constexpr std::string_view kColumns = "sssssssissisiiissii";

Contact contact_of(Row& r) {
  Contact c;
  c.id = r.text();
  c.workspace_id = r.text();
  c.account_id = r.text();
  c.address = r.text();
  c.phone = r.maybe_text();
  c.name = r.maybe_text();
  c.profile_picture_url = r.maybe_text();
  c.is_group = r.flag();
  c.labels = r.text();
  c.custom_fields = r.text();
  if (const std::int64_t at = r.integer(); at != 0) c.last_message_at = at;
  c.last_message_id = r.maybe_text();
  c.unread = r.integer();
  c.archived = r.flag();
  c.blocked = r.flag();
  c.conversation_status = r.text();
  c.assigned_to = r.maybe_text();
  c.auto_reply = r.flag();
  c.created_at = r.integer();
  return c;
}

bool has(const Contact& c, const ContactIdentity& id) {
  return std::any_of(c.identities.begin(), c.identities.end(), [&](const ContactIdentity& known) {
    return known.kind == id.kind && known.value == id.value;
  });
}

void read_identities(Session& s, Contact& c) {
  each(
      s,
      "select kind, value from contact_identities where workspace_id = :a and contact_id = :b "
      "order by kind, value",
      "ss",
      [&](Row& r) {
        std::string kind = r.text();
        c.identities.push_back({std::move(kind), r.text()});
      },
      c.workspace_id, c.id);
}

// The characters that `like` reads as patterns, taken literally.
std::string contains_pattern(const std::string& text) {
  std::string out = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '!') out += '!';
    out += c;
  }
  return out + "%";
}

}  // namespace

std::vector<Contact> find(Session& s, const std::string& account_id,
                          const std::vector<ContactIdentity>& identities) {
  // A row for each identity that the contact has: one statement for all of it, as every message
  // that arrives asks this.
  static const std::string kFind =
      "select " + columns_of("c.") +
      ", i.kind, i.value from contact_identities k "
      "join contacts c on c.workspace_id = k.workspace_id and c.id = k.contact_id "
      "join contact_identities i on i.workspace_id = c.workspace_id and i.contact_id = c.id "
      "where k.account_id = :a and k.kind = :b and k.value = :c order by i.kind, i.value";
  static const std::string kFindColumns = std::string(kColumns) + "ss";
  std::vector<Contact> out;
  for (const ContactIdentity& id : identities) {
    if (std::any_of(out.begin(), out.end(), [&](const Contact& c) { return has(c, id); })) continue;
    std::optional<Contact> found;
    each(
        s, kFind, kFindColumns,
        [&](Row& r) {
          Contact c = contact_of(r);
          if (!found) found = std::move(c);
          std::string kind = r.text();
          found->identities.push_back({std::move(kind), r.text()});
        },
        account_id, id.kind, id.value);
    // Engines may take two texts for the same that are not, to us.
    if (found &&
        std::none_of(out.begin(), out.end(), [&](const Contact& c) { return c.id == found->id; }))
      out.push_back(std::move(*found));
  }
  return out;
}

void insert(Transaction& tx, const Contact& c) {
  run(tx,
      "insert into contacts (id, workspace_id, account_id, address, phone, name, "
      "profile_picture_url, is_group, labels, custom_fields, last_message_at, last_message_id, "
      "unread, archived, blocked, conversation_status, assigned_to, auto_reply, created_at) values "
      "(:a, :b, :c, :d, :e, :f, :g, :h, :i, :j, :k, :l, :m, :n, :o, :p, :q, :r, :s)",
      c.id, c.workspace_id, c.account_id, c.address, c.phone, c.name, c.profile_picture_url,
      c.is_group, c.labels, c.custom_fields, c.last_message_at.value_or(0), c.last_message_id,
      c.unread, c.archived, c.blocked, c.conversation_status, c.assigned_to, c.auto_reply,
      c.created_at);
  for (const ContactIdentity& id : c.identities)
    run(tx,
        "insert into contact_identities (workspace_id, account_id, kind, value, contact_id) "
        "values (:a, :b, :c, :d, :e)",
        c.workspace_id, c.account_id, id.kind, id.value, c.id);
}

bool add_identity(Transaction& tx, const Contact& c, const ContactIdentity& identity) {
  if (number(tx,
             "select 1 from contact_identities where account_id = :a and kind = :b and "
             "value = :c and contact_id = :d",
             0, c.account_id, identity.kind, identity.value, c.id) != 0)
    return false;
  run(tx,
      "insert into contact_identities (workspace_id, account_id, kind, value, contact_id) "
      "values (:a, :b, :c, :d, :e)",
      c.workspace_id, c.account_id, identity.kind, identity.value, c.id);
  return true;
}

std::optional<Contact> get(Session& s, const std::string& workspace_id, const std::string& id) {
  std::optional<Contact> out;
  each(
      s, kSelect + "workspace_id = :a and id = :b", kColumns, [&](Row& r) { out = contact_of(r); },
      workspace_id, id);
  if (out) read_identities(s, *out);
  return out;
}

namespace {

std::string list_sql(const ContactQuery& q, const Dialect& dialect) {
  std::string sql = kSelect + "workspace_id = :workspace";
  if (q.account_id) sql += " and account_id = :account";
  if (q.unread) sql += *q.unread ? " and unread > 0" : " and unread = 0";
  if (q.archived) sql += " and archived = :archived";
  if (q.label) sql += " and " + dialect.has_element("labels", ":label");
  if (q.q)
    sql += " and (" + dialect.contains("name", ":q1") + " or " + dialect.contains("phone", ":q2") +
           " or " + dialect.contains("address", ":q3") + ")";
  // The first condition is what an index can start from.
  if (q.after) sql += " and last_message_at <= :at1 and (last_message_at < :at2 or id < :id)";
  return sql + " order by last_message_at desc, id desc limit :most";
}

}  // namespace

std::vector<Contact> list(Session& s, const ContactQuery& q) {
  std::vector<Contact> out;
  s.impl().guard([&] {
    Statement& st = s.impl().statement(list_sql(q, s.impl().dialect()), kColumns);
    st.bind(q.workspace_id);
    if (q.account_id) st.bind(*q.account_id);
    if (q.archived) st.bind(*q.archived);
    if (q.label) st.bind(*q.label);
    if (q.q) {
      const std::string pattern = contains_pattern(*q.q);
      st.bind(pattern).bind(pattern).bind(pattern);
    }
    if (q.after) st.bind(q.after->first).bind(q.after->first).bind(q.after->second);
    st.bind(q.limit);
    st.each([&](Row& r) { out.push_back(contact_of(r)); });
  });
  for (Contact& c : out) read_identities(s, c);
  return out;
}

std::int64_t count(Session& s, const std::string& workspace_id) {
  return number(s, "select count(*) from contacts where workspace_id = :a", 0, workspace_id);
}

bool update(Transaction& tx, const Contact& c) {
  return run(tx,
             "update contacts set address = :a, phone = :b, name = :c, profile_picture_url = :d, "
             "labels = :e, custom_fields = :f, archived = :g, blocked = :h, "
             "conversation_status = :i, assigned_to = :j, auto_reply = :k "
             "where workspace_id = :l and id = :m",
             c.address, c.phone, c.name, c.profile_picture_url, c.labels, c.custom_fields,
             c.archived, c.blocked, c.conversation_status, c.assigned_to, c.auto_reply,
             c.workspace_id, c.id) > 0;
}

bool set_conversation(Transaction& tx, const std::string& workspace_id, const std::string& id,
                      const std::string& status, const std::optional<std::string>& assigned_to,
                      bool auto_reply) {
  return run(tx,
             "update contacts set conversation_status = :a, assigned_to = :b, auto_reply = :c "
             "where workspace_id = :d and id = :e",
             status, assigned_to, auto_reply, workspace_id, id) > 0;
}

void on_message(Transaction& tx, const Contact& c, std::int64_t at, const std::string& message_id,
                bool unread) {
  run(tx,
      "update contacts set last_message_id = case when :a >= last_message_at then :b else "
      "last_message_id end, last_message_at = case when :c > last_message_at then :d else "
      "last_message_at end, unread = unread + :e where workspace_id = :f and id = :g",
      at, message_id, at, at, unread, c.workspace_id, c.id);
}

bool mark_read(Transaction& tx, const std::string& workspace_id, const std::string& id) {
  return run(tx,
             "update contacts set unread = 0 where workspace_id = :a and id = :b and unread > 0",
             workspace_id, id) > 0;
}

bool remove(Transaction& tx, const std::string& workspace_id, const std::string& id) {
  return run(tx, "delete from contacts where workspace_id = :a and id = :b", workspace_id, id) > 0;
}

}  // namespace gardu::storage::contacts
