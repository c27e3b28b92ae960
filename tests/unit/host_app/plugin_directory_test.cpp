// SPDX-License-Identifier: Apache-2.0
#include "app/plugin_directory.hpp"

#include <nlohmann/json.hpp>
#include <vector>

#include "support.hpp"

namespace gardu::host {
namespace {

using nlohmann::json;
using Ids = std::vector<std::string>;

class PluginDirectoryTest : public testing::AppTest {
 protected:
  std::string add_contact(const std::string& workspace, const std::string& account,
                          const storage::ContactIdentity& identity, std::int64_t last_message = 0,
                          const std::string& labels = "[]", const std::string& name = "") {
    storage::Contact c;
    c.id = uuid_v7();
    c.workspace_id = workspace;
    c.account_id = account;
    c.address = identity.value;
    if (identity.kind == "phone") c.phone = identity.value;
    if (!name.empty()) c.name = name;
    c.identities = {identity};
    if (last_message > 0) c.last_message_at = last_message;
    c.labels = labels;
    write([&](storage::Transaction& tx) { storage::contacts::insert(tx, c); });
    return c.id;
  }
  DirectoryQuery query(gardu_record_kind kind = GARDU_RECORD_CONTACT) const {
    DirectoryQuery q;
    q.kind = kind;
    q.workspace_id = ours;
    return q;
  }
  // The ids of one page; `next` gets its cursor.
  Ids find(const DirectoryQuery& q, std::string* next = nullptr) {
    Ids ids;
    const auto cursor = find_records(database, q, [&](std::string_view id, std::string_view text) {
      ids.emplace_back(id);
      EXPECT_EQ(json::parse(text).at("id"), ids.back());
      return true;
    });
    EXPECT_TRUE(cursor) << cursor.status().message();
    if (next != nullptr && cursor) *next = *cursor;
    return ids;
  }
  Status refused(const DirectoryQuery& q) {
    const auto cursor = find_records(database, q, [](std::string_view, std::string_view) {
      ADD_FAILURE() << "a record was shown";
      return true;
    });
    return cursor.status();
  }
  json record(const DirectoryQuery& q) {
    json out;
    (void)find_records(database, q, [&](std::string_view, std::string_view text) {
      out = json::parse(text);
      return true;
    });
    return out;
  }
  Status update(const std::string& id, std::string_view patch) { return update(ours, id, patch); }
  Status update(const std::string& workspace, const std::string& id, std::string_view patch) {
    Status out;
    write([&](storage::Transaction& tx) {
      out = host::update_contact(tx, "bot", workspace, id, patch);
    });
    return out;
  }
  json contact(const std::string& id) {
    auto q = query();
    q.id = id;
    return record(q);
  }
  std::vector<storage::JournalEntry> journal() {
    return database.query([&](storage::Session& s) { return storage::journal::read(s, {}); });
  }

