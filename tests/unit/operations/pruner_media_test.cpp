// SPDX-License-Identifier: Apache-2.0
// Retention of files: by age, and only those that no message names.
#include <fstream>

#include "app/media_store.hpp"
#include "base/time.hpp"
#include "pruner_support.hpp"
#include "storage/media.hpp"

namespace gardu::storage::testing {
namespace {

namespace fs = std::filesystem;

class PrunerMediaTest : public PrunerTest {
 protected:
  // A row and its file, both that old. The id.
  std::string add_file(const std::string& bytes, std::int64_t days_old,
                       const std::string& type = "image/png") {
    Media m;
    m.id = host::uuid_v7();
    m.workspace_id = "w";
    m.sha256 = std::string(64 - bytes.size(), '0') + bytes;
    m.mime_type = type;
    m.size = static_cast<std::int64_t>(bytes.size());
    m.path = path_of(bytes);
    m.state = "ready";
    m.created_at = now_ - days_old * kDay;
    write([&](Transaction& tx) { media::insert(tx, m); });
    const fs::path file = media_ / m.path;
    fs::create_directories(file.parent_path());
    std::ofstream(file) << bytes;
    fs::last_write_time(file, fs::file_time_type::clock::now() - std::chrono::hours(20'000));
    return m.id;
  }
  static std::string path_of(const std::string& bytes) { return "w/00/" + bytes; }
  bool there(const std::string& bytes) const { return fs::exists(media_ / path_of(bytes)); }
  bool row(const std::string& id) {
    return read([&](Session& s) { return media::get(s, "w", id).has_value(); });
  }
  static std::string naming(const std::string& id) {
    return R"({"media":{"id":")" + id + R"(","caption":"x"}})";
  }
};

TEST_F(PrunerMediaTest, WhatNoMessageNamesGoesWithItsFile) {
  const auto loose = add_file("loose", 90), young = add_file("young", 1),
             named = add_file("named", 90), gone = add_file("gone", 90),
             nested = add_file("nested", 90);
  add_message("old", 90, naming(gone));
  add_message("new", 1, naming(named));
  add_message("template", 1,
              R"({"template":{"components":[{"image":{"id":")" + nested + R"("}}]}})");
  EXPECT_EQ(pruner(30).look().workspaces.front().files, 2);
  const auto one = prune(30);
  EXPECT_EQ(one.files, 2);
  EXPECT_EQ(one.bytes, 9);
  EXPECT_FALSE(row(loose) || there("loose") || row(gone) || there("gone"));
  EXPECT_TRUE(row(young) && there("young") && row(named) && there("named"));
  EXPECT_TRUE(row(nested) && there("nested"));
}

TEST_F(PrunerMediaTest, AFileStaysWhileAnotherRowHasIt) {
  const auto first = add_file("same", 90);
  const auto second = add_file("same", 90, "image/webp");
  add_message("new", 1, naming(second));
  EXPECT_EQ(prune(30).files, 1);
  EXPECT_FALSE(row(first));
  EXPECT_TRUE(row(second) && there("same"));
}

TEST_F(PrunerMediaTest, AFileThatIsMissingIsNoTrouble) {
  const auto id = add_file("lost", 90);
  fs::remove(media_ / path_of("lost"));
  EXPECT_EQ(prune(30).files, 1);
  EXPECT_FALSE(row(id));
}

// Somebody stores the same bytes at this very moment: the file is in its place, its row not yet.
TEST_F(PrunerMediaTest, AFileThatWasJustPutThereStays) {
  add_file("fresh", 90);
  fs::last_write_time(media_ / path_of("fresh"), fs::file_time_type::clock::now());
  EXPECT_EQ(prune(30).files, 1);
  EXPECT_TRUE(there("fresh"));
}

TEST_F(PrunerMediaTest, AMessageThatComesMeanwhileSavesItsFile) {
  const auto first = add_file("first", 90), second = add_file("second", 90);
  auto o = options(30);
  o.batch = 1;
  bool done = false;
  o.observe = [&](int, std::chrono::microseconds) {
    if (std::exchange(done, true)) return;
    add_message("meanwhile", 0, naming(row(first) ? first : second));
  };
  host::Pruner(db(), o, log_).run();
  EXPECT_EQ(int{row(first)} + int{row(second)}, 1);
  EXPECT_EQ(int{there("first")} + int{there("second")}, 1);
}

// What comes between two batches may name a file of any later one.
TEST_F(PrunerMediaTest, AMessageSavesTheFileOfALaterBatch) {
  Ids ids;
  for (const char* name : {"one", "two", "three"}) ids.push_back(add_file(name, 90));
  auto o = options(30);
  o.batch = 1;
  bool done = false;
  o.observe = [&](int, std::chrono::microseconds) {
    if (!std::exchange(done, true)) add_message("meanwhile", 0, naming(ids.back()));
  };
  host::Pruner(db(), o, log_).run();
  EXPECT_FALSE(row(ids[0]) || row(ids[1]) || there("one") || there("two"));
  EXPECT_TRUE(row(ids[2]) && there("three"));
}

// SQLite gives the number of the newest message again once that one is gone.
TEST_F(PrunerMediaTest, AMessageWithTheNumberOfOneThatIsGoneSavesItsFile) {
  Ids ids;
  for (const char* name : {"one", "two", "three"}) ids.push_back(add_file(name, 90));
  add_message("newest", 0, "{}");
  auto o = options(30);
  o.batch = 1;
  bool done = false;
  o.observe = [&](int, std::chrono::microseconds) {
    if (std::exchange(done, true)) return;
    sql("delete from messages where id = 'newest'");
    add_message("meanwhile", 0, naming(ids.back()));
  };
  host::Pruner(db(), o, log_).run();
  EXPECT_FALSE(row(ids[0]) || row(ids[1]));
  EXPECT_TRUE(row(ids[2]) && there("three"));
}

TEST_F(PrunerMediaTest, MessagesAreLookedThroughInWindowsWithoutLosingTheLease) {
  add_workspace("w2");
  add_account("w2", "a2");
  add_contact("a2", "c2");
  const auto named = add_file("named", 90);
  add_file("loose", 90);
  for (int i = 0; i < 60; ++i) {
    const std::string n = std::to_string(i);
    add_message("m" + n, 1, i == 59 ? naming(named) : "{}");
    if (i % 3 == 0) add_message("other" + n, 1, naming(named), "c2", "w2", "a2");
  }
  sql("delete from messages where id in ('m20', 'm21', 'm22', 'm23')");  // leave a gap
  // Each look takes a minute.
  int looks = 0;
  auto traced = StorageTest::options();
  traced.trace = [&](const TracedStatement& s) {
    if (s.sql.find("select content from messages") == std::string_view::npos) return;
    ++looks;
    now_ += 60'000;
    EXPECT_GT(std::stoll(sql("select value from counters where name = 'prune_lease'")), now_);
  };
  Database database(traced);
  auto o = options(30);
  o.window = 4;
  const auto report = host::Pruner(database, o, log_).run();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->workspaces.front().files, 1);
  EXPECT_TRUE(row(named) && there("named") && !there("loose"));
  EXPECT_GE(looks, 19);
}

TEST_F(PrunerMediaTest, WhatASparedMessageNamesIsNotCounted) {
  const auto named = add_file("named", 90);
  add_message("held", 90, naming(named));
  write([&](Transaction& tx) {
    OutboxEntry e;
    e.message_id = "held";
    e.workspace_id = "w";
    e.account_id = "a";
    e.contact_id = "c";
    e.state = "held";
    outbox::enqueue(tx, e);
  });
  EXPECT_EQ(pruner(30).look().workspaces.front().files, 0);
  EXPECT_EQ(prune(30).files, 0);
  EXPECT_TRUE(row(named) && there("named"));
}

TEST_F(PrunerMediaTest, ARunThatIsBrokenOffLeavesNoFileWithoutARow) {
  const auto first = add_file("first", 90), second = add_file("second", 90);
  auto o = options(30);
  o.batch = 1;
  host::Pruner* running = nullptr;
  o.observe = [&](int, std::chrono::microseconds) { running->stop(); };
  host::Pruner broken(db(), o, log_);
  running = &broken;
  EXPECT_THROW(broken.run(), Error);
  EXPECT_FALSE(row(first) || there("first"));
  EXPECT_TRUE(row(second) && there("second"));
}

TEST_F(PrunerMediaTest, AFileThatNoRowNamesGoesAfterADay) {
  const auto put = [&](const std::string& workspace, const std::string& hash, int hours) {
    const fs::path file = media_ / workspace / hash.substr(0, 2) / hash;
    fs::create_directories(file.parent_path());
    std::ofstream(file) << "bytes";
    const std::filesystem::file_time_type now = fs::file_time_type::clock::now();
    fs::last_write_time(file, now - std::chrono::hours(hours));
    return file;
  };
  const auto hash = [](const char* end) { return std::string(62, 'a') + end; };
  now_ = host::now_ms();
  Media m;
  m.id = host::uuid_v7();
  m.workspace_id = "w";
  m.sha256 = hash("01");
  m.path = "w/aa/" + m.sha256;
  m.state = "ready";
  m.created_at = now_;
  write([&](Transaction& tx) { media::insert(tx, m); });
  const auto named = put("w", hash("01"), 200), leaked = put("w", hash("02"), 200),
             young = put("w", hash("03"), 20), gone = put("gone", hash("01"), 200),
             other = put("w", "aa-notes", 200);
  EXPECT_TRUE(pruner(0).due());
  EXPECT_EQ(pruner(0).run()->swept, 2);
  EXPECT_FALSE(fs::exists(leaked) || fs::exists(gone) || fs::exists(media_ / "gone"));
  EXPECT_TRUE(fs::exists(named) && fs::exists(young) && fs::exists(other));
  EXPECT_EQ(pruner(0).run()->swept, 0);
}

TEST_F(PrunerMediaTest, WhatIsStoredAgainCountsAsNew) {
  const std::string workspace = host::uuid_v7();
  add_workspace(workspace);
  host::MediaStore store(db(), media_, 1000);
  const auto put = [&](const std::string& type) {
    MediaInfo info;
    info.workspace_id = workspace;
    info.mime_type = type;
    const auto writer = store.open("p", info);
    EXPECT_TRUE(writer);
    EXPECT_TRUE(store.append("p", *writer, "bytes").ok());
    return *store.finish("p", *writer, true);
  };
  const auto png = put("image/png"), webp = put("image/webp");
  sql("update media set created_at = created_at - " + std::to_string(90 * kDay));
  EXPECT_EQ(put("image/png"), png);
  EXPECT_EQ(put("image/webp"), webp);
  EXPECT_EQ(put("image/png"), png);
  EXPECT_EQ(sql("select count(*) from media"), "2");
  now_ = read([&](Session& s) { return media::get(s, workspace, png); })->created_at + kDay;
  prune(30);
  EXPECT_EQ(sql("select count(*) from media"), "2");
}

}  // namespace
}  // namespace gardu::storage::testing
