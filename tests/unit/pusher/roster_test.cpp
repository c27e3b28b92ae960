// SPDX-License-Identifier: Apache-2.0
//
// Users by room over several nodes, and the events of cache channels.
#include "channels/roster.hpp"

#include <gtest/gtest.h>

#include "channels/event_cache.hpp"

namespace gardu::pusher {
namespace {

using Changes = std::vector<std::string>;

class RosterTest : public ::testing::Test {
 protected:
  Roster::Joined join(const std::string& user, const std::string& info = "null", size_t limit = 0) {
    return roster_.join("room", user, info, limit,
                        [&](Roster::Joined, bool first_here, const Roster::Present& present) {
                          first_here_ = first_here;
                          members_ = present.members();
                        });
  }
  std::string leave(const std::string& user) {
    std::string out = "nobody";
    roster_.leave("room", user, [&](bool gone, bool last_here) {
      out = std::string(gone ? "gone" : "there") + (last_here ? ", last here" : "");
    });
    return out;
  }
  void remote_join(const std::string& node, const std::string& user) {
    roster_.remote_join(node, "room", user, "{}", [&] { changes_.push_back("+" + user); });
  }
  void remote_leave(const std::string& node, const std::string& user) {
    roster_.remote_leave(node, "room", user, [&] { changes_.push_back("-" + user); });
  }

  Roster roster_;
  bool first_here_ = false;
  std::vector<Roster::Member> members_;
  Changes changes_;
};

TEST_F(RosterTest, AUserIsThereUntilItsLastConnectionLeaves) {
  EXPECT_EQ(join("a", "1"), Roster::Joined::first);
  EXPECT_TRUE(first_here_);
  EXPECT_EQ(join("a", "2"), Roster::Joined::again);
  EXPECT_FALSE(first_here_);
  ASSERT_EQ(members_.size(), 1U);
  EXPECT_EQ(members_[0].info, "1");
  EXPECT_EQ(leave("a"), "there");
  EXPECT_EQ(leave("a"), "gone, last here");
  EXPECT_EQ(leave("a"), "nobody");
  EXPECT_EQ(roster_.count("room"), 0U);
}

TEST_F(RosterTest, AFullRoomLetsThoseInThatAreThere) {
  join("a", "null", 2);
  join("b", "null", 2);
  EXPECT_EQ(join("c", "null", 2), Roster::Joined::refused);
  EXPECT_EQ(join("b", "null", 2), Roster::Joined::again);
  EXPECT_EQ(roster_.users("room"), (std::vector<std::string>{"a", "b"}));
}

TEST_F(RosterTest, AUserOfAnotherNodeStaysWhileAnyNodeHasIt) {
  remote_join("n1", "a");
  remote_join("n2", "a");
  EXPECT_EQ(join("a"), Roster::Joined::again);
  EXPECT_TRUE(first_here_);
  remote_leave("n1", "a");
  EXPECT_EQ(leave("a"), "there, last here");
  remote_leave("n2", "a");
  remote_leave("n2", "a");
  EXPECT_EQ(changes_, (Changes{"+a", "-a"}));
}

TEST_F(RosterTest, ADeadNodesUsersGoOnce) {
  remote_join("n1", "a");
  remote_join("n1", "b");
  remote_join("n2", "b");
  join("c");
  std::vector<std::string> gone;
  const auto note = [&](std::string_view, std::string_view user) { gone.emplace_back(user); };
  roster_.forget_node("n1", note);
  roster_.forget_node("n1", note);
  EXPECT_EQ(gone, (std::vector<std::string>{"a"}));
  EXPECT_EQ(roster_.users("room"), (std::vector<std::string>{"b", "c"}));
  std::vector<std::string> local;
  roster_.each_local(
      [&](std::string_view, const Roster::Member& m) { local.emplace_back(m.user); });
  EXPECT_EQ(local, (std::vector<std::string>{"c"}));
}

TEST(EventCacheTest, KeepsTheLastEventForItsTime) {
  const auto now = EventCache::Clock::now();
  EventCache cache(std::chrono::seconds(10), 1000);
  EXPECT_FALSE(cache.get("cache-a", now));
  cache.put("cache-a", "one", "1", now);
  cache.put("cache-a", "two", "2", now);
  EXPECT_EQ(cache.get("cache-a", now)->name, "two");
  EXPECT_FALSE(cache.get("cache-a", now + std::chrono::seconds(10)));
}

TEST(EventCacheTest, DropsWhatWasUsedLongestAgo) {
  const auto now = EventCache::Clock::now();
  EventCache cache(std::chrono::seconds(10), 60);
  const std::string data(20, 'x');
  cache.put("a", "e", data, now);
  cache.put("b", "e", data, now);
  EXPECT_TRUE(cache.get("a", now));
  cache.put("c", "e", data, now);
  EXPECT_TRUE(cache.get("a", now));
  EXPECT_FALSE(cache.get("b", now));
  cache.put("d", "e", std::string(100, 'x'), now);
  EXPECT_FALSE(cache.get("d", now));
}

}  // namespace
}  // namespace gardu::pusher