  const std::string account = add_account(ours, "628100"), other = add_account(ours, "628200"),
                    foreign = add_account(theirs, "628300");
};

TEST_F(PluginDirectoryTest, ShowsAccountsWithoutCredentials) {
  EXPECT_EQ(find(query(GARDU_RECORD_ACCOUNT)), (Ids{account, other}));
  auto q = query(GARDU_RECORD_ACCOUNT);
  q.id = account;
  const json shown = record(q);
  EXPECT_EQ(shown.at("address"), "628100");
  EXPECT_EQ(shown.dump().find("sealed-secret"), std::string::npos);
  EXPECT_EQ(shown.dump().find("key-1"), std::string::npos);
  EXPECT_FALSE(shown.contains("credentials"));
}

TEST_F(PluginDirectoryTest, PagesAccounts) {
  auto q = query(GARDU_RECORD_ACCOUNT);
  q.limit = 1;
  std::string next;
  EXPECT_EQ(find(q, &next), Ids{account});
  EXPECT_FALSE(next.empty());
  q.cursor = next;
  EXPECT_EQ(find(q, &next), Ids{other});
  EXPECT_EQ(next, "");
}

TEST_F(PluginDirectoryTest, PagesContactsNewestFirst) {
  Ids expected;
  for (int i = 0; i < 5; ++i)
    expected.insert(expected.begin(),
                    add_contact(ours, account, {"phone", "+62811" + std::to_string(i)}, 10 + i));
  expected.push_back(add_contact(ours, account, {"phone", "+628199"}));  // never written to
  add_contact(theirs, foreign, {"phone", "+628111"}, 99);
  auto q = query();
  q.limit = 2;
  Ids all;
  int pages = 0;
  do {
    const Ids page = find(q, &q.cursor);
    EXPECT_LE(page.size(), 2U);
    EXPECT_LT(q.cursor.size(), 256U);
    all.insert(all.end(), page.begin(), page.end());
    ++pages;
  } while (!q.cursor.empty() && pages < 10);
  EXPECT_EQ(all, expected);
  EXPECT_EQ(pages, 3);
  q.limit = 0;
  EXPECT_EQ(find(q), expected);
}

TEST_F(PluginDirectoryTest, APageIsAtMost200) {
  for (int i = 0; i < 201; ++i) add_contact(ours, account, {"other", "x" + std::to_string(i)}, 1);
  auto q = query();
  for (const std::uint32_t limit : {0U, 200U, 201U, 4'000'000'000U}) {
    q.limit = limit;
    q.cursor.clear();
    EXPECT_EQ(find(q, &q.cursor).size(), 200U);
    EXPECT_EQ(find(q, &q.cursor).size(), 1U);
    EXPECT_EQ(q.cursor, "");
  }
}

TEST_F(PluginDirectoryTest, StoppingGivesTheCursorBehindTheLastShown) {
  for (int i = 0; i < 3; ++i) add_contact(ours, account, {"other", "x" + std::to_string(i)}, 1 + i);
  const Ids all = find(query());
  auto q = query();
  int shown = 0;
  const auto next =
      find_records(database, q, [&](std::string_view, std::string_view) { return ++shown < 2; });
  ASSERT_TRUE(next);
  EXPECT_EQ(shown, 2);
  q.cursor = *next;
  EXPECT_EQ(find(q), Ids{all[2]});
  const auto end =
      find_records(database, q, [](std::string_view, std::string_view) { return false; });
  EXPECT_EQ(*end, "");
}

TEST_F(PluginDirectoryTest, ShowingMayUseTheDatabase) {
  const auto id = add_contact(ours, account, {"phone", "+62811"});
  const auto done = find_records(database, query(), [&](std::string_view, std::string_view) {
    EXPECT_TRUE(update(id, R"({"name":"Seen"})").ok());
    EXPECT_EQ(contact(id).at("name"), "Seen");
    return true;
  });
  EXPECT_TRUE(done);
}

TEST_F(PluginDirectoryTest, FiltersContacts) {
  const auto vip =
      add_contact(ours, account, {"phone", "+62811"}, 3, R"(["vip","new"])", "Ana 50%");
  const auto plain = add_contact(ours, other, {"phone", "+62812"}, 2, R"(["vips"])", "Ben");
  auto q = query();
  q.account_id = other;
  EXPECT_EQ(find(q), Ids{plain});
  q = query();
  q.label = "vip";
  EXPECT_EQ(find(q), Ids{vip});
  q = query();
  q.text = "50%";
  EXPECT_EQ(find(q), Ids{vip});
  q.text = "6281";
  EXPECT_EQ(find(q), (Ids{vip, plain}));
  q.label = "vips";
  EXPECT_EQ(find(q), Ids{plain});
}

TEST_F(PluginDirectoryTest, FindsByIdentity) {
  const auto phone = add_contact(ours, account, {"phone", "+628123456"});
  const auto lid = add_contact(ours, account, {"lid", "99887766554433"});
  const auto group = add_contact(ours, account, {"group", "1203@g.us"});
  const auto stranger = add_contact(theirs, foreign, {"phone", "+628123456"});
  auto q = query();
  q.account_id = account;
  for (const char* spelling : {"+628123456", "628123456", "+62 812-3456", "628123456@c.us"}) {
    q.identity = spelling;
    EXPECT_EQ(find(q), Ids{phone}) << spelling;
  }
  for (const char* spelling : {"99887766554433@lid", "99887766554433"}) {
    q.identity = spelling;
    EXPECT_EQ(find(q), Ids{lid}) << spelling;
  }
  q.identity = "1203@g.us";
  EXPECT_EQ(find(q), Ids{group});
  q.identity = "+628999999";
  EXPECT_EQ(find(q), Ids{});
  q.identity = "' or 1=1 --";
  EXPECT_EQ(find(q), Ids{});
  q.identity = "+628123456";
  q.account_id = other;
  EXPECT_EQ(find(q), Ids{});
  q.account_id = foreign;  // an account of another workspace
  EXPECT_EQ(find(q), Ids{});
  q.workspace_id = theirs;
  EXPECT_EQ(find(q), Ids{stranger});
}

TEST_F(PluginDirectoryTest, ShowsOneRecordOfTheWorkspaceAlone) {
  const auto id = add_contact(ours, account, {"phone", "+62811"});
  auto q = query();
  q.id = id;
  EXPECT_EQ(find(q), Ids{id});
  q.account_id = other;
  EXPECT_EQ(find(q), Ids{});
  q = query();
  q.id = id;
  q.workspace_id = theirs;
  EXPECT_EQ(find(q), Ids{});
  q.kind = GARDU_RECORD_ACCOUNT;
  q.id = account;
  EXPECT_EQ(find(q), Ids{});
}

TEST_F(PluginDirectoryTest, OfLabelsThereIsAnEmptyPage) {
  std::string next = "x";
  EXPECT_EQ(find(query(GARDU_RECORD_LABEL), &next), Ids{});
  EXPECT_EQ(next, "");
}

TEST_F(PluginDirectoryTest, RefusesWhatIsMalformed) {
  const auto expect = [&](const DirectoryQuery& q, std::int32_t code, const std::string& field) {
    const Status status = refused(q);
    EXPECT_EQ(status.code(), code) << field;
    EXPECT_NE(status.message().find(field), std::string::npos) << status.message();
  };
  add_contact(ours, account, {"phone", "+62811"});
  auto q = query();
  q.workspace_id.clear();
  expect(q, GARDU_INVALID, "workspace_id");
  q.workspace_id = uuid_v7();
  expect(q, GARDU_NOT_FOUND, "workspace");
  q = query();
  q.kind = static_cast<gardu_record_kind>(0);
  expect(q, GARDU_INVALID, "kind");
  q = query();
  q.identity = "+62811";
  expect(q, GARDU_INVALID, "account_id");
  q = query();
  q.text = std::string("a\0b", 3);
  expect(q, GARDU_INVALID, "text");
  q.text = "\xFF";
  expect(q, GARDU_INVALID, "text");
  q = query(GARDU_RECORD_ACCOUNT);
  q.label = "vip";
  expect(q, GARDU_INVALID, "label");

  q = query();
  // Not base64; not JSON; ["a"], of accounts; ["x","y"]; ["-1","y"]; ["1",2]
  for (const std::string cursor :
       {"!!!!", "AAAA", "WyJhIl0", "WyJ4IiwieSJd", "WyItMSIsInkiXQ", "WyIxIiwyXQ"}) {
    q.cursor = cursor;
    expect(q, GARDU_INVALID, "cursor");
  }
  q.cursor = std::string(5000, 'A');
  expect(q, GARDU_INVALID, "cursor");
}

TEST_F(PluginDirectoryTest, UpdatesAContact) {
  const auto id = add_contact(ours, account, {"phone", "+62811"}, 1, R"(["old"])", "Ana");
  const Status status =
      update(id, R"({"name":"Ann","labels":["vip"],"custom_fields":{"a":[1,{"b":null}]},
              "archived":true,"blocked":true})");
  EXPECT_TRUE(status.ok()) << status.message();
  json c = contact(id);
  EXPECT_EQ(c.at("name"), "Ann");
  EXPECT_EQ(c.at("labels"), json::array({"vip"}));
  EXPECT_EQ(c.at("custom_fields"), json::parse(R"({"a":[1,{"b":null}]})"));
  EXPECT_EQ(c.at("archived"), true);
  EXPECT_EQ(c.at("blocked"), true);
  auto entries = journal();
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].type, "contact.updated");
  EXPECT_EQ(entries[0].source, "plugin:bot");
  EXPECT_EQ(entries[0].contact_id, id);
  EXPECT_EQ(json::parse(entries[0].data).at("contact").at("name"), "Ann");

