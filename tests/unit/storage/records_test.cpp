// SPDX-License-Identifier: Apache-2.0
// Workspaces, accounts, people, tokens, the journal, cursors, kept answers, audit and nodes.
#include "storage/audit.hpp"
#include "storage/cursors.hpp"
#include "storage/idempotency.hpp"
#include "storage/nodes.hpp"
#include "storage/tokens.hpp"
#include "storage/users.hpp"
#include "support.hpp"

namespace gardu::storage::testing {
namespace {

class RecordsTest : public StorageTest {};

TEST_F(RecordsTest, Workspaces) {
  Workspace w;
  w.id = "w2";
  w.name = "Two";
  w.slug = "two";
  w.max_accounts = std::int64_t{1} << 33;
  write([&](Transaction& tx) { workspaces::insert(tx, w); });
  EXPECT_EQ(read([](Session& s) { return workspaces::find_by_slug(s, "two"); })->max_accounts,
            w.max_accounts);
  w.id = "w3";
  EXPECT_THROW(write([&](Transaction& tx) { workspaces::insert(tx, w); }), Error);
  w.id = "w2";
  w.status = "suspended";
  w.slug = "zwei";
  write([&](Transaction& tx) { EXPECT_TRUE(workspaces::update(tx, w)); });
  EXPECT_EQ(read([](Session& s) { return workspaces::get(s, "w2"); })->slug, "zwei");
  EXPECT_EQ(read([](Session& s) { return workspaces::list(s, "w", 10); }).size(), 1U);
  EXPECT_EQ(read([](Session& s) { return workspaces::count(s); }), 2);
}

TEST_F(RecordsTest, AWorkspaceGoesWithAllThatItHolds) {
  add_contact("a", "c", "+1");
  write([](Transaction& tx) {
    messages::insert(tx, message("m"));
    OutboxEntry e;
    e.message_id = "m";
    e.workspace_id = "w";
    e.account_id = "a";
    e.contact_id = "c";
    outbox::enqueue(tx, e);
    tx.append(event("e"));
    audit::append(tx, {"u", "w", "actor", "did", "it", {}, {}, {}, 1});
  });
  write([](Transaction& tx) { EXPECT_TRUE(workspaces::remove(tx, "w")); });
  for (const char* table : {"workspaces", "accounts", "contacts", "contact_identities", "messages",
                            "outbox", "journal", "audit"})
    EXPECT_EQ(sql(std::string("select count(*) from ") + table), "0") << table;
}

TEST_F(RecordsTest, Accounts) {
  add_workspace("w2");
  Account a;
  a.id = "b";
  a.workspace_id = "w2";
  a.transport = "loopback";
  a.address = "a";  // as "a" has in the other workspace
  a.credentials = "sealed";
  write([&](Transaction& tx) { accounts::insert(tx, a); });
  a.id = "twice";
  EXPECT_THROW(write([&](Transaction& tx) { accounts::insert(tx, a); }), Error);
  read([](Session& s) {
    EXPECT_EQ(accounts::of_address(s, "loopback", "a").size(), 2U);
    EXPECT_EQ(accounts::of_transport(s, "loopback").size(), 2U);
    EXPECT_EQ(accounts::list(s, "w", "", 10).size(), 1U);
    EXPECT_EQ(accounts::count(s, "w2"), 1);
    EXPECT_FALSE(accounts::get(s, "w", "b"));
    EXPECT_EQ(accounts::get_any(s, "b")->credentials, "sealed");
    return 0;
  });
  write([](Transaction& tx) {
    EXPECT_TRUE(accounts::set_status(tx, "b", "ready", std::nullopt, 1'700'000'000'000));
    EXPECT_TRUE(accounts::set_status(tx, "b", "failed", "gone", std::nullopt));
    const auto b = accounts::get(tx, "w2", "b");
    EXPECT_EQ(b->status, "failed");
    EXPECT_EQ(b->status_reason, "gone");
    EXPECT_EQ(b->last_connected_at, 1'700'000'000'000);
    EXPECT_FALSE(accounts::remove(tx, "w", "b"));
    EXPECT_TRUE(accounts::remove(tx, "w2", "b"));
  });
}

TEST_F(RecordsTest, PeopleAndTheirRoles) {
  User u{"u", "Ana@Example.org", "Ana", "hash", 1};
  write([&](Transaction& tx) { users::insert(tx, u); });
  EXPECT_EQ(read([](Session& s) { return users::find_by_email(s, "ana@example.ORG"); })->id, "u");
  u.id = "u2";
  u.email = "ANA@example.org";
  EXPECT_THROW(write([&](Transaction& tx) { users::insert(tx, u); }), Error);
  write([](Transaction& tx) {
    memberships::put(tx, "w", "u", "agent", 5);
    memberships::put(tx, "w", "u", "admin", 6);
    const auto m = memberships::get(tx, "w", "u");
    EXPECT_EQ(m->role, "admin");
    EXPECT_EQ(m->created_at, 5);
    EXPECT_EQ(m->user.email, "Ana@Example.org");
    EXPECT_EQ(memberships::of_user(tx, "u").size(), 1U);
    EXPECT_EQ(memberships::list(tx, "w", "", 10).size(), 1U);
    EXPECT_FALSE(memberships::get(tx, "other", "u"));
    EXPECT_TRUE(memberships::remove(tx, "w", "u"));
    EXPECT_FALSE(memberships::remove(tx, "w", "u"));
  });
}

TEST_F(RecordsTest, Tokens) {
  Token t;
  t.id = "t1";
  t.hash = "h1";
  t.role = "admin";
  t.workspace_id = "w";
  t.user_id = "u";
  t.scopes = R"(["read"])";
  t.expires_at = std::int64_t{1} << 41;
  Token platform;
  platform.id = "t2";
  platform.hash = "h2";
  platform.kind = "platform";
  write([&](Transaction& tx) {
    tokens::insert(tx, t);
    tokens::insert(tx, platform);
    tokens::touch(tx, "t1", 7);
  });
  read([](Session& s) {
    const auto found = tokens::find_by_hash(s, "h1");
    EXPECT_EQ(found->scopes, R"(["read"])");
    EXPECT_EQ(found->expires_at, std::int64_t{1} << 41);
    EXPECT_EQ(found->last_used_at, 7);
    EXPECT_FALSE(tokens::find_by_hash(s, "h3"));
    EXPECT_FALSE(tokens::find_by_hash(s, "h2")->workspace_id);
    EXPECT_EQ(tokens::list(s, "w", "", 10).size(), 1U);
    EXPECT_EQ(tokens::list_platform(s, "", 10).size(), 1U);
    return 0;
  });
  write([](Transaction& tx) {
    EXPECT_FALSE(tokens::remove(tx, "other", "t1"));
    EXPECT_FALSE(tokens::remove_platform(tx, "t1"));
    EXPECT_EQ(tokens::remove_of_user(tx, "w", "u"), 1);
    EXPECT_TRUE(tokens::remove_platform(tx, "t2"));
  });
}

TEST_F(RecordsTest, TheJournalIsReadByItsFilters) {
  write([](Transaction& tx) {
    auto e = event("e1");
    e.account_id = "a";
    e.contact_id = "c";
    e.message_id = "m";
    e.occurred_at = 1'700'000'000'001;
    e.data = R"({"x":"😀"})";
    e.origin_socket = "1.2";
    tx.append(e);
    e = event("e2");
    e.type = "contact.created";
    tx.append(e);
    e.id = "e3";
    e.workspace_id = "other";
    tx.append(e);
  });
  const auto count = [&](auto&& change) {
    JournalQuery q;
    change(q);
    return read([&](Session& s) { return journal::read(s, q); }).size();
  };
  EXPECT_EQ(count([](auto&) {}), 3U);
  EXPECT_EQ(count([](auto& q) { q.after_seq = 1; }), 2U);
  EXPECT_EQ(count([](auto& q) { q.limit = 1; }), 1U);
  EXPECT_EQ(count([](auto& q) { q.workspace_id = "w"; }), 2U);
  EXPECT_EQ(count([](auto& q) { q.contact_id = "c"; }), 1U);
  EXPECT_EQ(count([](auto& q) { q.account_id = "a"; }), 1U);
  EXPECT_EQ(count([](auto& q) { q.types = {"contact.created", "message.read"}; }), 2U);
  read([](Session& s) {
    const auto e = journal::get(s, "w", "e1");
    EXPECT_EQ(e->seq, 1);
    EXPECT_EQ(e->occurred_at, 1'700'000'000'001);
    EXPECT_EQ(e->data, R"({"x":"😀"})");
    EXPECT_EQ(e->origin_socket, "1.2");
    EXPECT_FALSE(journal::get(s, "other", "e1"));
    EXPECT_EQ(journal::of_message(s, "w", "m").size(), 1U);
    EXPECT_TRUE(journal::of_message(s, "other", "m").empty());
    EXPECT_EQ(journal::oldest(s), 1);
    EXPECT_EQ(journal::newest(s), 3);
    return 0;
  });
}

TEST_F(RecordsTest, CursorsAndTheSlowest) {
  EXPECT_FALSE(read([](Session& s) { return cursors::slowest(s); }));
  write([](Transaction& tx) {
    cursors::set(tx, "one", std::int64_t{1} << 35);
    cursors::set(tx, "two", 7);
    cursors::set(tx, "two", 8);
    EXPECT_EQ(cursors::get(tx, "one"), std::int64_t{1} << 35);
    EXPECT_EQ(cursors::slowest(tx), 8);
    EXPECT_TRUE(cursors::remove(tx, "two"));
    EXPECT_FALSE(cursors::get(tx, "two"));
  });
}

TEST_F(RecordsTest, KeptAnswers) {
  IdempotentAnswer a{"w", "k", "POST /messages", "hash", "", 0, 100};
  write([&](Transaction& tx) {
    EXPECT_FALSE(idempotency::begin(tx, a, 10));
    EXPECT_EQ(idempotency::begin(tx, a, 10)->status, 0);
    idempotency::abandon(tx, "w", "k");
    EXPECT_FALSE(idempotency::begin(tx, a, 10));
    a.status = 202;
    a.body = "{}";
    idempotency::put(tx, a);
    idempotency::abandon(tx, "w", "k");  // answered: stays
    EXPECT_EQ(idempotency::begin(tx, a, 10)->body, "{}");
    EXPECT_FALSE(idempotency::get(tx, "other", "k", 10));
    EXPECT_FALSE(idempotency::get(tx, "w", "k", 100));  // expired
    idempotency::purge(tx, 100);
    EXPECT_FALSE(idempotency::get(tx, "w", "k", 10));
  });
}

TEST_F(RecordsTest, AuditAndNodes) {
  write([](Transaction& tx) {
    for (int i = 0; i < 3; ++i)
      audit::append(tx, {std::to_string(i),
                         "w",
                         "user:u",
                         "account.created",
                         "account:a",
                         {},
                         R"({"n":1})",
                         "127.0.0.1",
                         5});
    const auto page = audit::list(tx, "w", std::nullopt, 2);
    ASSERT_EQ(page.size(), 2U);
    EXPECT_EQ(page[0].id, "2");
    EXPECT_FALSE(page[0].before);
    EXPECT_EQ(page[0].ip, "127.0.0.1");
    EXPECT_EQ(audit::list(tx, "w", std::pair{page[1].at, page[1].id}, 2).size(), 1U);
    EXPECT_TRUE(audit::list(tx, "other", std::nullopt, 2).empty());

    nodes::heartbeat(tx, {"n", 1, 2});
    nodes::heartbeat(tx, {"n", 1, 3});
    ASSERT_EQ(nodes::list(tx).size(), 1U);
    EXPECT_EQ(nodes::list(tx)[0].last_seen_at, 3);
    EXPECT_TRUE(nodes::remove(tx, "n"));
  });
}

}  // namespace
}  // namespace gardu::storage::testing
