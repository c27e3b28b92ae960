// SPDX-License-Identifier: Apache-2.0
//
// Nodes that write to each other without Redis between them, by a clock that the test moves: what
// each of them then knows.
#include "cluster/membership.hpp"

#include <gtest/gtest.h>

#include <map>

#include "cluster/letters.hpp"
#include "cluster/snapshot.hpp"
#include "fake_host.hpp"

namespace gardu::pusher {
namespace {

using namespace std::chrono_literals;
using Names = std::vector<std::string>;
const std::string kClusterRoom = "presence-room";

Settings settings_of_one_app() {
  Settings settings;
  settings.apps.emplace_back().id = "app";
  return settings;
}

class RaisedKinds : public WebhookSink {
 public:
  void raise(const App&, WebhookEvent event) noexcept override {
    Names& names = event.elsewhere ? undone : raised;
    names.push_back(std::string(name_of(event.kind)) + ' ' + event.channel + ' ' + event.user_id);
  }
  Names raised, undone;
};

struct ClusterNode {
  explicit ClusterNode(const std::string& name) : id(name), membership(id, hub) {
    hub.webhooks = &sink;
  }

  App& app() { return *hub.apps.front(); }
  Names users() { return app().roster.users(kClusterRoom); }
  void join(const std::string& user) {
    app().roster.join(kClusterRoom, user, "null", 0, [](auto&&...) {});
    tell_member(user, false);
  }
  void leave(const std::string& user) {
    bool gone = false;
    app().roster.leave(kClusterRoom, user, [&](bool g, bool) { gone = g; });
    tell_member(user, gone);
  }
  void tell_member(const std::string& user, bool gone) {
    const bool present = app().roster.local_info(kClusterRoom, user).has_value();
    letters.to_all(wire::Member{"app", kClusterRoom, user, "null", present, gone});
  }
  void tell_count(const std::string& channel) {
    letters.to_all(
        wire::Count{"app", channel, app().counts.local(channel), app().counts.count(channel)});
  }

  const std::string id;
  testing::FakeHost table;
  Host host{table.table()};
  Hub hub{settings_of_one_app(), host};
  RaisedKinds sink;
  Membership membership;
  Letters letters{"test", id};
};

class Members : public ::testing::Test {
 protected:
  ClusterNode& add(const std::string& name) {
    std::string id = name + "00000000000";
    id.resize(wire::kNodeIdSize);
    ClusterNode& node = *nodes.emplace(id, std::make_unique<ClusterNode>(id)).first->second;
    node.membership.link_back(now);
    return node;
  }
  // Each says that it lives, and answers, until nobody has anything to say.
  void talk() {
    for (auto& [id, node] : nodes) node->letters.to_all(wire::Heartbeat{});
    while (round()) {
    }
  }
  bool round() {
    std::vector<RedisLink::Message> mail;
    for (auto& [id, node] : nodes) {
      node->membership.tick(now);
      const auto todo = node->membership.take_todo(now);
      if (todo.greet) node->letters.to_all(wire::Heartbeat{todo.listens_anew});
      for (const auto& to : todo.met) node->letters.to_node(to, wire::Missed{});
      for (const auto& ask : todo.asks) node->letters.to_node(ask.node, wire::Ask{ask.cache_ms});
      for (const auto& ask : todo.answers)
        write_snapshot(node->hub, ask.node, ask.cache_ms, now, node->letters);
      for (auto& message : node->letters.take()) mail.push_back(std::move(message));
    }
    for (const auto& message : mail) hand_over(message);
    return !mail.empty();
  }
  void hand_over(const RedisLink::Message& message) {
    for (auto& [id, node] : nodes) {
      const Letters& l = node->letters;
      if (message.channel != l.to_all() && message.channel != l.to_node(id)) continue;
      EXPECT_TRUE(node->membership.hear(message.payload, now));
    }
  }
  // Time goes by; who is not in `nodes` any more is silent.
  void pass(std::chrono::seconds time) {
    for (const auto end = now + time; now < end;) {
      now += 1s;
      talk();
    }
  }
  std::unique_ptr<ClusterNode> kill(ClusterNode& node) {
    return std::move(nodes.extract(node.id).mapped());
  }

