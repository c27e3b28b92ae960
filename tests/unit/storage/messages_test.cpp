// SPDX-License-Identifier: Apache-2.0
// Messages: what goes in comes out, is found, listed in pages and kept to its workspace.
#include "support.hpp"

namespace gardu::storage::testing {
namespace {

class MessagesTest : public StorageTest {
 protected:
  MessagesTest() { add_contact("a", "c"); }
  void insert(const Message& m) {
    write([&](Transaction& tx) { messages::insert(tx, m); });
  }
  std::vector<std::string> ids(const MessageQuery& q) {
    std::vector<std::string> out;
    for (const auto& m : read([&](Session& s) { return messages::list(s, q); }))
      out.push_back(m.id);
    return out;
  }
  static MessageQuery query() {
    MessageQuery q;
    q.workspace_id = "w";
    return q;
  }
  std::vector<std::string> search(const std::string& typed) {
    auto q = query();
    q.q = typed;
    return ids(q);
  }
  using Ids = std::vector<std::string>;
};

TEST_F(MessagesTest, EveryColumnComesBackAsItWasWritten) {
  auto m = message("m", 1'700'000'000'000);
  m.client_ref = "'; drop table messages; --";
  m.provider_message_id = "wamid.\"%_\\";
  m.raw_id = "raw";
  m.sender = R"({"address":"x","name":"Ünï 😀"})";
  m.text = std::string(64 * 1024, 'x') + " 😀 :a ?1 $2 @x \\ ' \" trailing  ";
  m.content = R"({"media":{"caption":"c"}})";
  m.reply_to_message_id = "r";
  m.reply_to_provider_id = "rp";
  m.forwarded = true;
  m.error = "{\"e\":1}";
  m.sent_by = "{\"s\":1}";
  m.metadata = "{\"m\":1}";
  std::int64_t at = std::int64_t{1} << 40;
  for (auto* time : {&m.sent_at, &m.delivered_at, &m.read_at, &m.played_at, &m.failed_at,
                     &m.edited_at, &m.deleted_at, &m.occurred_at})
    *time = ++at;
  insert(m);
  const auto out = *read([](Session& s) { return messages::get(s, "w", "m"); });
  EXPECT_EQ(out.client_ref, m.client_ref);
  EXPECT_EQ(out.provider_message_id, m.provider_message_id);
  EXPECT_EQ(out.raw_id, m.raw_id);
  EXPECT_EQ(out.sender, m.sender);
  EXPECT_EQ(out.text, m.text);
  EXPECT_EQ(out.content, m.content);
  EXPECT_EQ(out.reply_to_message_id, m.reply_to_message_id);
  EXPECT_EQ(out.reply_to_provider_id, m.reply_to_provider_id);
  EXPECT_TRUE(out.forwarded);
  EXPECT_EQ(out.error, m.error);
  EXPECT_EQ(out.sent_by, m.sent_by);
  EXPECT_EQ(out.metadata, m.metadata);
  EXPECT_EQ(out.created_at, m.created_at);
  EXPECT_EQ(out.sent_at, m.sent_at);
  EXPECT_EQ(out.delivered_at, m.delivered_at);
  EXPECT_EQ(out.read_at, m.read_at);
  EXPECT_EQ(out.played_at, m.played_at);
  EXPECT_EQ(out.failed_at, m.failed_at);
  EXPECT_EQ(out.edited_at, m.edited_at);
  EXPECT_EQ(out.deleted_at, m.deleted_at);
  EXPECT_EQ(out.occurred_at, m.occurred_at);
  // A later row with nothing set does not inherit what the statement was bound to before.
  insert(message("empty"));
  const auto empty = *read([](Session& s) { return messages::get(s, "w", "empty"); });
  EXPECT_FALSE(empty.text);
  EXPECT_FALSE(empty.sent_at);
  EXPECT_FALSE(empty.forwarded);
}

TEST_F(MessagesTest, AProviderIdIsUniqueInItsAccountOnly) {
  auto m = message("m1");
  m.provider_message_id = "p";
  insert(m);
  m.id = "m2";
  EXPECT_THROW(insert(m), Error);
  add_account("w", "a2");
  add_contact("a2", "c2");
  m.account_id = "a2";
  m.contact_id = "c2";
  insert(m);
  EXPECT_TRUE(read([](Session& s) { return messages::known(s, "a", "p"); }));
  EXPECT_FALSE(read([](Session& s) { return messages::known(s, "a", "q"); }));
  EXPECT_EQ(read([](Session& s) { return messages::find(s, "a2", "p"); })->id, "m2");
  insert(message("n1"));  // none has a provider id: no conflict
  insert(message("n2"));
}

TEST_F(MessagesTest, IsFoundByEitherFormOfTheProvidersId) {
  insert(message("m"));
  write([](Transaction& tx) {
    messages::set_provider_id(tx, *messages::get(tx, "w", "m"), "long-form", "short");
    messages::set_provider_id(tx, "m", "long-form", std::nullopt);
  });
  EXPECT_EQ(read([](Session& s) { return messages::find(s, "a", "long-form"); })->id, "m");
  EXPECT_EQ(read([](Session& s) { return messages::find(s, "a", "short"); })->id, "m");
  EXPECT_EQ(read([](Session& s) { return messages::of_account(s, "a", "m"); })->id, "m");
  EXPECT_FALSE(read([](Session& s) { return messages::of_account(s, "a2", "m"); }));
}

TEST_F(MessagesTest, PagesAreStableUnderInserts) {
  for (int i = 0; i < 10; ++i) insert(message("m" + std::to_string(i), i / 2));  // equal times too
  auto q = query();
  q.limit = 4;
  Ids seen = ids(q);
  EXPECT_EQ(seen, (Ids{"m9", "m8", "m7", "m6"}));
  insert(message("newer", 100));
  while (true) {
    q.before = read([&](Session& s) { return messages::place_of(s, "w", seen.back()); });
    const auto page = ids(q);
    seen.insert(seen.end(), page.begin(), page.end());
    if (page.size() < 4) break;
  }
  EXPECT_EQ(seen, (Ids{"m9", "m8", "m7", "m6", "m5", "m4", "m3", "m2", "m1", "m0"}));
}

TEST_F(MessagesTest, BeforeAndAfterAMessageOfAContact) {
  for (int i = 0; i < 6; ++i) insert(message("m" + std::to_string(i), i));
  auto q = query();
  q.contact_id = "c";
  q.limit = 2;
  q.after = read([](Session& s) { return messages::place_of(s, "w", "m2"); });
  EXPECT_EQ(ids(q), (Ids{"m4", "m3"}));
  q.before = read([](Session& s) { return messages::place_of(s, "w", "m5"); });
  q.limit = 5;
  EXPECT_EQ(ids(q), (Ids{"m4", "m3"}));
  EXPECT_FALSE(read([](Session& s) { return messages::place_of(s, "other", "m2"); }));
}

TEST_F(MessagesTest, FiltersTogetherAndAlone) {
  auto m = message("in", 5);
  m.direction = "inbound";
  m.type = "image";
  m.status = "received";
  insert(m);
  insert(message("out", 6));
  auto q = query();
  q.direction = "inbound";
  EXPECT_EQ(ids(q), Ids{"in"});
  q.type = "image";
  q.status = "received";
  q.account_id = "a";
  q.contact_id = "c";
  q.since = 5;
  q.until = 6;
  EXPECT_EQ(ids(q), Ids{"in"});
  q.until = 5;
  EXPECT_TRUE(ids(q).empty());
  q = query();
  q.workspace_id = "other";
  EXPECT_TRUE(ids(q).empty());
}

TEST_F(MessagesTest, FullTextFindsWordsBeginningsAndCaptions) {
  auto m = message("m1", 1);
  m.text = "Selamat pagi, dunia";
  insert(m);
  m = message("m2", 2);
  m.text = "Crème brûlée tonight";
  insert(m);
  m = message("m3", 3);
  m.content = R"({"media":{"caption":"the invoice of May"}})";
  insert(m);
  EXPECT_EQ(search("dunia selamat"), Ids{"m1"});
  EXPECT_EQ(search("PAG"), Ids{"m1"});
  EXPECT_EQ(search("creme"), Ids{"m2"});
  EXPECT_EQ(search("invoice"), Ids{"m3"});
  EXPECT_TRUE(search("dunia tonight").empty());
  // Nothing that a user types is an operator, or an error.
  for (const char* typed :
       {"\"", "a\"b", "*", "NEAR(", "dunia OR tonight", "-x", "^", ":", "body:x", "()", "", "  ",
        "'; drop table messages", "😀", "+", "{a b}", "\\"})
    EXPECT_NO_THROW(search(typed)) << typed;
}

TEST_F(MessagesTest, FullTextFollowsEditsAndDeletions) {
  auto m = message("m", 1);
  m.text = "first words";
  insert(m);
  write([&](Transaction& tx) { messages::set_edited(tx, m, "other phrase", 9); });
  EXPECT_TRUE(search("first").empty());
  EXPECT_EQ(search("phrase"), Ids{"m"});
  write([&](Transaction& tx) {
    messages::set_content(tx, m, R"({"media":{"caption":"added"}})");
    messages::set_metadata(tx, m, "{}");
    messages::set_deleted(tx, m, 10);
  });
  EXPECT_EQ(search("added"), Ids{"m"});
  EXPECT_EQ(read([](Session& s) { return messages::get(s, "w", "m"); })->edited_at, 9);
  // The contact goes, and by reference its messages and their text.
  write([](Transaction& tx) { EXPECT_TRUE(contacts::remove(tx, "w", "c")); });
  EXPECT_TRUE(search("added").empty());
}

TEST_F(MessagesTest, AZeroByteIsRefusedAndNotCut) {
  auto m = message("m");
  m.text = std::string("a\0b", 3);
  EXPECT_EQ(error_of([&] { insert(m); }).kind(), ErrorKind::invalid);
  EXPECT_FALSE(read([](Session& s) { return messages::get(s, "w", "m"); }));
}

TEST_F(MessagesTest, NothingCrossesWorkspaces) {
  insert(message("m"));
  EXPECT_FALSE(read([](Session& s) { return messages::get(s, "other", "m"); }));
  auto stranger = message("x");
  stranger.workspace_id = "other";  // the contact is of "w"
  EXPECT_THROW(insert(stranger), Error);
}

TEST_F(MessagesTest, ASearchGoesOnWhereItsPageEndedEvenIfThatMessageIsGone) {
  for (int i = 1; i <= 7; ++i) {
    auto m = message("m" + std::to_string(i), 100 + i / 3);
    m.text = i == 4 ? "another" : "the word";
    insert(m);
  }
  auto q = query();
  q.q = "word";
  q.limit = 2;
  EXPECT_EQ(ids(q), (Ids{"m7", "m6"}));
  q.before = {{102, "m6"}};
  EXPECT_EQ(ids(q), (Ids{"m5", "m3"}));
  q.before = {{102, "gone"}};
  EXPECT_EQ(ids(q).front(), "m7") << "it came after all that are there";
  q.before = {{101, "gone"}};
  EXPECT_EQ(ids(q), (Ids{"m5", "m3"}));
  q.before.reset();
  q.after = {{101, "m3"}};
  EXPECT_EQ(ids(q), (Ids{"m6", "m5"}));
  q.contact_id = "c";
  EXPECT_EQ(ids(q), (Ids{"m6", "m5"}));
}

TEST_F(MessagesTest, PagesOfOneMomentNeitherMissNorRepeat) {
  for (const char* id : {"m1", "m2", "m3", "m4", "m5"}) insert(message(id, 7));
  insert(message("m0", 6));
  insert(message("m6", 8));
  auto q = query();
  q.limit = 2;
  q.before = {{7, "m4"}};
  EXPECT_EQ(ids(q), (Ids{"m3", "m2"}));
  q.before = {{7, "m2"}};
  EXPECT_EQ(ids(q), (Ids{"m1", "m0"}));
  q.since = 7;
  EXPECT_EQ(ids(q), (Ids{"m1"}));
  q.since.reset();
  q.until = 7;
  EXPECT_EQ(ids(q), (Ids{"m0"}));
  q = query();
  q.limit = 3;
  q.after = {{7, "m4"}};
  EXPECT_EQ(ids(q), (Ids{"m6", "m5"}));
  q.before = {{8, "m6"}};
  EXPECT_EQ(ids(q), (Ids{"m5"}));
  q.after = {{7, "m1"}};
  EXPECT_EQ(ids(q), (Ids{"m5", "m4", "m3"}));
}

}  // namespace
}  // namespace gardu::storage::testing
