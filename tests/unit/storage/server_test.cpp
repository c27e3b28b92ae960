// SPDX-License-Identifier: Apache-2.0
// What only a server can do: go away, and have two hosts at once.
#include <algorithm>
#include <atomic>
#include <sstream>
#include <thread>

#include "support.hpp"

namespace gardu::storage::testing {
namespace {

class ServerTest : public StorageTest {
 protected:
  // Ends every connection to the database, as a restart of the server does.
  void cut() {
    if (backend() == "postgresql") {
      sql("select count(pg_terminate_backend(pid)) from pg_stat_activity where "
          "datname = current_database() and pid <> pg_backend_pid()");
      return;
    }
    std::istringstream ids(
        sql("select group_concat(id separator ' ') from information_schema.processlist where "
            "db = database() and id <> connection_id()"));
    for (std::string id; ids >> id;) {
      try {
        sql("kill " + id);
      } catch (const std::exception&) {
        // It has just gone by itself.
      }
    }
  }
  void append(Database& database, const std::string& id) {
    database.writer().run([&](Transaction& tx) { tx.append(event(id)); });
  }
};

TEST_F(ServerTest, ALostConnectionIsMadeAnewUnnoticed) {
  append(db(), "one");
  for (int i = 0; i < 3; ++i) {
    (void)read([](Session& s) { return journal::newest(s); });
    cut();
    EXPECT_EQ(read([](Session& s) { return journal::newest(s); }), i + 1);
    append(db(), "more");
    EXPECT_TRUE(db().health().ok);
  }
}

TEST_F(ServerTest, AConnectionThatIsLostInATransactionFailsThatOneAlone) {
  const Error e = error_of([&] {
    write([&](Transaction& tx) {
      tx.append(event("lost"));
      cut();
      tx.append(event("too"));
    });
  });
  EXPECT_EQ(e.kind(), ErrorKind::unavailable);
  append(db(), "after");
  const auto entries = read([](Session& s) { return journal::read(s, {}); });
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].id, "after");
  EXPECT_EQ(entries[0].seq, 1);
}

TEST_F(ServerTest, AReadWhoseConnectionIsLostSaysSoAndTheNextOneWorks) {
  const Error e = error_of([&] {
    db().read([&](Session& s) {
      journal::newest(s);
      cut();
      journal::newest(s);
    });
  });
  EXPECT_EQ(e.kind(), ErrorKind::unavailable);
  EXPECT_EQ(read([](Session& s) { return workspaces::count(s); }), 1);
}

TEST_F(ServerTest, TwoHostsWriteInTheOrderOfSeq) {
  const auto other = open();
  constexpr int kEach = 200;
  std::vector<std::vector<std::int64_t>> committed(2);
  const auto host = [&](Database& database, std::vector<std::int64_t>& seqs) {
    database.writer().set_on_commit([&](std::vector<JournalEntry>&& entries) {
      for (const auto& e : entries) seqs.push_back(e.seq);
    });
    std::vector<std::thread> callers;
    for (int t = 0; t < 4; ++t)
      callers.emplace_back([&database, this] {
        for (int i = 0; i < kEach / 4; ++i) append(database, "e");
      });
    for (auto& c : callers) c.join();
    database.writer().stop();
  };
  const auto third = open();
  // Whoever reads sees no seq appear behind one that was there.
  std::atomic<bool> done{false};
  std::thread reader([&] {
    std::int64_t newest = 0;
    while (!done) {
      JournalQuery q;
      q.after_seq = newest;
      for (const auto& e : third->query([&](Session& s) { return journal::read(s, q); })) {
        EXPECT_EQ(e.seq, newest + 1);
        newest = e.seq;
      }
    }
  });
  std::thread first([&] { host(db(), committed[0]); });
  host(*other, committed[1]);
  first.join();
  done = true;
  reader.join();
  for (const auto& seqs : committed) {
    EXPECT_EQ(seqs.size(), static_cast<std::size_t>(kEach));
    EXPECT_TRUE(std::is_sorted(seqs.begin(), seqs.end()));
  }
  EXPECT_EQ(read([](Session& s) { return journal::newest(s); }), 2 * kEach);
}

TEST_F(ServerTest, AServerThatIsNotThereIsUnavailableAndItsPasswordUntold) {
  Options options = this->options();
  const auto port = options.dsn.find("port=");
  options.dsn.replace(port, options.dsn.find(' ', port) - port, "port=1");
  std::string password = "password=s3cret";
  if (const auto own = options.dsn.find("password="); own != std::string::npos)
    options.dsn.replace(own, options.dsn.find(' ', own) - own, password);
  else
    options.dsn += " " + password;
  const Error e = error_of([&] { Database database(options); });
  EXPECT_EQ(e.kind(), ErrorKind::unavailable);
  EXPECT_EQ(std::string(e.what()).find("s3cret"), std::string::npos) << e.what();
  EXPECT_NE(std::string(e.what()).find("127.0.0.1"), std::string::npos) << e.what();
}

}  // namespace
}  // namespace gardu::storage::testing
