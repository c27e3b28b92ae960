// SPDX-License-Identifier: Apache-2.0
// Databases of every earlier version, with data, taken to the newest; by several hosts at once; and
// that a migration which was published never changes.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <map>
#include <thread>

#include "earlier_rows.hpp"
#include "storage/backlog.hpp"
#include "storage/cursors.hpp"
#include "storage/idempotency.hpp"
#include "storage/media.hpp"
#include "storage/plugin_kv.hpp"
#include "storage/tokens.hpp"
#include "storage/users.hpp"
#include "support.hpp"

namespace gardu::storage::testing {
namespace {

// The versions that a database may have been left at.
std::vector<int> earlier_versions() {
  std::vector<int> out;
  for (int v = 1; v <= Database::newest_schema(); ++v) out.push_back(v);
  return out;
}

void make_earlier(const EmptyDatabase& empty, int version, const std::vector<EarlierRow>& rows) {
  Database database(empty.options());
  database.migrate(version);
  ASSERT_EQ(database.schema_version(), version);
  insert(empty, rows);
  // Of SQLite's index of texts; later versions enter a text with its insertion, not by a trigger.
  constexpr int kEnteredByTrigger = 3;
  if (backend() == "sqlite3" && version > kEnteredByTrigger)
    empty.sql("insert into message_text (message_text) values ('rebuild')");
}

void expect_all(const EmptyDatabase& empty, const std::vector<EarlierRow>& rows) {
  std::map<std::string, int> tables;
  for (const EarlierRow& row : rows) {
    ++tables[row.table];
    EXPECT_EQ(count_equal(empty, row), 1) << row.table << " " << tables[row.table];
  }
  for (const auto& [table, n] : tables)
    EXPECT_EQ(empty.sql("select count(*) from " + table), std::to_string(n)) << table;
}

// What today's repositories make of it.
void read_first(Session& s) {
  for (const std::string w : {"w1", "w2"}) {
    const auto workspace = workspaces::get(s, w);
    ASSERT_TRUE(workspace);
    EXPECT_EQ(workspace->name, odd_text());
    EXPECT_TRUE(users::find_by_email(s, w + "@example.org"));
    EXPECT_TRUE(memberships::get(s, w, w + "-u"));
    EXPECT_TRUE(tokens::find_by_hash(s, std::string(63, 'f') + w.back()));
    const auto account = accounts::get(s, w, w + "-a");
    ASSERT_TRUE(account);
    EXPECT_EQ(account->credentials, "c2VhbGVk");
    const auto contact = contacts::get(s, w, w + "-c");
    ASSERT_TRUE(contact);
    EXPECT_EQ(contact->last_message_id, w + "-m2");
    EXPECT_EQ(contact->identities.size(), 1U);
    MessageQuery all;
    all.workspace_id = w;
    const auto messages = messages::list(s, all);
    ASSERT_EQ(messages.size(), 3U);
    EXPECT_EQ(messages[1].text, long_text());
    EXPECT_EQ(messages[2].text, odd_text() + " pelangi");
    EXPECT_TRUE(messages::find(s, w + "-a", "wamid.same"));
    for (const char* q : {"pelangi", "kucing"}) {
      MessageQuery search = all;
      search.q = q;
      EXPECT_EQ(messages::list(s, search).size(), 1U) << q;
    }
    EXPECT_TRUE(media::find_by_hash(s, w, std::string(64, 'a')));
    EXPECT_EQ(outbox::list(s, w, "held", 0, 10).size(), 1U);
    const auto answer = idempotency::get(s, w, "Key", 0);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->body, long_text());
    EXPECT_EQ(journal::of_message(s, w, w + "-m1").size(), 1U);
  }
  EXPECT_EQ(cursors::get(s, "auto_reply"), 2);
  EXPECT_EQ(journal::newest(s), 2);
}

void read_second(Session& s) {
  EXPECT_EQ(backlog::parked(s, "p-parked", 0, 10).size(), 1U);
  EXPECT_EQ(backlog::lanes(s, "p-waiting").size(), 1U);
  EXPECT_EQ(plugin_kv::scan(s, "campaign", "", "", 10, 0).size(), 1U);
}

TEST(UpgradeTest, EveryEarlierVersionComesToTheNewestWithAllItsData) {
  for (const int version : earlier_versions()) {
    SCOPED_TRACE(version);
    const EmptyDatabase empty;
    const auto rows = earlier_rows(version);
    make_earlier(empty, version, rows);
    Database database(empty.options());
    database.migrate();
    EXPECT_EQ(database.schema_version(), Database::newest_schema());
    expect_all(empty, rows);
    database.read([&](Session& s) {
      read_first(s);
      if (version >= 2) read_second(s);
    });
    // And it goes on from there.
    database.writer().run([](Transaction& tx) {
      JournalEntry e = event("after");
      e.workspace_id = "w1";
      EXPECT_EQ(tx.append(e), 3);
      const auto held = outbox::list(tx, "w1", "held", 0, 1).front();
      EXPECT_TRUE(outbox::requeue(tx, held, 0, 0, std::nullopt));
    });
  }
}

TEST(UpgradeTest, WhatAnEarlierVersionDeletesGoesWithItsFullText) {
  const EmptyDatabase empty;
  make_earlier(empty, 1, earlier_rows(1));
  Database database(empty.options());
  database.migrate();
  database.writer().run([](Transaction& tx) { workspaces::remove(tx, "w1"); });
  EXPECT_EQ(empty.sql("select count(*) from messages where workspace_id = 'w1'"), "0");
  MessageQuery q;
  q.workspace_id = "w2";
  q.q = "pelangi";
  const auto found = [&] {
    return database.query([&](Session& s) { return messages::list(s, q); }).size();
  };
  // While MariaDB writes what it has indexed of the long texts to its disk, it may find nothing.
  for (int tries = 0; found() != 1 && tries < 1000; ++tries) std::this_thread::yield();
  EXPECT_EQ(found(), 1U);
}

TEST(UpgradeTest, HostsThatStartTogetherOnOneUpgradeItOnce) {
  for (int version = 0; version < Database::newest_schema(); ++version) {
    SCOPED_TRACE(version);
    const EmptyDatabase empty;
    const auto rows = version == 0 ? std::vector<EarlierRow>{} : earlier_rows(version);
    if (version > 0) make_earlier(empty, version, rows);
    std::atomic<int> ready{0}, fine{0};
    std::vector<std::thread> hosts;
    for (int i = 0; i < 4; ++i)
      hosts.emplace_back([&] {
        Database database(empty.options());
        ++ready;
        while (ready < 4) std::this_thread::yield();
        database.migrate();
        if (database.schema_version() == Database::newest_schema()) ++fine;
      });
    for (auto& h : hosts) h.join();
    EXPECT_EQ(fine, 4);
    EXPECT_EQ(empty.sql("select count(*) from schema_migrations"),
              std::to_string(Database::newest_schema()));
    EXPECT_EQ(empty.sql("select count(*) from counters where name = 'journal'"), "1");
    expect_all(empty, rows);
  }
}

// As two programs do, each with nothing of the other's memory.
TEST(UpgradeTest, ProcessesThatStartTogetherMigrateOnce) {
  for (int version = 0; version < Database::newest_schema(); ++version) {
    SCOPED_TRACE(version);
    const EmptyDatabase empty;
    if (version > 0) make_earlier(empty, version, earlier_rows(version));
    int gate[2];
    ASSERT_EQ(::pipe(gate), 0);
    std::vector<pid_t> children;
    for (int i = 0; i < 3; ++i) {
      const pid_t child = ::fork();
      ASSERT_GE(child, 0);
      if (child == 0) {
        ::close(gate[1]);
        char byte = 0;
        (void)!::read(gate[0], &byte, 1);  // ends for all at once, when the parent closes it
        int code = 1;
        try {
          Database database(empty.options());
          database.migrate();
          code = database.schema_version() == Database::newest_schema() ? 0 : 2;
        } catch (const std::exception& e) {
          ::fprintf(stderr, "%s\n", e.what());
        }
        ::_exit(code);
      }
      children.push_back(child);
    }
    ::close(gate[0]);
    ::close(gate[1]);
    for (const pid_t child : children) {
      int status = 0;
      ASSERT_EQ(::waitpid(child, &status, 0), child);
      EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
    }
    EXPECT_EQ(empty.sql("select count(*) from schema_migrations"),
              std::to_string(Database::newest_schema()));
  }
}

TEST(UpgradeTest, ANewerDatabaseIsRefusedAndLeftAsItIs) {
  const EmptyDatabase empty;
  Database database(empty.options());
  database.migrate();
  empty.sql("insert into schema_migrations values (1000, 'later', 0)");
  for (const auto& act :
       {+[](Database& d) { d.migrate(); }, +[](Database& d) { d.refuse_newer_schema(); }}) {
    const Error e = error_of([&] { act(database); });
    EXPECT_EQ(e.kind(), ErrorKind::newer_schema);
    const std::string text = e.what();
    for (const std::string& part :
         {std::string("1000"), std::to_string(Database::newest_schema()), empty.place()})
      EXPECT_NE(text.find(part), std::string::npos) << text;
  }
  EXPECT_EQ(empty.sql("select max(version) from schema_migrations"), "1000");
}

}  // namespace
}  // namespace gardu::storage::testing
