// SPDX-License-Identifier: Apache-2.0
// Text that is more than letters comes back as it went in, and is never taken for SQL; what differs
// by its bytes is different.
#include <nlohmann/json.hpp>

#include "storage/idempotency.hpp"
#include "storage/plugin_kv.hpp"
#include "storage/tokens.hpp"
#include "support.hpp"

namespace gardu::storage::testing {
namespace {

const std::vector<std::string>& texts() {
  static const std::vector<std::string> kAll{
      "'; drop table messages; --",
      "' or '1'='1",
      "\"; delete from contacts; --",
      "\\'; update accounts set name = 'x' -- ",
      "1); drop table journal; --",
      "`workspaces` /* x */ # y",
      ":a :b :workspace ?1 $1 @x %s {0}",
      "%_! percent",
      "back\\slash \\n \\0 \\' \\\"",
      "emoji 😀👩‍👩‍👧 four bytes 𝒳",
      "trailing spaces   ",
      "\ttab\nline\r\n",
      "عربى right to left",
      "ﬁ é e\u0301 İi",
      "\x01\x1f\x7f control",
      "9223372036854775807",
  };
  return kAll;
}

class TextsTest : public StorageTest {};

TEST_F(TextsTest, ComeBackFromEveryField) {
  int n = 0;
  for (const std::string& text : texts()) {
    const std::string id = "m" + std::to_string(++n);
    Contact c = add_contact("a", "contact " + id);
    c.name = c.address = text;
    c.assigned_to = "x";
    c.custom_fields = nlohmann::json{{"field", text}}.dump();
    c.labels = nlohmann::json{text}.dump();
    Message m = message(id, n);
    m.contact_id = c.id;
    m.text = m.client_ref = m.provider_message_id = m.raw_id = text;
    m.metadata = m.content = nlohmann::json{{"media", {{"caption", text}}}}.dump();
    JournalEntry e = event(text.substr(0, 20) + id);
    e.id = id;
    e.data = *m.metadata;
    IdempotentAnswer answer;
    answer.workspace_id = "w";
    answer.key = answer.route = text;
    answer.body = *m.metadata;
    answer.expires_at = std::int64_t{1} << 50;
    write([&](Transaction& tx) {
      contacts::update(tx, c);
      messages::insert(tx, m);
      tx.append(e);
      idempotency::put(tx, answer);
      plugin_kv::put(tx, "p", text, text, std::nullopt, 0);
    });
    db().read([&](Session& s) {
      const auto contact = contacts::get(s, "w", c.id);
      ASSERT_TRUE(contact) << text;
      EXPECT_EQ(contact->name, text);
      EXPECT_EQ(contact->address, text);
      EXPECT_EQ(contact->labels, c.labels);
      const auto got = messages::find(s, "a", text);
      ASSERT_TRUE(got) << text;
      EXPECT_EQ(got->id, id);
      EXPECT_EQ(got->text, text);
      EXPECT_EQ(got->client_ref, text);
      EXPECT_EQ(got->metadata, m.metadata);
      EXPECT_EQ(journal::get(s, "w", id)->data, e.data);
      EXPECT_EQ(idempotency::get(s, "w", text, 0)->body, answer.body);
      EXPECT_EQ(plugin_kv::get(s, "p", text, 0), text);
      ContactQuery q;
      q.workspace_id = "w";
      q.label = text;
      ASSERT_EQ(contacts::list(s, q).size(), 1U) << text;
      q.label.reset();
      q.q = text;
      EXPECT_GE(contacts::list(s, q).size(), 1U) << text;
    });
  }
  EXPECT_EQ(read([](Session& s) { return journal::newest(s); }), n);
  EXPECT_EQ(read([](Session& s) { return workspaces::count(s); }), 1);
}

TEST_F(TextsTest, WhatDiffersByItsBytesIsDifferent) {
  const std::vector<std::string> alike{"Ab", "AB", "ab", "Ab ", "Ab  ", "Äb", "A\u0308b"};
  int n = 0;
  for (const std::string& text : alike) add_contact("a", "c" + std::to_string(++n), text);
  n = 0;
  for (const std::string& text : alike) {
    const auto found = read([&](Session& s) { return contacts::find(s, "a", {{"phone", text}}); });
    ASSERT_EQ(found.size(), 1U) << text;
    EXPECT_EQ(found[0].id, "c" + std::to_string(++n)) << text;
  }
}

TEST_F(TextsTest, LargeNumbersAreWhole) {
  constexpr std::int64_t kLarge = (std::int64_t{1} << 53) + 1;
  add_contact("a", "c");
  auto m = message("m", kLarge);
  m.sent_at = kLarge + 1;
  write([&](Transaction& tx) { messages::insert(tx, m); });
  const auto got = read([](Session& s) { return messages::get(s, "w", "m"); });
  EXPECT_EQ(got->created_at, kLarge);
  EXPECT_EQ(got->sent_at, kLarge + 1);
}

TEST_F(TextsTest, WhatIsNoUtf8IsRefusedOrKeptWhole) {
  add_contact("a", "c");
  auto m = message("m");
  m.text = "cut \xf0\x9f\x98";
  try {
    write([&](Transaction& tx) { messages::insert(tx, m); });
  } catch (const Error& e) {
    EXPECT_EQ(std::string(e.what()).find("cut"), std::string::npos) << e.what();
    EXPECT_FALSE(read([](Session& s) { return messages::get(s, "w", "m"); }));
    return;
  }
  EXPECT_EQ(read([](Session& s) { return messages::get(s, "w", "m"); })->text, m.text);
}

}  // namespace
}  // namespace gardu::storage::testing
