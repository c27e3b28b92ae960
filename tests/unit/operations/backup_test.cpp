// SPDX-License-Identifier: Apache-2.0
// A copy of a database that is being written to.
#include <atomic>
#include <thread>

#include "earlier_rows.hpp"
#include "support.hpp"

namespace gardu::storage::testing {
namespace {

class BackupTest : public StorageTest {};

TEST_F(BackupTest, IsOfOneMomentWhileOthersWrite) {
  if (backend() != "sqlite3") {
    const Error e = error_of([&] { db().backup(file() + "-copy"); });
    EXPECT_NE(std::string(e.what()).find("dump"), std::string::npos);
    return;
  }
  // Of many steps, and never ended by one who begins anew with each write.
  write([&](Transaction& tx) {
    for (int i = 0; i < 40; ++i) {
      JournalEntry e = event("large");
      e.data = long_text();
      tx.append(e);
    }
  });
  std::atomic<bool> done{false};
  std::atomic<int> written{0};
  std::thread writer([&] {
    while (!done) {
      write([&](Transaction& tx) {
        tx.append(event("pair"));
        tx.append(event("pair"));
      });
      ++written;
    }
  });
  const auto other = open();  // as another process does
  for (int i = 0; i < 3; ++i) {
    const int before = written;
    const std::string copy = file() + "-copy" + std::to_string(i);
    other->backup(copy);
    const int after = written;
    EXPECT_GT(after, before);
    Options o = options();
    o.dsn = copy;
    Database restored(o);
    const auto pairs = (restored.query([](Session& s) { return journal::newest(s); }) - 40);
    EXPECT_EQ(pairs % 2, 0);
    EXPECT_GE(pairs / 2, before);
    EXPECT_LE(pairs / 2, after);
    restored.migrate();
    restored.writer().run([](Transaction& tx) { tx.append(event("goes on")); });
    EXPECT_EQ(restored.query([](Session& s) {
      JournalQuery q;
      q.limit = 1'000'000;
      return journal::read(s, q).size();
    }),
              static_cast<std::size_t>(41 + pairs));
  }
  done = true;
  writer.join();
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(file()).parent_path()))
    EXPECT_EQ(entry.path().string().find("-copy0."), std::string::npos) << "a draft was left";
}

}  // namespace
}  // namespace gardu::storage::testing
