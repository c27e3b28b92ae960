// SPDX-License-Identifier: Apache-2.0
// What is known of a workspace's files.
#include "storage/media.hpp"

#include "support.hpp"

namespace gardu::storage::testing {
namespace {

class MediaTest : public StorageTest {
 protected:
  Media file_of(const std::string& id, const std::string& hash, std::int64_t at) {
    Media m;
    m.id = id;
    m.workspace_id = "w";
    m.sha256 = hash;
    m.mime_type = "image/png";
    m.size = std::int64_t{1} << 33;
    m.file_name = "a cat.png";
    m.path = "ab/cd";
    m.state = "ready";
    m.created_at = at;
    return m;
  }
};

TEST_F(MediaTest, AreAWorkspacesOwn) {
  add_workspace("w2");
  const Media m = file_of("m1", "h", 5);
  write([&](Transaction& tx) { media::insert(tx, m); });
  const auto found = read([](Session& s) { return media::get(s, "w", "m1"); });
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, "m1");
  EXPECT_EQ(found->workspace_id, "w");
  EXPECT_EQ(found->sha256, "h");
  EXPECT_EQ(found->mime_type, "image/png");
  EXPECT_EQ(found->size, std::int64_t{1} << 33);
  EXPECT_EQ(found->file_name, "a cat.png");
  EXPECT_EQ(found->path, "ab/cd");
  EXPECT_EQ(found->state, "ready");
  EXPECT_EQ(found->created_at, 5);
  EXPECT_FALSE(read([](Session& s) { return media::get(s, "w2", "m1"); }));
  EXPECT_FALSE(read([](Session& s) { return media::find_by_hash(s, "w2", "h"); }));
  EXPECT_THROW(write([&](Transaction& tx) { media::insert(tx, m); }), Error);
}

TEST_F(MediaTest, TheOldestOfAContentIsFound) {
  write([&](Transaction& tx) {
    media::insert(tx, file_of("m1", "h", 6));
    media::insert(tx, file_of("m2", "h", 5));
    media::insert(tx, file_of("m3", "other", 1));
  });
  EXPECT_EQ(read([](Session& s) { return media::find_by_hash(s, "w", "h"); })->id, "m2");
  EXPECT_FALSE(read([](Session& s) { return media::find_by_hash(s, "w", "none"); }));
}

TEST_F(MediaTest, ChangeTheirStateAndGo) {
  write([&](Transaction& tx) {
    media::insert(tx, file_of("m1", "h", 1));
    EXPECT_FALSE(media::set_state(tx, "w2", "m1", "gone"));
    EXPECT_TRUE(media::set_state(tx, "w", "m1", "gone"));
    EXPECT_EQ(media::get(tx, "w", "m1")->state, "gone");
    EXPECT_FALSE(media::remove(tx, "w2", "m1"));
    EXPECT_TRUE(media::remove(tx, "w", "m1"));
    EXPECT_FALSE(media::get(tx, "w", "m1"));
  });
}

}  // namespace
}  // namespace gardu::storage::testing
