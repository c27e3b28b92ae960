// SPDX-License-Identifier: Apache-2.0
// Troubles of the disk, of the clock, and of servers that refuse.
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "connect_gate.hpp"
#include "storage/cursors.hpp"
#include "support.hpp"

namespace gardu::storage::testing {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

class Sqlite3FaultsTest : public StorageTest {
 protected:
  void append(const std::string& id) {
    write([&](Transaction& tx) { tx.append(event(id)); });
  }
  std::size_t entries() {
    return read([](Session& s) { return journal::read(s, {}); }).size();
  }
  void expect_unavailable(const char* word) {
    for (const Error& e : {error_of([&] { append("lost"); }), error_of([&] { entries(); })}) {
      EXPECT_EQ(e.kind(), ErrorKind::unavailable) << e.what();
      EXPECT_NE(std::string(e.what()).find(file()), std::string::npos) << e.what();
      EXPECT_NE(std::string(e.what()).find(word), std::string::npos) << e.what();
    }
    const Health h = db().health();
    EXPECT_FALSE(h.ok);
    EXPECT_NE(h.text.find(file()), std::string::npos) << h.text;
  }
};

TEST_F(Sqlite3FaultsTest, AFileThatIsGoneTakesNothingAndIsNotMadeAnew) {
  append("before");
  const std::string aside = file() + ".aside";
  fs::rename(file(), aside);
  expect_unavailable("file");
  expect_unavailable("file");
  EXPECT_FALSE(fs::exists(file()));
  fs::rename(aside, file());  // put back: all is well again
  append("after");
  EXPECT_EQ(entries(), 2U);
  EXPECT_TRUE(db().health().ok) << db().health().text;
}

TEST_F(Sqlite3FaultsTest, AFileThatWasReplacedIsNotWrittenTo) {
  append("before");
  const std::string other = file() + ".other";
  db().backup(other);
  fs::rename(other, file());
  expect_unavailable("file");
  close();
  for (const char* end : {"-wal", "-shm"}) fs::remove(file() + end);
  EXPECT_EQ(open()->query([](Session& s) { return journal::newest(s); }), 1);
}

// As large as the file may be now: what a full disk does, without one.
class FileLimit {
 public:
  explicit FileLimit(rlim_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit now{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &now);
  }
  ~FileLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  FileLimit(const FileLimit&) = delete;
  FileLimit& operator=(const FileLimit&) = delete;

 private:
  rlimit before_{};
};

TEST_F(Sqlite3FaultsTest, WhatDoesNotFitIsRefusedAndTheNextFitsWhenThereIsRoom) {
  append("before");
  {
    const FileLimit limit(fs::file_size(file() + "-wal"));
    for (int i = 0; i < 3; ++i) {
      const Error e = error_of([&] { append("too much"); });
      EXPECT_NE(std::string(e.what()).find(file()), std::string::npos) << e.what();
      const Health h = db().health();
      EXPECT_FALSE(h.ok);
      EXPECT_NE(h.text.find(file()), std::string::npos) << h.text;
      EXPECT_EQ(entries(), 1U);  // reading goes on
    }
  }
  // Without anybody writing: who looks at the health finds it again.
  EXPECT_TRUE(db().health().ok) << db().health().text;
  append("after");
  const auto all = read([](Session& s) { return journal::read(s, {}); });
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[1].id, "after");
  EXPECT_EQ(all[1].seq, 2);
  EXPECT_EQ(sql("pragma integrity_check"), "ok");
}

TEST_F(Sqlite3FaultsTest, DamageIsNamedAndStays) {
  add_contact("a", "c");
  write([&](Transaction& tx) {
    for (int i = 0; i < 200; ++i) {
      Message m = message("m" + std::to_string(i));
      m.text = std::string(2000, 'x');
      messages::insert(tx, m);
    }
  });
  const auto root = std::stoll(sql("select rootpage from sqlite_master where name = 'messages'"));
  close();
  {
    std::fstream f(file(), std::ios::in | std::ios::out | std::ios::binary);
    f.seekp((root - 1) * 4096);
    f << std::string(4096, '\x5a');
  }
  const auto damaged = open();
  MessageQuery q;
  q.workspace_id = "w";
  const Error e = error_of([&] { damaged->read([&](Session& s) { (void)messages::list(s, q); }); });
  EXPECT_EQ(e.kind(), ErrorKind::corrupt) << e.what();
  EXPECT_NE(std::string(e.what()).find(file()), std::string::npos) << e.what();
  for (int i = 0; i < 2; ++i) {
    EXPECT_FALSE(damaged->health().ok);
    EXPECT_NE(damaged->health().text.find(file()), std::string::npos);
  }
  const auto writing = open();
  const Error w = error_of([&] {
    writing->writer().run([&](Transaction& tx) { messages::insert(tx, message("new")); });
  });
  EXPECT_EQ(w.kind(), ErrorKind::corrupt) << w.what();
  EXPECT_FALSE(writing->health().ok);
}