  EXPECT_TRUE(update(id, R"({"name":null,"labels":null})").ok());
  c = contact(id);
  EXPECT_EQ(c.at("name"), nullptr);
  EXPECT_EQ(c.at("labels"), json::array({"vip"}));
}

TEST_F(PluginDirectoryTest, UpdatesAConversation) {
  const auto id = add_contact(ours, account, {"phone", "+62811"});
  EXPECT_TRUE(
      update(id, R"({"conversation":{"status":"pending","assigned_to":"u1","auto_reply":false}})")
          .ok());
  EXPECT_EQ(contact(id).at("conversation"),
            (json{{"status", "pending"}, {"assigned_to", "u1"}, {"auto_reply", false}}));
  auto entries = journal();
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].type, "conversation.updated");
  EXPECT_EQ(entries[0].source, "plugin:bot");

  EXPECT_TRUE(update(id, R"({"name":"B","conversation":{"assigned_to":null}})").ok());
  EXPECT_EQ(contact(id).at("conversation").at("assigned_to"), nullptr);
  entries = journal();
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[1].type, "contact.updated");
  EXPECT_EQ(entries[2].type, "conversation.updated");
}

TEST_F(PluginDirectoryTest, NothingToChangeJournalsNothing) {
  const auto id = add_contact(ours, account, {"phone", "+62811"});
  EXPECT_TRUE(update(id, "{}").ok());
  EXPECT_TRUE(update(id, R"({"conversation":{}})").ok());
  EXPECT_TRUE(update(id, R"({"conversation":null})").ok());
  EXPECT_TRUE(journal().empty());
}