  Membership::Time now = Membership::Time(1000h);
  std::map<std::string, std::unique_ptr<ClusterNode>> nodes;
};

TEST_F(Members, WhoComesLearnsAllAndIsKnownToAll) {
  ClusterNode& a = add("a");
  a.join("u1");
  a.app().counts.add("news");
  a.app().cache.put("cache-x", "n", "d", now);
  talk();
  ClusterNode& b = add("b");
  b.join("u2");
  b.app().counts.add("news");
  EXPECT_EQ(b.membership.others(), 0U);
  talk();
  for (ClusterNode* node : {&a, &b}) {
    EXPECT_EQ(node->membership.others(), 1U);
    EXPECT_EQ(node->users(), (Names{"u1", "u2"}));
    EXPECT_EQ(node->app().counts.count("news"), 2U);
    EXPECT_EQ(node->app().counts.local("news"), 1U);
    EXPECT_EQ(node->app().cache.get("cache-x", now)->data, "d");
  }
  EXPECT_TRUE(a.membership.speaks());
  EXPECT_FALSE(b.membership.speaks());
}

TEST_F(Members, TheDeadLeaveOnceAndOneOfTheOthersSaysSo) {
  ClusterNode& a = add("a");
  ClusterNode& b = add("b");
  ClusterNode& c = add("c");
  talk();
  a.join("only");
  a.join("both");
  b.join("both");
  a.app().counts.add("news");
  a.tell_count("news");
  talk();
  EXPECT_EQ(c.users(), (Names{"both", "only"}));
  EXPECT_EQ(c.app().counts.count("news"), 1U);
  const auto dead = kill(a);
  pass(5s);
  EXPECT_EQ(c.users(), (Names{"both", "only"}));
  pass(2s);
  for (ClusterNode* node : {&b, &c}) {
    EXPECT_EQ(node->users(), Names{"both"});
    EXPECT_EQ(node->app().counts.count("news"), 0U);
  }
  EXPECT_EQ(b.sink.raised, (Names{"member_removed presence-room only", "channel_vacated news "}));
  EXPECT_EQ(c.sink.raised, Names{});
  // What it sent before it died and comes only now changes nothing.
  dead->tell_member("only", false);
  for (const auto& message : dead->letters.take()) hand_over(message);
  EXPECT_EQ(b.users(), Names{"both"});
}

TEST_F(Members, AGoodbyeTakesItsOwnAtOnce) {
  ClusterNode& a = add("a");
  ClusterNode& b = add("b");
  talk();
  a.join("u1");
  talk();
  a.letters.to_all(wire::Goodbye{});
  round();
  EXPECT_EQ(b.users(), Names{});
  EXPECT_EQ(b.membership.others(), 0U);
}

TEST_F(Members, WhatWasMissedIsMadeGoodWithoutComingsAndGoings) {
  ClusterNode& a = add("a");
  ClusterNode& b = add("b");
  a.join("stays");
  a.join("goes");
  talk();
  a.leave("goes");
  a.join("comes");
  a.letters.take();  // lost on the way
  talk();
  EXPECT_EQ(b.users(), (Names{"comes", "stays"}));
  EXPECT_EQ(b.sink.raised, Names{}) << "that is a's to tell";
}

TEST_F(Members, WithoutALinkTheOthersAreKeptForAWhile) {
  ClusterNode& a = add("a");
  ClusterNode& b = add("b");
  a.join("u1");
  talk();
  b.membership.link_lost(now);
  now += 29s;
  b.membership.tick(now);
  EXPECT_EQ(b.users(), Names{"u1"});
  now += 1s;
  b.membership.tick(now);
  EXPECT_EQ(b.users(), Names{});
  EXPECT_EQ(b.sink.raised, Names{}) << "they may well live";
  b.membership.link_back(now);
  talk();
  talk();
  EXPECT_EQ(b.users(), Names{"u1"});
  EXPECT_EQ(a.membership.others(), 1U);
}

TEST_F(Members, WhenAllLeaveAtOnceEverywhereOneStillTells) {
  ClusterNode& a = add("a");
  ClusterNode& b = add("b");
  a.join("u");
  b.join("u");
  a.app().counts.add("news");
  b.app().counts.add("news");
  talk();
  for (ClusterNode* node : {&a, &b}) {  // before they hear of each other
    node->leave("u");
    EXPECT_EQ(node->app().counts.remove("news").total, 1U);
    node->tell_count("news");
  }
  talk();
  EXPECT_EQ(a.sink.raised, (Names{"member_removed presence-room u", "channel_vacated news "}));
  EXPECT_EQ(b.sink.raised, Names{});
}

// What a node holds back for its grace is not true any more when another one has the client.
TEST_F(Members, WhoComesBackElsewhereHasNotBeenAway) {
  ClusterNode& a = add("a");
  ClusterNode& b = add("b");
  talk();
  b.join("u");
  b.app().counts.add("news");
  b.tell_count("news");
  talk();
  EXPECT_EQ(a.sink.undone, (Names{"member_added presence-room u", "channel_occupied news "}));
  b.app().counts.add("news");
  b.tell_count("news");
  talk();
  EXPECT_EQ(a.sink.undone.size(), 2U) << "nobody had been away";
  EXPECT_EQ(a.sink.raised, Names{});
}

TEST_F(Members, ASnapshotThatIsNotWholeTakesNobodyAway) {
  ClusterNode& a = add("a");
  ClusterNode& b = add("b");
  a.join("u1");
  talk();
  a.letters.to_node(b.id, wire::SnapshotBegin{});
  a.letters.to_node(b.id, wire::SnapshotEnd{1});
  talk();
  EXPECT_EQ(b.users(), Names{"u1"});
  a.letters.to_node(b.id, wire::SnapshotBegin{});
  a.letters.to_node(b.id, wire::SnapshotEnd{0});
  talk();
  EXPECT_EQ(b.users(), Names{});
}

TEST_F(Members, NoiseIsToldFromMessages) {
  ClusterNode& a = add("a");
  EXPECT_FALSE(a.membership.hear("noise", now));
  EXPECT_FALSE(a.membership.hear("", now));
  EXPECT_FALSE(a.membership.hear(wire::begin_envelope("b00000000000", 1) + "\x7f", now));
  std::string foreign = wire::begin_envelope("b00000000000", 1);
  wire::append(foreign, wire::Heartbeat{});
  wire::append(foreign, wire::Member{"no such app", kClusterRoom, "u", "null", true, false});
  EXPECT_TRUE(a.membership.hear(foreign, now));
  EXPECT_EQ(a.membership.others(), 1U);
}

TEST(ChannelCounts, OtherNodesCountToo) {
  ChannelCounts counts;
  EXPECT_EQ(counts.add("c").total, 1U);
  EXPECT_EQ(counts.set_remote("a", "c", 2), (std::pair<size_t, size_t>{1, 3}));
  EXPECT_EQ(counts.set_remote("b", "c", 1), (std::pair<size_t, size_t>{3, 4}));
  EXPECT_EQ(counts.set_remote("a", "c", 1), (std::pair<size_t, size_t>{4, 3}));
  EXPECT_EQ(counts.remove("c").total, 2U);
  EXPECT_EQ(counts.local("c"), 0U);
  EXPECT_EQ(counts.list(""), (std::vector<std::pair<std::string, size_t>>{{"c", 2}}));
  Names vacated;
  const auto note = [&](std::string_view channel, size_t left) {
    if (left == 0) vacated.emplace_back(channel);
  };
  counts.forget_node(
      "a", [](auto) { return true; }, note);
  counts.forget_node(
      "b", [](auto) { return false; }, note);
  EXPECT_EQ(counts.count("c"), 1U);
  counts.forget_node(
      "a", [](auto) { return false; }, note);
  EXPECT_EQ(vacated, Names{"c"});
  EXPECT_TRUE(counts.list("").empty());
}

}  // namespace
}  // namespace gardu::pusher
