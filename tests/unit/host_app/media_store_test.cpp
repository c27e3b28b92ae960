// SPDX-License-Identifier: Apache-2.0
#include "app/media_store.hpp"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <chrono>
#include <fstream>
#include <thread>
#include <vector>

#include "app/media_names.hpp"
#include "base/crypto.hpp"
#include "storage/media.hpp"
#include "support.hpp"

namespace gardu::host {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxSize = 1000;

class MediaStoreTest : public testing::AppTest {
 protected:
  MediaInfo info(const std::string& type = "text/plain", const std::string& name = "a.txt") const {
    MediaInfo out;
    out.workspace_id = ours;
    out.mime_type = type;
    out.file_name = name;
    return out;
  }
  std::uint64_t open(const MediaInfo& what, const std::string& plugin = "bot") {
    const auto writer = store.open(plugin, what);
    EXPECT_TRUE(writer) << writer.status().message();
    return writer ? *writer : 0;
  }
  std::string keep(const MediaInfo& what, std::string_view bytes) {
    const auto writer = open(what);
    const Status appended = store.append("bot", writer, bytes);
    EXPECT_TRUE(appended.ok()) << appended.message();
    const auto id = store.finish("bot", writer, true);
    EXPECT_TRUE(id) << id.status().message();
    return id ? *id : "";
  }
  // The names of all files below the folder.
  std::vector<fs::path> files() const {
    std::vector<fs::path> out;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
      if (entry.is_regular_file()) out.push_back(fs::relative(entry.path(), folder));
    return out;
  }
  static mode_t mode(const fs::path& path) {
    struct stat found {};
    EXPECT_EQ(::stat(path.c_str(), &found), 0) << path;
    return found.st_mode & 07777;
  }

  const fs::path folder = directory / "media";
  MediaStore store{database, folder, kMaxSize};
};

TEST_F(MediaStoreTest, KeepsAFileAndShowsIt) {
  const auto writer = open(info("audio/ogg; codecs=opus", "voice.ogg"));
  EXPECT_TRUE(store.append("bot", writer, "hello ").ok());
  EXPECT_TRUE(store.append("bot", writer, "").ok());
  EXPECT_TRUE(store.append("bot", writer, "world").ok());
  const auto id = store.finish("bot", writer, true);
  ASSERT_TRUE(id);
  EXPECT_TRUE(is_uuid(*id));

  const std::string sha = sha256_hex("hello world");
  const auto found = store.stat(ours, *id);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->workspace_id, ours);
  EXPECT_EQ(found->id, *id);
  EXPECT_EQ(found->mime_type, "audio/ogg; codecs=opus");
  EXPECT_EQ(found->file_name, "voice.ogg");
  EXPECT_EQ(found->sha256, sha);
  EXPECT_EQ(found->bytes, 11U);

  EXPECT_EQ(*store.read(ours, *id, 0, 5), "hello");
  EXPECT_EQ(*store.read(ours, *id, 6, 100), "world");
  EXPECT_EQ(*store.read(ours, *id, 11, 100), "");
  EXPECT_EQ(*store.read(ours, *id, ~std::uint64_t{0}, ~std::uint64_t{0}), "");
  EXPECT_EQ(*store.read(ours, *id, 0, 0), "");

  EXPECT_EQ(files(), std::vector<fs::path>{fs::path(ours) / sha.substr(0, 2) / sha});
  EXPECT_EQ(mode(folder), 0700U);
  EXPECT_EQ(mode(folder / ours), 0700U);
  EXPECT_EQ(mode(folder / files()[0]), 0600U);
}

TEST_F(MediaStoreTest, KeepsAnEmptyFile) {
  const auto id = keep(info(), "");
  EXPECT_EQ(store.stat(ours, id)->bytes, 0U);
  EXPECT_EQ(*store.read(ours, id, 0, 10), "");
}

TEST_F(MediaStoreTest, KeepsTheSameBytesOnce) {
  const auto first = keep(info(), "same");
  EXPECT_EQ(keep(info(), "same"), first);
  const auto renamed = keep(info("text/plain", "b.txt"), "same");
  const auto retyped = keep(info("text/csv"), "same");
  EXPECT_NE(renamed, first);
  EXPECT_NE(retyped, first);
  EXPECT_NE(retyped, renamed);
  EXPECT_TRUE(is_uuid(renamed));
  EXPECT_EQ(keep(info("text/plain", "b.txt"), "same"), renamed);
  EXPECT_EQ(keep(info("text/csv"), "same"), retyped);
  EXPECT_EQ(keep(info(), "same"), first);
  EXPECT_EQ(store.stat(ours, renamed)->file_name, "b.txt");
  EXPECT_EQ(*store.read(ours, renamed, 0, 10), "same");
  EXPECT_EQ(files().size(), 1U);
}

