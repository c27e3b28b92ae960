// SPDX-License-Identifier: Apache-2.0
// Retention: what goes, what stays, and how it shares the database with everybody else.
#include "pruner_support.hpp"

#include <algorithm>

#include "storage/backlog.hpp"
#include "storage/cursors.hpp"

namespace gardu::storage::testing {
namespace {

using host::Pruner;
using std::chrono::microseconds;

TEST_F(PrunerTest, EveryWorkspaceKeepsAsLongAsItSays) {
  const auto add = [&](const std::string& w, const std::string& settings) {
    Workspace workspace;
    workspace.id = workspace.name = workspace.slug = w;
    workspace.settings = settings;
    write([&](Transaction& tx) { workspaces::insert(tx, workspace); });
    add_account(w, w + "-a");
    add_contact(w + "-a", w + "-c");
    for (const int days : {50, 20, 3}) {
      add_message(w + std::to_string(days), days, {}, w + "-c", w, w + "-a");
      add_event(w + std::to_string(days), days, w);
    }
  };
  add("ever", R"({"retention_days":0})");
  add("less", R"({"retention_days":10,"other":true})");
  add("odd", R"({"retention_days":"soon"})");  // says nothing that is understood
  for (const int days : {50, 20, 3}) add_message("w" + std::to_string(days), days);

  const auto looked = pruner(30).look();
  const auto report = pruner(30).run();
  ASSERT_TRUE(report);
  ASSERT_EQ(report->workspaces.size(), 3U);
  ASSERT_EQ(looked.workspaces.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(looked.workspaces[i].messages, report->workspaces[i].messages);
    EXPECT_EQ(looked.workspaces[i].events, report->workspaces[i].events);
  }
  EXPECT_EQ(message_ids(), (Ids{"w20", "w3"}));
  EXPECT_EQ(message_ids("ever"), (Ids{"ever50", "ever20", "ever3"}));
  EXPECT_EQ(message_ids("less"), (Ids{"less3"}));
  EXPECT_EQ(message_ids("odd"), (Ids{"odd20", "odd3"}));
  EXPECT_EQ(event_ids("ever").size(), 3U);
  EXPECT_EQ(event_ids("less"), (Ids{"less3"}));
  // Their full text, too.
  MessageQuery q;
  q.workspace_id = "w";
  q.q = "kata";
  EXPECT_EQ(read([&](Session& s) { return messages::list(s, q); }).size(), 2U);
}

TEST_F(PrunerTest, ZeroDaysKeepEverything) {
  add_message("m", 9999);
  add_event("e", 9999);
  const auto report = pruner(0).run();
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->workspaces.empty());
  EXPECT_EQ(message_ids().size(), 1U);
  EXPECT_EQ(event_ids().size(), 1U);
}

TEST_F(PrunerTest, AMessageThatMayBeSentYetStays) {
  const Ids states{"queued", "leased", "in_doubt", "held", "dead", "done"};
  for (const std::string& state : states) {
    add_message(state, 90);
    write([&](Transaction& tx) {
      OutboxEntry e;
      e.message_id = state;
      e.workspace_id = "w";
      e.account_id = "a";
      e.contact_id = "c";
      e.state = state;
      outbox::enqueue(tx, e);
    });
  }
  EXPECT_EQ(pruner(30).look().workspaces.front().messages, 2);
  EXPECT_EQ(prune(30).messages, 2);
  auto left = message_ids();
  std::sort(left.begin(), left.end());
  EXPECT_EQ(left, (Ids{"held", "in_doubt", "leased", "queued"}));
  EXPECT_EQ(sql("select count(*) from outbox"), "4");
  EXPECT_EQ(prune(30).messages, 0);
}

TEST_F(PrunerTest, ConversationsShowTheNewestMessageThatIsLeft) {
  for (const char* c : {"gone", "some", "spared"}) add_contact("a", c);
  add_message("g1", 90, {}, "gone");
  add_message("g2", 80, {}, "gone");
  add_message("s1", 90, {}, "some");
  add_message("s2", 1, {}, "some");
  add_message("p1", 90, {}, "spared");
  add_message("p2", 80, {}, "spared");
  write([&](Transaction& tx) {
    OutboxEntry e;
    e.message_id = "p1";
    e.workspace_id = "w";
    e.account_id = "a";
    e.contact_id = "spared";
    e.state = "held";
    outbox::enqueue(tx, e);
  });
  prune(30);
  const auto of = [&](const char* id) {
    return *read([&](Session& s) { return contacts::get(s, "w", id); });
  };
  EXPECT_EQ(of("gone").last_message_id, std::nullopt);
  EXPECT_EQ(of("gone").last_message_at, std::nullopt);
  EXPECT_EQ(of("gone").unread, 0);
  EXPECT_EQ(of("some").last_message_id, "s2");
  EXPECT_EQ(of("some").last_message_at, kNow - kDay);
  EXPECT_EQ(of("spared").last_message_id, "p1");
  EXPECT_EQ(of("spared").last_message_at, kNow - 90 * kDay);
  EXPECT_EQ(of("spared").unread, 1);
}

TEST_F(PrunerTest, TheJournalIsKeptForTheSlowestSubscriberAndWhatWaits) {
  for (int i = 1; i <= 10; ++i) add_event("e" + std::to_string(i), 90);
  write([&](Transaction& tx) {
    cursors::set(tx, "fast", 10);
    cursors::set(tx, "slow", 7);
    BacklogEntry parked;
    parked.plugin = "fast";
    parked.seq = 5;
    parked.lane = "l";
    parked.state = "parked";
    backlog::put(tx, parked);
  });
  auto one = prune(30);
  EXPECT_EQ(one.events, 4);
  EXPECT_EQ(event_ids().front(), "e5");
  EXPECT_EQ(one.held_by, "events that wait or are parked for plugin fast");

  write([&](Transaction& tx) { backlog::remove(tx, "fast", 5); });
  one = prune(30);
  EXPECT_EQ(one.events, 3);
  EXPECT_EQ(event_ids().front(), "e8");
  EXPECT_EQ(one.held_by, "plugin slow");
  EXPECT_EQ(read([](Session& s) { return retention::journal_cut(s, "w"); }), 7);

  write([&](Transaction& tx) { cursors::set(tx, "slow", 10); });
  one = prune(30);
  EXPECT_EQ(one.events, 3);
  EXPECT_EQ(one.held_by, "");
  EXPECT_TRUE(event_ids().empty());
  EXPECT_EQ(add_event("next", 0), 11);  // the numbers go on
}

TEST_F(PrunerTest, AnEventBehindOneThatIsKeptIsKept) {
  add_event("old", 90);
  add_event("young", 1);
  add_event("clock set back", 60);
  EXPECT_EQ(prune(30).events, 1);
  EXPECT_EQ(event_ids(), (Ids{"young", "clock set back"}));
}

TEST_F(PrunerTest, BatchesAreAsLargeAsTheirTimeAllows) {
  write([&](Transaction& tx) {
    for (int i = 0; i < 1500; ++i) {
      Message m = message("m" + std::to_string(i), kNow - 90 * kDay + i / 7);
      messages::insert(tx, m);
    }
  });
  const auto batches = [&](std::chrono::milliseconds most, std::int64_t days) {
    std::vector<std::pair<int, microseconds>> out;
    auto o = options(static_cast<int>(days));
    o.most_held = most;
    o.observe = [&](int rows, microseconds held) { out.emplace_back(rows, held); };
    Pruner(db(), o, log_).run();
    return out;
  };
  // No time at all: as few as possible. Keeps the rest for what follows.
  now_ = kNow - 60 * kDay + 100;
  const auto small = batches(std::chrono::milliseconds(0), 30);
  ASSERT_GE(small.size(), 2U);
  EXPECT_EQ(small.front().first, 64);
  for (std::size_t i = 1; i < small.size(); ++i) EXPECT_LE(small[i].first, 10);
  now_ = kNow;
  const auto large = batches(std::chrono::minutes(10), 30);
  int most = 0;
  for (const auto& [rows, held] : large) most = std::max(most, rows);
  EXPECT_GT(most, 128);
  EXPECT_LE(most, 1000);
  EXPECT_TRUE(message_ids().empty());
}

TEST_F(PrunerTest, OneHostPrunesAtATime) {
  add_message("m1", 90);
  const auto other_database = open();
  auto o = options(30);
  int refused = 0;
  o.observe = [&](int, microseconds) {
    if (!Pruner(*other_database, options(30), log_).run()) ++refused;
  };
  EXPECT_TRUE(Pruner(db(), o, log_).run());
  EXPECT_EQ(refused, 1);
  EXPECT_TRUE(Pruner(*other_database, options(30), log_).run());
  // One that died with the lease holds nobody up for long, whatever its clock said.
  write([&](Transaction& tx) { EXPECT_TRUE(retention::lease(tx, now_, now_ + 60'000)); });
  EXPECT_FALSE(pruner(30).run());
  now_ += 61'000;
  EXPECT_TRUE(pruner(30).run());
  now_ += 100 * kDay;
  write([&](Transaction& tx) { EXPECT_TRUE(retention::lease(tx, now_, now_ + 60'000)); });
  now_ -= 100 * kDay;
  EXPECT_TRUE(pruner(30).run());
}

TEST_F(PrunerTest, ARunThatIsBrokenOffLetsGoAndIsDueAgain) {
  for (int i = 0; i < 200; ++i) add_message("m" + std::to_string(i), 90);
  auto o = options(30);
  Pruner* running = nullptr;
  o.observe = [&](int, microseconds) { running->stop(); };
  Pruner broken(db(), o, log_);
  running = &broken;
  EXPECT_THROW(broken.run(), Error);
  EXPECT_LT(message_ids().size(), 200U);
  EXPECT_FALSE(message_ids().empty());
  EXPECT_TRUE(pruner(30).due());
  EXPECT_TRUE(pruner(30).run());
  EXPECT_TRUE(message_ids().empty());
}

TEST_F(PrunerTest, IsDueOnceANight) {
  const auto due = [&] { return pruner(30).due(); };
  EXPECT_TRUE(due());
  pruner(30).run();
  EXPECT_FALSE(due());
  now_ += 25 * 3600 * 1000;  // over a change of the clocks, too
  EXPECT_TRUE(due());
  pruner(30).run();
  EXPECT_FALSE(due());
  now_ -= 10 * kDay;  // the clock was set back
  EXPECT_TRUE(due());
}

}  // namespace
}  // namespace gardu::storage::testing