TEST_F(PluginDirectoryTest, AWrongPatchNamesTheKeyAndChangesNothing) {
  const auto id = add_contact(ours, account, {"phone", "+62811"}, 1, R"(["old"])", "Ana");
  const json before = contact(id);
  const std::string deep = std::string(70, '[') + std::string(70, ']');
  const std::vector<std::pair<std::string, std::string>> wrong{
      {R"({"name":"B","phone":"+1"})", "phone"},
      {R"({"name":7})", "name"},
      {R"({"archived":true,"name":")" + std::string(256, 'x') + "\"}", "name"},
      {R"({"labels":"vip"})", "labels"},
      {R"({"labels":["vip",1]})", "labels"},
      {R"({"custom_fields":[]})", "custom_fields"},
      {R"({"archived":"true"})", "archived"},
      {R"({"blocked":1})", "blocked"},
      {R"({"name":"B","conversation":[]})", "conversation"},
      {R"({"name":"B","conversation":{"status":"lost"}})", "conversation.status"},
      {R"({"conversation":{"assigned_to":")" + std::string(37, 'u') + "\"}}",
       "conversation.assigned_to"},
      {R"({"conversation":{"auto_reply":"no"}})", "conversation.auto_reply"},
      {R"({"conversation":{"unread":0}})", "conversation.unread"},
      {R"({"name":"B","name":"C"})", "name"},
      {R"({"custom_fields":{"a":1,"a":2}})", "a"},
      {R"({"name":"a\u0000b"})", "patch"},
      {R"({"custom_fields":{"a\u0000b":1}})", "patch"},
      {"{\"name\":\"\xFF\"}", "patch"},
      {R"({"custom_fields":{"a":)" + deep + "}}", "patch"},
      {R"({"name":"B")", "patch"},
      {R"(["name"])", "patch"},
      {"", "patch"},
      {R"({"name":")" + std::string(2U << 20U, 'x') + "\"}", "patch"},
  };
  for (const auto& [patch, key] : wrong) {
    const Status status = update(id, patch);
    EXPECT_EQ(status.code(), GARDU_INVALID) << patch.substr(0, 80);
    EXPECT_EQ(status.message().substr(0, key.size() + 1), key + ":") << patch.substr(0, 80);
  }
  EXPECT_EQ(contact(id), before);
  EXPECT_TRUE(journal().empty());
}

TEST_F(PluginDirectoryTest, AnotherWorkspacesContactIsNotUpdated) {
  const auto id = add_contact(ours, account, {"phone", "+62811"});
  EXPECT_EQ(update(theirs, id, R"({"name":"B"})").code(), GARDU_NOT_FOUND);
  EXPECT_EQ(update(uuid_v7(), id, R"({"name":"B"})").code(), GARDU_NOT_FOUND);
  EXPECT_EQ(update("", id, R"({"name":"B"})").code(), GARDU_INVALID);
  EXPECT_EQ(update(uuid_v7(), R"({"name":"B"})").code(), GARDU_NOT_FOUND);
  EXPECT_EQ(update(id + std::string("\0", 1), R"({"name":"B"})").code(), GARDU_NOT_FOUND);
  EXPECT_EQ(contact(id).at("name"), nullptr);
  EXPECT_TRUE(journal().empty());
}

}  // namespace
}  // namespace gardu::host