TEST_F(MediaStoreTest, StoringAgainMendsAFile) {
  const auto id = keep(info(), "precious");
  const fs::path file = folder / files().at(0);
  std::ofstream(file, std::ios::trunc) << "rot";
  EXPECT_EQ(store.read(ours, id, 0, 10).status().code(), GARDU_INTERNAL);
  write([&](storage::Transaction& tx) { storage::media::set_state(tx, ours, id, "failed"); });
  EXPECT_EQ(store.read(ours, id, 0, 10).status().code(), GARDU_NOT_FOUND);
  EXPECT_EQ(keep(info(), "precious"), id);
  EXPECT_EQ(*store.read(ours, id, 0, 10), "precious");
}

TEST_F(MediaStoreTest, AnotherWorkspacesFileIsNotFound) {
  const auto id = keep(info(), "ours");
  EXPECT_EQ(store.stat(theirs, id).status().code(), GARDU_NOT_FOUND);
  EXPECT_EQ(store.read(theirs, id, 0, 10).status().code(), GARDU_NOT_FOUND);
  auto same = info();
  same.workspace_id = theirs;
  const auto copy = keep(same, "ours");
  EXPECT_NE(copy, id);
  EXPECT_EQ(store.stat(ours, copy).status().code(), GARDU_NOT_FOUND);
  EXPECT_EQ(files().size(), 2U);
}

TEST_F(MediaStoreTest, IdsThatAreNoneAreNotFollowed) {
  std::ofstream(directory / "secret") << "secret";
  for (const std::string id : {"", "..", "../secret", "/etc/passwd", "a/b", "a\\b", "."}) {
    EXPECT_EQ(store.read(ours, id, 0, 10).status().code(), GARDU_NOT_FOUND) << id;
    EXPECT_EQ(store.stat(id, id).status().code(), GARDU_NOT_FOUND) << id;
    auto what = info();
    what.workspace_id = id;
    EXPECT_EQ(store.open("bot", what).status().code(), GARDU_INVALID) << id;
  }
  auto what = info();
  what.workspace_id = ours + std::string("\0", 1);
  EXPECT_EQ(store.open("bot", what).status().code(), GARDU_INVALID);
  what.workspace_id = uuid_v7();
  EXPECT_EQ(store.open("bot", what).status().code(), GARDU_NOT_FOUND);
  EXPECT_FALSE(fs::exists(folder / what.workspace_id));
}