TEST_F(Sqlite3FaultsTest, AFileThatIsNoDatabaseIsNamed) {
  const std::string other = file() + ".txt";
  std::ofstream(other) << std::string(10'000, 'x');
  Options o = options();
  o.dsn = other;
  const Error e = error_of([&] { Database database(o); });
  EXPECT_EQ(e.kind(), ErrorKind::corrupt);
  EXPECT_NE(std::string(e.what()).find(other), std::string::npos) << e.what();
}

// As somebody whom the file's mode binds, in a process of its own.
TEST_F(Sqlite3FaultsTest, AReadOnlyFileIsToldAsThat) {
  close();
  fs::permissions(fs::path(file()).parent_path(), fs::perms(0755));
  fs::permissions(file(), fs::perms(0444));
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (::getuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) ::_exit(9);
    int code = 1;
    try {
      Database database(options());
      database.writer().run([](Transaction& tx) { tx.append(event("e")); });
    } catch (const Error& e) {
      const bool named = std::string(e.what()).find(file()) != std::string::npos;
      code = !named ? 2 : e.kind() == ErrorKind::read_only ? 0 : 3;
    }
    ::_exit(code);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

class ClockTest : public StorageTest {};

TEST_F(ClockTest, OneThatIsSetBackLeavesOrderAndLeases) {
  constexpr std::int64_t kNow = 1'790'000'000'000, kDay = 24LL * 3600 * 1000;
  const auto add = [&](const std::string& id, std::int64_t at) {
    write([&](Transaction& tx) {
      JournalEntry e = event(id);
      e.recorded_at = e.occurred_at = at;
      tx.append(e);
    });
  };
  add("first", kNow);
  add("second", kNow - kDay);
  const auto all = read([](Session& s) { return journal::read(s, {}); });
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[1].id, "second");
  // A lease from before ends nobody's deliveries for a day.
  write([&](Transaction& tx) {
    cursors::set(tx, "p", 0);
    EXPECT_TRUE(cursors::lease(tx, "p", "one", kNow, kNow + 10'000));
    EXPECT_FALSE(cursors::lease(tx, "p", "two", kNow + 1, kNow + 10'001));
    EXPECT_FALSE(cursors::lease(tx, "p", "two", kNow - 60'000, kNow - 50'000));
    EXPECT_TRUE(cursors::lease(tx, "p", "two", kNow - kDay, kNow - kDay + 10'000));
  });
}

TEST(ConnectGate, AsksAServerThatRefusesAfterGrowingPauses) {
  ConnectGate gate;
  auto now = ConnectGate::Clock::now();
  const auto start = now;
  int tries = 0;
  milliseconds longest{0};
  auto last = now;
  for (; now < start + std::chrono::seconds(20); now += milliseconds(5)) {
    try {
      gate.enter(now);
    } catch (const Error& e) {
      EXPECT_STREQ(e.what(), "refused");
      continue;
    }
    ++tries;
    longest = std::max(longest, std::chrono::duration_cast<milliseconds>(now - last));
    last = now;
    gate.failed({ErrorKind::unavailable, "refused"}, now);
  }
  EXPECT_GE(tries, 10);
  EXPECT_LE(tries, 30);
  EXPECT_LE(longest, ConnectGate::kMost + milliseconds(10));
}

TEST(ConnectGate, LetsOneTryAtATimeAndAllOnceItIsBack) {
  ConnectGate gate;
  const auto now = ConnectGate::Clock::now();
  gate.enter(now);
  gate.enter(now);  // nothing is known to be wrong
  gate.failed({ErrorKind::unavailable, "gone"}, now);
  const auto later = now + ConnectGate::kFirst;
  gate.enter(later);
  EXPECT_THROW(gate.enter(later), Error);
  gate.succeeded();
  gate.enter(later);
  gate.enter(later);
}

}  // namespace
}  // namespace gardu::storage::testing
