// SPDX-License-Identifier: Apache-2.0
#include "storage/accounts.hpp"

#include "session.hpp"

namespace gardu::storage::accounts {
namespace {

const std::string kSelect =
    "select id, workspace_id, transport, name, address, credentials, key_id, status, "
    "status_reason, last_connected_at, limits, in_doubt, metadata, created_at from accounts where ";
constexpr std::string_view kColumns = "sssssssssisssi";

Account account_of(Row& r) {
  Account a;
  a.id = r.text();
  a.workspace_id = r.text();
  a.transport = r.text();
  a.name = r.text();
  a.address = r.text();
  a.credentials = r.maybe_text();
  a.key_id = r.maybe_text();
  a.status = r.text();
  a.status_reason = r.maybe_text();
  a.last_connected_at = r.maybe_integer();
  a.limits = r.text();
  a.in_doubt = r.text();
  a.metadata = r.text();
  a.created_at = r.integer();
  return a;
}

}  // namespace

void insert(Transaction& tx, const Account& a) {
  run(tx,
      "insert into accounts (id, workspace_id, transport, name, address, credentials, key_id, "
      "status, status_reason, last_connected_at, limits, in_doubt, metadata, created_at) "
      "values (:a, :b, :c, :d, :e, :f, :g, :h, :i, :j, :k, :l, :m, :n)",
      a.id, a.workspace_id, a.transport, a.name, a.address, a.credentials, a.key_id, a.status,
      a.status_reason, a.last_connected_at, a.limits, a.in_doubt, a.metadata, a.created_at);
}

std::optional<Account> get(Session& s, const std::string& workspace_id, const std::string& id) {
  std::optional<Account> out;
  each(
      s, kSelect + "workspace_id = :a and id = :b", kColumns, [&](Row& r) { out = account_of(r); },
      workspace_id, id);
  return out;
}

std::optional<Account> get_any(Session& s, const std::string& id) {
  std::optional<Account> out;
  each(
      s, kSelect + "id = :a", kColumns, [&](Row& r) { out = account_of(r); }, id);
  return out;
}

std::vector<Account> list(Session& s, const std::string& workspace_id, const std::string& after_id,
                          int limit) {
  std::vector<Account> out;
  each(
      s, kSelect + "workspace_id = :a and id > :b order by id limit :c", kColumns,
      [&](Row& r) { out.push_back(account_of(r)); }, workspace_id, after_id, limit);
  return out;
}

std::int64_t count(Session& s, const std::string& workspace_id) {
  return number(s, "select count(*) from accounts where workspace_id = :a", 0, workspace_id);
}

std::vector<Account> of_transport(Session& s, const std::string& transport) {
  std::vector<Account> out;
  each(
      s, kSelect + "transport = :a order by id", kColumns,
      [&](Row& r) { out.push_back(account_of(r)); }, transport);
  return out;
}

std::vector<Account> of_address(Session& s, const std::string& transport,
                                const std::string& address) {
  std::vector<Account> out;
  each(
      s, kSelect + "transport = :a and address = :b order by id", kColumns,
      [&](Row& r) { out.push_back(account_of(r)); }, transport, address);
  return out;
}

bool update(Transaction& tx, const Account& a) {
  return run(tx,
             "update accounts set name = :a, address = :b, credentials = :c, key_id = :d, "
             "limits = :e, in_doubt = :f, metadata = :g where workspace_id = :h and id = :i",
             a.name, a.address, a.credentials, a.key_id, a.limits, a.in_doubt, a.metadata,
             a.workspace_id, a.id) > 0;
}

bool set_status(Transaction& tx, const std::string& id, const std::string& status,
                const std::optional<std::string>& reason,
                const std::optional<std::int64_t>& connected_at) {
  return run(tx,
             "update accounts set status = :a, status_reason = :b, "
             "last_connected_at = coalesce(:c, last_connected_at) where id = :d",
             status, reason, connected_at, id) > 0;
}

std::vector<Account> sealed_otherwise(Session& s, const std::string& key_id,
                                      const std::string& after_id, int limit) {
  std::vector<Account> out;
  each(
      s,
      kSelect +
          "id > :a and credentials is not null and (key_id is null or key_id <> :b) "
          "order by id limit :c",
      kColumns, [&](Row& r) { out.push_back(account_of(r)); }, after_id, key_id, limit);
  return out;
}

bool reseal(Transaction& tx, const Account& read, const std::string& credentials,
            const std::string& key_id) {
  return run(tx,
             "update accounts set credentials = :a, key_id = :b where workspace_id = :c and "
             "id = :d and credentials = :e",
             credentials, key_id, read.workspace_id, read.id, read.credentials) > 0;
}

bool remove(Transaction& tx, const std::string& workspace_id, const std::string& id) {
  return run(tx, "delete from accounts where workspace_id = :a and id = :b", workspace_id, id) > 0;
}

}  // namespace gardu::storage::accounts
