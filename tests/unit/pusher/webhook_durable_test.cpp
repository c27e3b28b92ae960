// SPDX-License-Identifier: Apache-2.0
//
// What webhooks survive: restarts, kills, a database that is away, and the death of another node.
#include "webhook_support.hpp"

namespace gardu::pusher::testing {
namespace {

using Names = std::vector<std::string>;
constexpr const char* kOne = R"([{"url":"https://a.test/"}])";

class WebhookDurableTest : public WebhookTest {
 protected:
  // All that one receiver hears from now on, taking everything.
  static Names heard(WebhookHost& host, size_t count) {
    auto out = std::make_shared<Names>();
    host.host().hold(GARDU_EXT_HTTP_CLIENT, false);
    host.host().on_http([out](const HttpCall& call) -> std::optional<fake::FakeAnswer> {
      for (const auto& name : WebhookHost::names(call)) out->push_back(name);
      return fake::FakeAnswer{};
    });
    EXPECT_TRUE(host.host().wait([&] { return out->size() >= count; }));
    return *out;
  }
};

TEST_F(WebhookDurableTest, TheNextRunSendsInOrderWhatTheLastOneDidNot) {
  auto host = run(webhook_settings(kOne));
  Names expected;
  for (int i = 0; i < 1'200; ++i) {  // more than a page, and than a transaction
    host->raise(WebhookKind::client_event, "private-" + std::to_string(i));
    expected.push_back("client_event private-" + std::to_string(i));
  }
  ASSERT_TRUE(stored(*host, 1'200));
  const auto first = host->request(0);
  host->stop();
  host = run(webhook_settings(kOne));
  EXPECT_EQ(host->request(0).body, first.body);
  EXPECT_EQ(host->request(0).headers, first.headers);  // the same delivery id, too
  EXPECT_EQ(heard(*host, 1'200), expected);
  EXPECT_TRUE(stored(*host, 0));
}

// The rows are those that a kill would leave: nothing of `stop` is needed for them.
TEST_F(WebhookDurableTest, WhatIsWrittenDoesNotNeedACleanEnd) {
  auto killed = std::make_unique<WebhookHost>(tables, folder);
  killed->start(webhook_settings(kOne));
  killed->raise(WebhookKind::channel_occupied, "a");
  killed->raise(WebhookKind::channel_occupied, "b");
  ASSERT_TRUE(stored(*killed, 2));
  tables.away = true;  // as far as the database is concerned, it died here
  killed->stop();
  tables.away = false;
  EXPECT_EQ(tables.count(), 2);
  const auto host = run(webhook_settings(kOne));
  EXPECT_EQ(heard(*host, 2), (Names{"channel_occupied a", "channel_occupied b"}));
}

TEST_F(WebhookDurableTest, AStopStoresWhatWasRaisedUpToIt) {
  auto host = run(webhook_settings(kOne));
  for (int i = 0; i < 100; ++i) host->raise(WebhookKind::client_event, "private-a");
  host->stop();
  EXPECT_EQ(tables.count(), 100);
}

TEST_F(WebhookDurableTest, ClientsThatARestartSentAwayMayComeBack) {
  auto host = run(webhook_settings(kOne));
  host->raise(WebhookKind::channel_vacated, "back");
  host->raise(WebhookKind::channel_vacated, "away");
  host->stop();
  const Millis then = host->now;
  host = std::make_unique<WebhookHost>(tables, folder);
  host->now = then + 20'000;
  host->start(webhook_settings(kOne));
  host->pass(19'000);
  host->raise(WebhookKind::channel_occupied, "back");
  EXPECT_TRUE(stored(*host, 1));
  EXPECT_EQ(host->requests(), 0U);
  host->pass(1'000);
  EXPECT_EQ(WebhookHost::names(host->request(0)), Names{"channel_vacated away"});
}

// A drain may last longer than the grace.
TEST_F(WebhookDurableTest, WhoIsSentAwayByAStopIsNotToldDuringIt) {
  auto host = run(webhook_settings(kOne));
  host->sender().leave();
  host->raise(WebhookKind::channel_vacated, "back");
  ASSERT_TRUE(stored(*host, 1));
  host->pass(8'000);
  host->raise(WebhookKind::client_event, "private-later");
  EXPECT_EQ(WebhookHost::names(host->request(0)), Names{"client_event private-later"});
  host->answer(200);
  EXPECT_TRUE(stored(*host, 1));
  host->stop();
  const Millis then = host->now;
  host = std::make_unique<WebhookHost>(tables, folder);
  host->now = then + 2'000;
  host->start(webhook_settings(kOne));
  host->raise(WebhookKind::channel_occupied, "back");
  EXPECT_TRUE(stored(*host, 0));
  EXPECT_EQ(host->requests(), 0U);
}

// A second restart, before the first one's clients had their time.
TEST_F(WebhookDurableTest, WhatIsHeldAnewIsHeldByTheNextRunToo) {
  auto host = run(webhook_settings(kOne));
  host->raise(WebhookKind::channel_vacated, "back");
  host->stop();
  for (int i = 0; i < 2; ++i) {
    const Millis then = host->now;
    host = std::make_unique<WebhookHost>(tables, folder);
    host->now = then + 15'000;
    host->start(webhook_settings(kOne));
    if (i == 0) host->stop();
  }
  host->raise(WebhookKind::channel_occupied, "back");
  EXPECT_TRUE(stored(*host, 0));
  EXPECT_EQ(host->requests(), 0U);
}

// A kill leaves no word of when it was.
TEST_F(WebhookDurableTest, WhoAKillSentAwayMayComeBack) {
  auto killed = run(webhook_settings(kOne));
  killed->raise(WebhookKind::member_removed, "presence-a", "back");
  killed->raise(WebhookKind::member_removed, "presence-a", "away");
  ASSERT_TRUE(stored(*killed, 2));
  tables.away = true;
  killed->stop();
  tables.away = false;
  const auto host = std::make_unique<WebhookHost>(tables, folder);
  host->now = killed->now + 8'000;
  host->start(webhook_settings(kOne));
  host->raise(WebhookKind::member_added, "presence-a", "back");
  EXPECT_TRUE(stored(*host, 1));
  host->pass(19'000);
  EXPECT_EQ(host->requests(), 0U);
  host->pass(1'000);
  EXPECT_NE(host->request(0).body.find("away"), std::string::npos);
}

// A rolling restart: they came back to another node, which told that they are there.
TEST_F(WebhookDurableTest, WhoIsOnAnotherNodeAfterARestartIsNotToldToBeGone) {
  auto host = run(webhook_settings(kOne));
  host->raise(WebhookKind::channel_vacated, "elsewhere");
  host->raise(WebhookKind::channel_vacated, "nowhere");
  host->stop();
  const Millis then = host->now;
  host = std::make_unique<WebhookHost>(tables, folder);
  host->now = then + 5'000;
  host->start(webhook_settings(kOne));
  host->present({"elsewhere"});
  host->pass(20'000);
  EXPECT_EQ(WebhookHost::names(host->request(0)), Names{"channel_vacated nowhere"});
  EXPECT_TRUE(stored(*host, 1));
}

TEST_F(WebhookDurableTest, WhatIsTooOldAtTheStartIsGivenUp) {
  auto host = run(webhook_settings(kOne));
  host->raise(WebhookKind::channel_occupied, "a");
  ASSERT_TRUE(stored(*host, 1));
  host->stop();
  const Millis then = host->now;
  host = std::make_unique<WebhookHost>(tables, folder);
  host->now = then + 300'000;
  host->start(webhook_settings(kOne));
  EXPECT_TRUE(host->counted(R"(webhook_events_total{app="3",endpoint="0",result="expired"})", 1));
  EXPECT_TRUE(stored(*host, 0));
  EXPECT_EQ(host->requests(), 0U);
}

TEST_F(WebhookDurableTest, AnEndpointThatIsNoMoreIsForgotten) {
  auto host = run(webhook_settings(kOne));
  host->raise(WebhookKind::channel_occupied, "a");
  ASSERT_TRUE(stored(*host, 1));
  host->stop();
  host = run(webhook_settings(R"([{"url":"https://b.test/"}])"));
  EXPECT_TRUE(stored(*host, 0));
  EXPECT_TRUE(host->host().logged("not configured any more"));
}

TEST_F(WebhookDurableTest, ADatabaseThatIsAwayHoldsUpNobody) {
  const auto host = run(webhook_settings(kOne));
  tables.away = true;
  host->raise(WebhookKind::channel_occupied, "a");
  host->raise(WebhookKind::channel_occupied, "b");
  (void)host->request(0);
  ASSERT_TRUE(host->host().wait([&] { return host->host().logged("cannot be stored for now"); }));
  host->answer(200);
  (void)host->request(1);
  tables.away = false;
  EXPECT_TRUE(stored(*host, 1));
  ASSERT_TRUE(host->host().wait([&] { return host->host().logged("are stored again"); }));
  host->answer(200);
  EXPECT_TRUE(stored(*host, 0));
}

TEST_F(WebhookDurableTest, RowsAreBounded) {
  WebhookLimits limits;
  limits.events = 10;
  auto host = run(webhook_settings(kOne), limits);
  (void)host->raise(WebhookKind::client_event, "private-0");
  (void)host->request(0);
  for (int i = 1; i < 50; ++i)
    host->raise(WebhookKind::client_event, "private-" + std::to_string(i));
  EXPECT_TRUE(host->counted(R"(webhook_events_total{app="3",endpoint="0",result="dropped"})", 40));
  EXPECT_TRUE(stored(*host, 10));
  EXPECT_EQ(host->metric(R"(webhook_queue{app="3",endpoint="0"})"), 10);
  host->stop();
  limits.events = 3;  // also what comes from the storage
  host = run(webhook_settings(kOne), limits);
  EXPECT_TRUE(stored(*host, 3));
}

TEST_F(WebhookDurableTest, TwoNodesSendWhatEachOfThemRaised) {
  const auto one = run(webhook_settings(kOne));
  const auto two = run(webhook_settings(kOne));  // the same folder: it may not have the same id
  one->raise(WebhookKind::channel_occupied, "one");
  two->raise(WebhookKind::channel_occupied, "two");
  EXPECT_EQ(WebhookHost::names(one->request(0)), Names{"channel_occupied one"});
  EXPECT_EQ(WebhookHost::names(two->request(0)), Names{"channel_occupied two"});
  EXPECT_TRUE(stored(*one, 2));
  // As long as they have rows both show that they live, so nobody takes them over.
  const auto beats = [&] {
    return tables.run("select beat from pusher_webhook_nodes order by id", {}).rows;
  };
  ASSERT_EQ(beats().size(), 2U);
  for (int i = 0; i < 3; ++i) {
    const auto before = beats();
    EXPECT_TRUE(one->host().wait([&] { return beats().at(0) != before.at(0); }));
    EXPECT_TRUE(two->host().wait([&] { return beats().at(1) != before.at(1); }));
  }
  one->answer(200);
  two->answer(200);
  EXPECT_TRUE(stored(*one, 0));
  EXPECT_EQ(one->requests() + two->requests(), 2U);
}

TEST_F(WebhookDurableTest, ADeadNodesEventsAreTakenOverOnceAndComeFirst) {
  auto dead = std::make_unique<WebhookHost>(tables, folder + "/none");
  dead->start(webhook_settings(kOne));
  dead->raise(WebhookKind::channel_occupied, "old-1");
  dead->raise(WebhookKind::channel_occupied, "old-2");
  ASSERT_TRUE(stored(*dead, 2));
  dead->stop();
  const auto one = run(webhook_settings(kOne));
  const auto two = run(webhook_settings(kOne));
  ASSERT_TRUE(one->host().wait([&] {
    return tables.count("claim <> ''") == 2 &&
           (one->host().logged("took over 2") || two->host().logged("took over 2"));
  }));
  EXPECT_NE(one->host().logged("took over 2"), two->host().logged("took over 2"));
  auto& heir = one->host().logged("took over 2") ? *one : *two;
  EXPECT_EQ(heard(heir, 2), (Names{"channel_occupied old-1", "channel_occupied old-2"}));
  EXPECT_TRUE(stored(heir, 0));
}

TEST_F(WebhookDurableTest, ThatSomebodyLeftADeadNodeIsAskedAboutBeforeItIsTold) {
  auto dead = std::make_unique<WebhookHost>(tables, folder + "/none");
  dead->start(webhook_settings(kOne));
  dead->raise(WebhookKind::channel_vacated, "here");
  dead->raise(WebhookKind::channel_vacated, "gone");
  ASSERT_TRUE(stored(*dead, 2));
  dead->stop();
  const auto heir = std::make_unique<WebhookHost>(tables, folder);
  heir->now = dead->now + 60'000;
  heir->start(webhook_settings(kOne));
  heir->present({"here"});
  ASSERT_TRUE(heir->host().wait([&] {
    return tables.count("claim <> '' and due_at = " + std::to_string(heir->now + 20'000)) == 2;
  }));
  heir->pass(19'000);
  EXPECT_EQ(heir->requests(), 0U);
  heir->pass(1'000);
  EXPECT_EQ(WebhookHost::names(heir->request(0)), Names{"channel_vacated gone"});
  EXPECT_TRUE(stored(*heir, 1));
}

// Nobody could show that it lives while the database was away.
TEST_F(WebhookDurableTest, ANodeThatLivesIsNotTakenOverAfterAnOutage) {
  const auto lives = run(webhook_settings(kOne));
  lives->raise(WebhookKind::channel_occupied, "a");
  ASSERT_TRUE(stored(*lives, 1));
  const auto other = run(webhook_settings(kOne));
  const auto looks = [&] {
    return std::ranges::count_if(other->host().sql(), [](const auto& step) {
      return step.sql.starts_with("select e.node");
    });
  };
  ASSERT_TRUE(other->host().wait([&] { return looks() != 0; }));
  lives->away = other->away = true;
  ASSERT_TRUE(other->host().wait([&] { return other->refused >= 4; }));  // a second apart
  const auto before = looks();
  other->away = false;  // for this one first
  ASSERT_TRUE(other->host().wait([&] { return looks() >= before + 3; }));
  lives->away = false;
  EXPECT_FALSE(other->host().logged("took over"));
  EXPECT_EQ(tables.count("claim = ''"), 1);
}

TEST_F(WebhookDurableTest, ANodeShowsThatItLivesWhateverItHasStored) {
  const auto host = run(webhook_settings(kOne));
  const auto beat = [&] { return tables.run("select beat from pusher_webhook_nodes", {}).rows; };
  for (int i = 0; i < 3; ++i) {
    const auto before = beat();
    EXPECT_TRUE(host->host().wait([&] { return beat() != before; }));
  }
}

TEST_F(WebhookDurableTest, WhatWasTakenOverIsReadLaterWhenTheConnectionBroke) {
  std::atomic<bool> broke{false};
  tables.refuse = [&](const std::string& sql, const fake::Cells& cells) -> std::optional<Status> {
    if (!sql.starts_with("select id, endpoint") || cells.at(1) == fake::Cell(std::string()) ||
        broke.exchange(true))
      return std::nullopt;
    return Status::retry("the connection broke");
  };
  auto dead = std::make_unique<WebhookHost>(tables, folder + "/none");
  dead->start(webhook_settings(kOne));
  dead->raise(WebhookKind::channel_occupied, "old");
  ASSERT_TRUE(stored(*dead, 1));
  dead->stop();
  const auto heir = run(webhook_settings(kOne));
  EXPECT_EQ(heard(*heir, 1), Names{"channel_occupied old"});
  EXPECT_TRUE(broke);
}

// The host may end the process before the drain is over.
TEST_F(WebhookDurableTest, ThatAStopBeganIsWrittenAtItsBeginning) {
  const auto host = run(webhook_settings(kOne));
  const Millis then = host->now;
  host->sender().leave();
  EXPECT_TRUE(host->host().wait([&] {
    return tables.run("select stopped_at from pusher_webhook_nodes", {}).rows.at(0).at(0) ==
           fake::Cell(then);
  }));
}

TEST_F(WebhookDurableTest, ARowThatTheDatabaseRefusesKeepsOutNoOther) {
  tables.refuse = [](const std::string&, const fake::Cells& cells) -> std::optional<Status> {
    for (const fake::Cell& cell : cells)
      if (const auto* text = std::get_if<std::string>(&cell);
          text != nullptr && text->find("poison") != std::string::npos)
        return Status::invalid("not a text");
    return std::nullopt;
  };
  const auto host = run(webhook_settings(kOne));
  for (const char* channel : {"a", "poison", "b"})
    host->raise(WebhookKind::channel_occupied, channel);
  EXPECT_TRUE(stored(*host, 2));
  EXPECT_TRUE(host->host().wait([&] { return host->host().logged("database refuses"); }));
  EXPECT_FALSE(host->host().logged("cannot be stored for now"));
}

TEST_F(WebhookDurableTest, NodesThatAreLongGoneAreForgotten) {
  run(webhook_settings(kOne))->stop();  // the tables
  (void)tables.run("insert into pusher_webhook_nodes values ('gone', 1, 0)", {});
  const auto host = run(webhook_settings(kOne));
  EXPECT_TRUE(host->host().wait([&] {
    return tables.run("select 1 from pusher_webhook_nodes where id = 'gone'", {}).rows.empty();
  }));
}

TEST_F(WebhookDurableTest, WithoutATableItWorksAllTheSame) {
  WebhookHost host(tables, folder);
  host.host().without(GARDU_EXT_DB);
  host.start(webhook_settings(kOne));
  EXPECT_TRUE(host.host().logged("will not survive a restart"));
  host.raise(WebhookKind::channel_occupied, "a");
  EXPECT_EQ(WebhookHost::names(host.request(0)), Names{"channel_occupied a"});
}

}  // namespace
}  // namespace gardu::pusher::testing
