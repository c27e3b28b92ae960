// SPDX-License-Identifier: Apache-2.0
#include "storage/contacts.hpp"

#include <algorithm>
#include <map>

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
constexpr std::size_t kMostAtOnce = 64;  // contacts whose identities one statement reads

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

// Of as many contacts as one statement takes: it comes in a few lengths, each prepared once, and a
// shorter list is filled up with its last one.
void read_identities(Session& s, Contact* first, std::size_t count) {
  const std::size_t length = count == 1 ? 1 : count <= 8 ? 8 : kMostAtOnce;
  std::string sql =
      "select contact_id, kind, value from contact_identities where workspace_id = :w and "
      "contact_id in (:c0";
  for (std::size_t i = 1; i < length; ++i) sql += ", :c" + std::to_string(i);
  sql += ") order by contact_id, kind, value";
  Statement& st = s.impl().statement(sql, "sss");
  st.bind(first->workspace_id);
  for (std::size_t i = 0; i < length; ++i) st.bind(first[std::min(i, count - 1)].id);
  std::map<std::string, Contact*> by_id;
  for (std::size_t i = 0; i < count; ++i) by_id[first[i].id] = first + i;
  st.each([&](Row& r) {
    Contact& c = *by_id.at(r.text());
    std::string kind = r.text();
    c.identities.push_back({std::move(kind), r.text()});
  });
}

void read_identities(Session& s, std::vector<Contact>& contacts) {
  s.impl().guard([&] {
    for (std::size_t i = 0; i < contacts.size(); i += kMostAtOnce)
      read_identities(s, &contacts[i], std::min(kMostAtOnce, contacts.size() - i));
  });
}

void read_identities(Session& s, Contact& c) {
  s.impl().guard([&] { read_identities(s, &c, 1); });
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

// A page goes on at a place of the order (last_message_at desc, id desc): behind it among those of
// the same moment first, then with all that are older. As one condition the two would keep an index
// from beginning right there.
enum class Part { all, same_moment, older };

// One condition finds the index; the others narrow what it finds.
std::string list_sql(const ContactQuery& q, const Dialect& dialect, Part part) {
  std::string sql = kSelect + "workspace_id = :workspace";
  const bool by_unread = q.unread && *q.unread;
  const bool by_archived = !by_unread && q.archived && *q.archived;
  const bool by_account = !by_unread && !by_archived;
  const auto column = [&](bool finds, const char* name) {
    return " and " + (finds ? name : dialect.narrowing(name));
  };
  if (q.account_id) sql += column(by_account, "account_id") + " = :account";
  if (q.unread) sql += std::string(" and ") + dialect.unread(*q.unread);
  if (q.archived) sql += column(by_archived || !q.account_id, "archived") + " = :archived";
  // Most have none, and are not looked into.
  if (q.label) sql += " and labels <> '[]' and " + dialect.has_element("labels", ":label");
  if (q.q)
    sql += " and (" + dialect.contains("name", ":q1") + " or " + dialect.contains("phone", ":q2") +
           " or " + dialect.contains("address", ":q3") + ")";
  if (part == Part::same_moment) sql += " and last_message_at = :at and id < :id";
  if (part == Part::older) sql += " and last_message_at < :at";
  return sql + " order by last_message_at desc, id desc limit :most";
}

void list_part(Session& s, const ContactQuery& q, Part part, std::vector<Contact>& out) {
  const int room = q.limit - static_cast<int>(out.size());
  if (room <= 0) return;
  Statement& st = s.impl().statement(list_sql(q, s.impl().dialect(), part), kColumns);
  st.bind(q.workspace_id);
  if (q.account_id) st.bind(*q.account_id);
  if (q.archived) st.bind(*q.archived);
  if (q.label) st.bind(*q.label);
  if (q.q) {
    const std::string pattern = contains_pattern(*q.q);
    st.bind(pattern).bind(pattern).bind(pattern);
  }
  if (part != Part::all) st.bind(q.after->first);
  if (part == Part::same_moment) st.bind(q.after->second);
  st.bind(room);
  st.each([&](Row& r) { out.push_back(contact_of(r)); });
}

}  // namespace

std::vector<Contact> list(Session& s, const ContactQuery& q) {
  std::vector<Contact> out;
  s.impl().guard([&] {
    list_part(s, q, q.after ? Part::same_moment : Part::all, out);
    if (q.after) list_part(s, q, Part::older, out);
  });
  read_identities(s, out);
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