TEST_F(MediaStoreTest, RefusesWhatIsNoMediaType) {
  for (const std::string type :
       {"", "text", "text/", "/plain", "text/plain;", "text/plain; x", "text/plain; x=", "te xt/a",
        "text/plain\n", "text/plain; x=\"open", "text/plain; x=\"a\nb\"", "text/plain/more",
        "t\xC3\xA9xt/plain"})
    EXPECT_EQ(store.open("bot", info(type)).status().code(), GARDU_INVALID) << type;
  EXPECT_EQ(store.open("bot", info("a/" + std::string(99, 'b'))).status().code(), GARDU_INVALID);
  for (const std::string type :
       {"image/svg+xml", "audio/ogg;codecs=opus", "text/plain; charset=utf-8 ; x=\"a \\\" b\"",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document"})
    EXPECT_TRUE(is_mime_type(type)) << type;
}

TEST_F(MediaStoreTest, TamesNames) {
  EXPECT_EQ(tamed_name("holiday photo.jpg"), "holiday photo.jpg");
  EXPECT_EQ(tamed_name("../../etc/passwd"), "....etcpasswd");
  EXPECT_EQ(tamed_name("C:\\a.exe"), "C:a.exe");
  EXPECT_EQ(tamed_name(".."), "");
  EXPECT_EQ(tamed_name("./"), "");
  EXPECT_EQ(tamed_name(std::string("a\0b\r\nc\x7F\x1B[d", 11)), "abc[d");
  EXPECT_EQ(tamed_name("a\xC2\x85"
                       "b\u202Egpj.exe\u2066"),
            "abgpj.exe");
  EXPECT_EQ(tamed_name("bad\xFF\xC3(\xF0\x9F\x98"), "bad(");
  EXPECT_EQ(tamed_name("\xC3\xA9t\xC3\xA9 \xF0\x9F\x98\x80"), "\xC3\xA9t\xC3\xA9 \xF0\x9F\x98\x80");
  EXPECT_EQ(tamed_name(std::string(254, 'a') + "\xC3\xA9"), std::string(254, 'a'));
  EXPECT_EQ(tamed_name(std::string(300, 'a')).size(), 255U);

  const auto id = keep(info("text/plain", "../x\ny"), "named");
  EXPECT_EQ(store.stat(ours, id)->file_name, "..xy");
}

TEST_F(MediaStoreTest, AFileThatIsTooLargeIsNotKept) {
  const auto writer = open(info());
  EXPECT_TRUE(store.append("bot", writer, std::string(kMaxSize, 'a')).ok());
  const Status larger = store.append("bot", writer, "b");
  EXPECT_EQ(larger.code(), GARDU_INVALID);
  EXPECT_NE(larger.message().find("1000"), std::string::npos);
  EXPECT_EQ(store.append("bot", writer, "").code(), GARDU_INVALID);
  EXPECT_EQ(store.finish("bot", writer, true).status().code(), GARDU_INVALID);
  EXPECT_TRUE(files().empty());
  EXPECT_EQ(store.stat(ours, keep(info(), std::string(kMaxSize, 'a')))->bytes, kMaxSize);
}

TEST_F(MediaStoreTest, WhatIsNotKeptLeavesNothing) {
  const auto writer = open(info());
  EXPECT_TRUE(store.append("bot", writer, "abc").ok());
  EXPECT_EQ(files().size(), 1U);
  const auto none = store.finish("bot", writer, false);
  ASSERT_TRUE(none);
  EXPECT_EQ(*none, "");
  EXPECT_TRUE(files().empty());
  EXPECT_EQ(store.append("bot", writer, "abc").code(), GARDU_INVALID);
  EXPECT_EQ(store.finish("bot", writer, true).status().code(), GARDU_INVALID);
}

TEST_F(MediaStoreTest, AHandleBelongsToItsPlugin) {
  const auto writer = open(info());
  EXPECT_EQ(store.append("other", writer, "abc").code(), GARDU_INVALID);
  EXPECT_EQ(store.finish("other", writer, false).status().code(), GARDU_INVALID);
  EXPECT_EQ(store.append("bot", 0, "abc").code(), GARDU_INVALID);
  store.drop_all("other");
  EXPECT_TRUE(store.append("bot", writer, "abc").ok());
  EXPECT_TRUE(store.finish("bot", writer, true));
}

TEST_F(MediaStoreTest, APluginWrites64FilesAtOnce) {
  std::vector<std::uint64_t> writers;
  for (int i = 0; i < 64; ++i) writers.push_back(open(info()));
  EXPECT_EQ(store.open("bot", info()).status().code(), GARDU_FULL);
  EXPECT_EQ(files().size(), 64U);
  open(info(), "other");
  EXPECT_TRUE(store.finish("bot", writers[0], false));
  open(info());
  store.drop_all("bot");
  EXPECT_EQ(files().size(), 1U);
  EXPECT_EQ(store.append("bot", writers[1], "a").code(), GARDU_INVALID);
  open(info());
}

TEST_F(MediaStoreTest, TwoWritersDoNotMix) {
  std::vector<std::thread> threads;
  std::vector<std::string> ids(8);
  for (std::size_t t = 0; t < ids.size(); ++t)
    threads.emplace_back([&, t] {
      const std::string plugin = t % 2 == 0 ? "bot" : "other";
      const auto writer = store.open(plugin, info());
      const char letter = static_cast<char>('a' + t / 2);  // each content is stored twice
      for (int i = 0; i < 100; ++i)
        (void)store.append(plugin, *writer, std::string(10, static_cast<char>(letter + i % 3)));
      ids[t] = *store.finish(plugin, *writer, true);
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(files().size(), 4U);
  for (std::size_t t = 0; t < ids.size(); ++t) {
    const auto bytes = store.read(ours, ids[t], 0, 2000);
    ASSERT_TRUE(bytes);
    EXPECT_EQ(sha256_hex(*bytes), store.stat(ours, ids[t])->sha256);
    EXPECT_EQ((*bytes)[0], static_cast<char>('a' + t / 2));
    EXPECT_EQ(ids[t], ids[t ^ 1U]);
  }
}

TEST_F(MediaStoreTest, DroppingWhileOthersWrite) {
  std::thread writing([&] {
    for (int i = 0; i < 50; ++i) {
      const auto writer = store.open("bot", info());
      if (!writer) continue;
      (void)store.append("bot", *writer, "abc");
      (void)store.finish("bot", *writer, i % 2 == 0);
    }
  });
  for (int i = 0; i < 200; ++i) store.drop_all("bot");
  writing.join();
  store.drop_all("bot");
  for (const auto& file : files()) EXPECT_EQ(file.filename(), sha256_hex("abc"));
}

TEST_F(MediaStoreTest, AFullDiskIsSaidSoAndMayBeTriedAgain) {
  const auto writer = open(info());
  EXPECT_TRUE(store.append("bot", writer, "start ").ok());
  // A limit on the size of files stands for a full disk: the same path, and no mount is needed.
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = 8;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const Status full = store.append("bot", writer, "middle ");
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ::signal(SIGXFSZ, handler);
  EXPECT_EQ(full.code(), GARDU_RETRY);
  EXPECT_TRUE(store.append("bot", writer, "end").ok());
  const auto id = store.finish("bot", writer, true);
  ASSERT_TRUE(id);
  EXPECT_EQ(*store.read(ours, *id, 0, 100), "start end");
}

TEST_F(MediaStoreTest, OldLeftOversGoWhenItStarts) {
  const fs::path old_part = folder / ours / "part-old", new_part = folder / ours / "part-new";
  const auto id = keep(info(), "kept");
  std::ofstream(old_part) << "half";
  std::ofstream(new_part) << "half";
  const auto long_ago = fs::file_time_type::clock::now() - std::chrono::hours(25);
  fs::last_write_time(old_part, long_ago);
  fs::last_write_time(folder / ours / sha256_hex("kept").substr(0, 2) / sha256_hex("kept"),
                      long_ago);
  // A link that someone made does not lead the broom elsewhere.
  fs::create_directory(directory / "elsewhere");
  std::ofstream(directory / "elsewhere" / "part-old") << "not ours";
  fs::last_write_time(directory / "elsewhere" / "part-old", long_ago);
  fs::create_directory_symlink(directory / "elsewhere", folder / "link");
  std::ofstream(folder / "stray") << "a file where folders are";

  MediaStore again(database, folder, kMaxSize);
  EXPECT_FALSE(fs::exists(old_part));
  EXPECT_TRUE(fs::exists(new_part));
  EXPECT_TRUE(fs::exists(directory / "elsewhere" / "part-old"));
  EXPECT_EQ(*again.read(ours, id, 0, 10), "kept");
}

TEST_F(MediaStoreTest, AWorkspaceThatWentKeepsNothing) {
  const auto writer = open(info());
  EXPECT_TRUE(store.append("bot", writer, "late").ok());
  write([&](storage::Transaction& tx) { storage::workspaces::remove(tx, ours); });
  EXPECT_EQ(store.finish("bot", writer, true).status().code(), GARDU_NOT_FOUND);
  EXPECT_TRUE(files().empty());
}

TEST_F(MediaStoreTest, TheRowMayJoinATransaction) {
  const auto kept = open(info()), undone = open(info());
  EXPECT_TRUE(store.append("bot", kept, "kept").ok());
  EXPECT_TRUE(store.append("bot", undone, "undone").ok());
  std::string kept_id, undone_id;
  write([&](storage::Transaction& tx) {
    const auto join = [&](const storage::Writer::Work& work) { work(tx); };
    kept_id = *store.finish("bot", kept, true, join);
    tx.begin_part();
    undone_id = *store.finish("bot", undone, true, join);
    tx.end_part(false);
  });
  EXPECT_EQ(*store.read(ours, kept_id, 0, 10), "kept");
  EXPECT_EQ(store.stat(ours, undone_id).status().code(), GARDU_NOT_FOUND);
}

TEST_F(MediaStoreTest, WhatIsUnfinishedGoesWithTheStore) {
  {
    MediaStore other(database, folder, kMaxSize);
    const auto writer = other.open("bot", info());
    ASSERT_TRUE(writer);
    EXPECT_TRUE(other.append("bot", *writer, "abc").ok());
    EXPECT_EQ(files().size(), 1U);
  }
  EXPECT_TRUE(files().empty());
}

}  // namespace
}  // namespace gardu::host
