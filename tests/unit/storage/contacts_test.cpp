// SPDX-License-Identifier: Apache-2.0
// Contacts: identities, merging, order, filters.
#include "support.hpp"

namespace gardu::storage::testing {
namespace {

class ContactsTest : public StorageTest {
 protected:
  using Ids = std::vector<std::string>;
  Ids ids(const ContactQuery& q) {
    Ids out;
    for (const auto& c : read([&](Session& s) { return contacts::list(s, q); }))
      out.push_back(c.id);
    return out;
  }
  static ContactQuery query() {
    ContactQuery q;
    q.workspace_id = "w";
    return q;
  }
  Contact get(const std::string& id) {
    return *read([&](Session& s) { return contacts::get(s, "w", id); });
  }
  void touch(const Contact& c, std::int64_t at, const std::string& id, bool unread) {
    write([&](Transaction& tx) { contacts::on_message(tx, c, at, id, unread); });
  }
};

TEST_F(ContactsTest, AnyIdentityFindsTheContactInItsAccount) {
  const auto c = add_contact("a", "c", "+62811");
  write([&](Transaction& tx) {
    EXPECT_TRUE(contacts::add_identity(tx, c, {"lid", "99@lid"}));
    EXPECT_FALSE(contacts::add_identity(tx, c, {"lid", "99@lid"}));
  });
  add_account("w", "a2");
  read([](Session& s) {
    EXPECT_EQ(contacts::find(s, "a", {{"lid", "99@lid"}}).size(), 1U);
    const auto both = contacts::find(s, "a", {{"lid", "99@lid"}, {"phone", "+62811"}});
    EXPECT_EQ(both.size(), 1U);
    EXPECT_EQ(both.at(0).identities.size(), 2U);
    EXPECT_TRUE(contacts::find(s, "a2", {{"lid", "99@lid"}}).empty());
    EXPECT_TRUE(contacts::find(s, "a", {{"phone", "99@lid"}}).empty());
    return 0;
  });
  const auto other = add_contact("a", "other");
  EXPECT_THROW(write([&](Transaction& tx) {
                 contacts::add_identity(tx, other, {"lid", "99@lid"});
               }),
               Error);
}

TEST_F(ContactsTest, MergingMovesEverythingAndKeepsTheNewestOfBoth) {
  const auto into = add_contact("a", "into", "+1");
  auto from = add_contact("a", "from");
  write([&](Transaction& tx) {
    contacts::add_identity(tx, from, {"lid", "l"});
    from.name = "Known here";
    contacts::update(tx, from);
    auto m = message("m");
    m.contact_id = "from";
    messages::insert(tx, m);
    OutboxEntry e;
    e.message_id = "m";
    e.workspace_id = "w";
    e.account_id = "a";
    e.contact_id = "from";
    outbox::enqueue(tx, e);
  });
  touch(into, 10, "old", true);
  touch(from, 20, "m", true);
  write([&](Transaction& tx) {
    EXPECT_EQ(contacts::find(tx, "a", {{"phone", "+1"}, {"lid", "l"}}).size(), 2U);
    const auto merged = contacts::merge(tx, into, from);  // both as they were at first
    EXPECT_EQ(merged.id, "into");
    EXPECT_EQ(merged.unread, 2);
    EXPECT_EQ(merged.last_message_at, 20);
    EXPECT_EQ(merged.last_message_id, "m");
    EXPECT_EQ(merged.name, "Known here");
    EXPECT_EQ(merged.phone, "+1");
    EXPECT_EQ(merged.identities.size(), 2U);
    EXPECT_EQ(messages::get(tx, "w", "m")->contact_id, "into");
    const auto entry = outbox::of_message(tx, "m");
    EXPECT_EQ(entry->contact_id, "into");
    EXPECT_EQ(entry->lane, "a/into");
    EXPECT_FALSE(contacts::get(tx, "w", "from"));
    EXPECT_THROW(contacts::merge(tx, into, into), Error);
  });
}

TEST_F(ContactsTest, AreListedByTheirLastMessageInStablePages) {
  std::vector<Contact> all;
  for (int i = 0; i < 6; ++i) all.push_back(add_contact("a", "c" + std::to_string(i)));
  for (int i = 0; i < 4; ++i)
    touch(all[static_cast<std::size_t>(i)], 100 + i / 2, "m", false);  // c4 and c5: never
  auto q = query();
  q.limit = 3;
  EXPECT_EQ(ids(q), (Ids{"c3", "c2", "c1"}));
  touch(all[5], 500, "m", false);  // one more comes to the top
  q.after = {100, "c1"};
  EXPECT_EQ(ids(q), (Ids{"c0", "c4"}));
  q.after = {0, "c4"};
  EXPECT_TRUE(ids(q).empty());
}

TEST_F(ContactsTest, AnOlderMessageDoesNotTakeTheNewestsPlace) {
  const auto c = add_contact("a", "c");
  touch(c, 1'700'000'000'000, "new", true);
  touch(c, 1'600'000'000'000, "old", true);
  const auto now = get("c");
  EXPECT_EQ(now.last_message_at, 1'700'000'000'000);
  EXPECT_EQ(now.last_message_id, "new");
  EXPECT_EQ(now.unread, 2);
  write([](Transaction& tx) {
    EXPECT_TRUE(contacts::mark_read(tx, "w", "c"));
    EXPECT_FALSE(contacts::mark_read(tx, "w", "c"));
  });
  EXPECT_EQ(get("c").unread, 0);
}

TEST_F(ContactsTest, FiltersAndSearch) {
  auto c = add_contact("a", "c1", "+6281234");
  c.name = "100% Budi_Santoso";
  c.archived = true;
  c.labels = R"(["vip","late"])";
  write([&](Transaction& tx) { EXPECT_TRUE(contacts::update(tx, c)); });
  touch(add_contact("a", "c2", "+6289999"), 1, "m", true);
  const auto found = [&](auto&& change) {
    auto q = query();
    change(q);
    return ids(q);
  };
  EXPECT_EQ(found([](auto& q) { q.q = "budi"; }), Ids{"c1"});
  EXPECT_EQ(found([](auto& q) { q.q = "62812"; }), Ids{"c1"});
  EXPECT_EQ(found([](auto& q) { q.q = "100%"; }), Ids{"c1"});
  EXPECT_TRUE(found([](auto& q) { q.q = "%x_"; }).empty());
  EXPECT_TRUE(found([](auto& q) { q.q = "' or 1=1 --"; }).empty());
  EXPECT_EQ(found([](auto& q) { q.unread = true; }), Ids{"c2"});
  EXPECT_EQ(found([](auto& q) { q.unread = false; }), Ids{"c1"});
  EXPECT_EQ(found([](auto& q) { q.archived = true; }), Ids{"c1"});
  EXPECT_EQ(found([](auto& q) { q.label = "vip"; }), Ids{"c1"});
  EXPECT_TRUE(found([](auto& q) { q.label = "vi"; }).empty());
  EXPECT_EQ(found([](auto& q) { q.account_id = "a"; }).size(), 2U);
  EXPECT_TRUE(found([](auto& q) { q.account_id = "a2"; }).empty());
  EXPECT_EQ(read([](Session& s) { return contacts::count(s, "w"); }), 2);
}

TEST_F(ContactsTest, TheConversationIsSetApart) {
  add_contact("a", "c");
  write([](Transaction& tx) {
    EXPECT_TRUE(contacts::set_conversation(tx, "w", "c", "closed", "agent", false));
    EXPECT_FALSE(contacts::set_conversation(tx, "other", "c", "open", std::nullopt, true));
  });
  const auto c = get("c");
  EXPECT_EQ(c.conversation_status, "closed");
  EXPECT_EQ(c.assigned_to, "agent");
  EXPECT_FALSE(c.auto_reply);
  EXPECT_FALSE(read([](Session& s) { return contacts::get(s, "other", "c"); }));
  write([](Transaction& tx) { EXPECT_FALSE(contacts::remove(tx, "other", "c")); });
}

TEST_F(ContactsTest, PagesOfThoseNeverWrittenToNeitherMissNorRepeat) {
  for (int i = 0; i < 150; ++i) add_contact("a", "c" + std::to_string(100 + i), std::to_string(i));
  touch(get("c120"), 5, "m", true);
  auto q = query();
  q.limit = 70;
  Ids all;
  for (;;) {
    const auto page = read([&](Session& s) { return contacts::list(s, q); });
    for (const auto& c : page) {
      all.push_back(c.id);
      EXPECT_EQ(c.identities.size(), 1U) << "of each, however many are read at once";
    }
    if (page.size() < 70) break;
    q.after = {{page.back().last_message_at.value_or(0), page.back().id}};
  }
  Ids expected{"c120"};
  for (int i = 149; i >= 0; --i)
    if (i != 20) expected.push_back("c" + std::to_string(100 + i));
  EXPECT_EQ(all, expected);
}

}  // namespace
}  // namespace gardu::storage::testing
