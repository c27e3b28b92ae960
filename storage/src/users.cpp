// SPDX-License-Identifier: Apache-2.0
#include "storage/users.hpp"

#include "session.hpp"

namespace gardu::storage {
namespace users {
namespace {

const std::string kSelect = "select id, email, name, password_hash, created_at from users where ";
constexpr std::string_view kColumns = "ssssi";

User user_of(Row& r) {
  User u;
  u.id = r.text();
  u.email = r.text();
  u.name = r.text();
  u.password_hash = r.text();
  u.created_at = r.integer();
  return u;
}

std::optional<User> one(Session& s, const std::string& condition, const std::string& value) {
  std::optional<User> out;
  each(
      s, kSelect + condition, kColumns, [&](Row& r) { out = user_of(r); }, value);
  return out;
}

}  // namespace

void insert(Transaction& tx, const User& u) {
  run(tx,
      "insert into users (id, email, name, password_hash, created_at) "
      "values (:a, :b, :c, :d, :e)",
      u.id, u.email, u.name, u.password_hash, u.created_at);
}

std::optional<User> get(Session& s, const std::string& id) { return one(s, "id = :a", id); }

std::optional<User> find_by_email(Session& s, const std::string& email) {
  return one(s, "lower(email) = lower(:a)", email);
}

bool update(Transaction& tx, const User& u) {
  return run(tx, "update users set email = :a, name = :b, password_hash = :c where id = :d",
             u.email, u.name, u.password_hash, u.id) > 0;
}

}  // namespace users

namespace memberships {
namespace {

const std::string kSelectMember =
    "select u.id, u.email, u.name, u.password_hash, u.created_at, m.workspace_id, m.role, "
    "m.created_at from memberships m join users u on u.id = m.user_id where ";

template <class... V>
std::vector<Member> members(Session& s, const std::string& condition, const V&... values) {
  std::vector<Member> out;
  each(
      s, kSelectMember + condition, "ssssissi",
      [&](Row& r) {
        Member m;
        m.user = users::user_of(r);
        m.workspace_id = r.text();
        m.role = r.text();
        m.created_at = r.integer();
        out.push_back(std::move(m));
      },
      values...);
  return out;
}

}  // namespace

void put(Transaction& tx, const std::string& workspace_id, const std::string& user_id,
         const std::string& role, std::int64_t now) {
  run(tx, tx.impl().dialect().upsert_membership(), workspace_id, user_id, role, now);
}

std::optional<Member> get(Session& s, const std::string& workspace_id, const std::string& user_id) {
  auto found = members(s, "m.workspace_id = :a and m.user_id = :b", workspace_id, user_id);
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

std::vector<Member> list(Session& s, const std::string& workspace_id, const std::string& after_id,
                         int limit) {
  return members(s, "m.workspace_id = :a and m.user_id > :b order by m.user_id limit :c",
                 workspace_id, after_id, limit);
}

std::vector<Member> of_user(Session& s, const std::string& user_id) {
  return members(s, "m.user_id = :a order by m.workspace_id", user_id);
}

bool remove(Transaction& tx, const std::string& workspace_id, const std::string& user_id) {
  return run(tx, "delete from memberships where workspace_id = :a and user_id = :b", workspace_id,
             user_id) > 0;
}

}  // namespace memberships
}  // namespace gardu::storage
