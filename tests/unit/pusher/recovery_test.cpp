// SPDX-License-Identifier: Apache-2.0
//
// What a client missed is told again, in order, before it goes on live: no gap, no repeat.
#include <thread>

#include "gateway_listener.hpp"

namespace gardu::pusher::testing {
namespace {

const std::string kWorkspaceChannel = "private-workspace.w1";

class RecoveryTest : public GatewayListener {
 protected:
  void say_subscribe(RawClient& client, const std::string& channel,
                     const std::string& channel_data) {
    const std::string auth =
        std::string(kKey) + ':' +
        hmac_sha256_hex(kSecret, client.socket_id + ':' + channel + ':' + channel_data);
    client.say({{"event", "pusher:subscribe"},
                {"data", {{"channel", channel}, {"auth", auth}, {"channel_data", channel_data}}}});
  }
  void subscribe_after(RawClient& client, int64_t seq,
                       const std::string& channel = kWorkspaceChannel) {
    say_subscribe(client, channel, R"({"after_seq":)" + std::to_string(seq) + '}');
    const Json answer = client.message();
    ASSERT_EQ(answer["event"], "pusher_internal:subscription_succeeded") << answer;
    ASSERT_EQ(answer["channel"], channel);
  }
  static int64_t seq_of(const Json& message) {
    return Json::parse(message["data"].get<std::string>()).at("seq");
  }
  static void expect(RawClient& client, int64_t first, int64_t last) {
    for (int64_t seq = first; seq <= last; ++seq) {
      const Json message = client.message();
      ASSERT_EQ(seq_of(message), seq) << message;
      ASSERT_EQ(message["event"], "message.received");
    }
  }
  static void expect_resync(RawClient& client, int64_t seq) {
    const Json message = client.message();
    EXPECT_EQ(message["event"], "gardu.resync") << message;
    EXPECT_EQ(message["channel"], kWorkspaceChannel);
    EXPECT_EQ(Json::parse(message["data"].get<std::string>()), (Json{{"seq", seq}}));
  }
  void journal(int count) {
    for (int i = 0; i < count; ++i) host.journal.add();
  }
};

TEST_F(RecoveryTest, WhatWasMissedThenLive) {
  start();
  journal(500);
  RawClient client = connected();
  subscribe_after(client, 100);
  expect(client, 101, 500);
  EXPECT_EQ(happen(), 501);
  expect(client, 501, 501);
}

TEST_F(RecoveryTest, WithoutAPlaceThereIsNothingToRecover) {
  start();
  journal(3);
  RawClient client = connected();
  EXPECT_EQ(client.subscribe(kWorkspaceChannel)["event"], "pusher_internal:subscription_succeeded");
  happen();
  expect(client, 4, 4);
  EXPECT_EQ(host.journal.readings(), 0);
}

TEST_F(RecoveryTest, NothingIsLostOrRepeatedWhileMoreComes) {
  start({{"threads", 2}, {"recovery", {{"max_events", 100'000}}}});
  journal(200);
  constexpr int64_t kAll = 3000;
  std::vector<RawClient> clients;
  for (int i = 0; i < 8; ++i) clients.push_back(connected());
  std::thread gateway([&] {
    while (host.journal.newest() < kAll) happen();
  });
  for (size_t i = 0; i < clients.size(); ++i)
    subscribe_after(clients[i], static_cast<int64_t>(10 * i));
  for (size_t i = 0; i < clients.size(); ++i)
    expect(clients[i], static_cast<int64_t>(10 * i) + 1, kAll);
  gateway.join();
}

TEST_F(RecoveryTest, OnlyWhatTheChannelCarries) {
  start();
  host.journal.add({.workspace = "w2"});
  host.journal.add({.contact = "c2"});
  host.journal.add();
  host.journal.add({.type = GARDU_EVENT_ACCOUNT_STATUS, .name = "account.status", .contact = ""});
  host.journal.add({.type = GARDU_EVENT_OTHER, .name = "campaign.progress"});
  RawClient chat = connected(), session = connected(), workspace = connected();
  subscribe_after(chat, 0, kWorkspaceChannel + ".chat.c1");
  subscribe_after(session, 0, kWorkspaceChannel + ".session.a1");
  subscribe_after(workspace, 3);
  EXPECT_EQ(seq_of(chat.message()), 3);
  EXPECT_EQ(seq_of(session.message()), 4);
  EXPECT_EQ(seq_of(workspace.message()), 4);
  EXPECT_EQ(seq_of(workspace.message()), 5);
  happen();
  EXPECT_EQ(seq_of(chat.message()), 6);
}

TEST_F(RecoveryTest, PastTheLimitItSaysSoInstead) {
  start({{"recovery", {{"max_events", 10}}}});
  journal(11);
  RawClient within = connected(), past = connected();
  subscribe_after(within, 1);
  expect(within, 2, 11);
  subscribe_after(past, 0);
  expect_resync(past, 11);
  happen();
  expect(past, 12, 12);
  expect(within, 12, 12);
}

TEST_F(RecoveryTest, TooLongAgo) {
  start();
  host.journal.add({.recorded_at = 1'000'000});
  journal(1);
  RawClient past = connected(), within = connected();
  subscribe_after(past, 0);
  expect_resync(past, 2);
  subscribe_after(within, 1);
  expect(within, 2, 2);
}

TEST_F(RecoveryTest, WhereTheJournalWasCut) {
  start();
  journal(5);
  host.journal.cut("w1", 3);
  RawClient past = connected(), within = connected();
  subscribe_after(past, 2);
  expect_resync(past, 5);
  subscribe_after(within, 3);
  expect(within, 4, 5);
}

TEST_F(RecoveryTest, AClientOfAnotherJournalStartsAnew) {
  start();
  journal(5);
  RawClient client = connected();
  subscribe_after(client, 1'000'000);
  expect_resync(client, 5);
  happen();
  expect(client, 6, 6);
}

TEST_F(RecoveryTest, AlsoWhereNothingHasHappenedYet) {
  start();
  RawClient client = connected();
  subscribe_after(client, 5000);
  expect_resync(client, 0);
  happen();
  expect(client, 1, 1);
}

TEST_F(RecoveryTest, WhatTheClientClaimsMustBeSigned) {
  start();
  journal(5);
  RawClient client = connected();
  client.say({{"event", "pusher:subscribe"},
              {"data",
               {{"channel", kWorkspaceChannel},
                {"auth", client.sign(kWorkspaceChannel)},
                {"channel_data", R"({"after_seq":1})"}}}});
  EXPECT_EQ(client.message()["event"], "pusher:subscription_error");
  EXPECT_EQ(client.message()["event"], "pusher:error");
  EXPECT_EQ(host.journal.readings(), 0);
}

TEST_F(RecoveryTest, SignedDataOfOthersAreTheirs) {
  start();
  journal(5);
  RawClient client = connected();
  for (const std::string data : {R"({"after_seq":"1"})", R"({"after_seq":-1})", "[]", "x", "{}"}) {
    say_subscribe(client, kWorkspaceChannel, data);
    EXPECT_EQ(client.message()["event"], "pusher_internal:subscription_succeeded");
    client.say({{"event", "pusher:unsubscribe"}, {"data", {{"channel", kWorkspaceChannel}}}});
  }
  subscribe_after(client, 1, "private-of-an-application");
  EXPECT_EQ(host.journal.readings(), 0);
}

TEST_F(RecoveryTest, WhoComesTogetherIsReadForOnce) {
  start({{"threads", 2}});
  journal(100);
  host.journal.hold_up();
  std::vector<RawClient> clients;
  for (int i = 0; i < 40; ++i) {
    clients.push_back(connected());
    subscribe_after(clients.back(), 50);
  }
  host.journal.go_on();
  for (RawClient& client : clients) expect(client, 51, 100);
  // One or two that had begun, and one for all others.
  EXPECT_LE(host.journal.readings(), 4);
}

TEST_F(RecoveryTest, ALargeReplayWaitsForItsReader) {
  start({{"send_queue", "64KiB"}});
  const std::string text(8000, 'x');
  for (int i = 0; i < 600; ++i) host.journal.add({.data = Json{{"text", text}}.dump()});
  RawClient client(port, 4096);
  client.open();
  subscribe_after(client, 0);
  expect(client, 1, 600);
  happen();
  expect(client, 601, 601);
}

TEST_F(RecoveryTest, WhoGoesMeanwhileIsForgotten) {
  start();
  journal(10);
  host.journal.hold_up();
  RawClient leaver = connected(), stayer = connected();
  subscribe_after(leaver, 0);
  subscribe_after(stayer, 0);
  leaver.close();
  stayer.say({{"event", "pusher:unsubscribe"}, {"data", {{"channel", kWorkspaceChannel}}}});
  subscribe_after(stayer, 8);
  host.journal.go_on();
  expect(stayer, 9, 10);
  happen();
  expect(stayer, 11, 11);
}

TEST_F(RecoveryTest, StopsWhileClientsWait) {
  start();
  journal(10);
  host.journal.hold_up();
  RawClient client = connected();
  subscribe_after(client, 0);
  host.journal.await_held(1);
  std::thread stopper([&] { plugin->stop(); });
  host.journal.go_on();
  stopper.join();
}

TEST_F(RecoveryTest, ABusyDatabaseIsAskedAgain) {
  start();
  journal(3);
  host.journal.fail(2);
  RawClient client = connected();
  subscribe_after(client, 0);
  expect(client, 1, 3);
}

TEST_F(RecoveryTest, AnUnreadableJournalIsNoGap) {
  start();
  journal(3);
  host.journal.fail(1000);
  RawClient client = connected();
  subscribe_after(client, 2);
  expect_resync(client, 2);
  happen();
  expect(client, 4, 4);
  EXPECT_TRUE(host.logged("cannot be read"));
}

TEST_F(RecoveryTest, WhatTheSocketCausedItselfIsLeftOut) {
  start();
  RawClient client = connected();
  host.journal.add({.origin = client.socket_id});
  host.journal.add({.origin = "1.1"});
  subscribe_after(client, 0);
  EXPECT_EQ(seq_of(client.message()), 2);
}

TEST_F(RecoveryTest, WhatIsNotJournaledDoesNotWait) {
  start();
  journal(2);
  host.journal.hold_up();
  RawClient client = connected();
  subscribe_after(client, 0, kWorkspaceChannel + ".chat.c1");
  const Journaled kept{.type = GARDU_EVENT_TYPING_STARTED, .name = "typing.started"};
  gardu_event typing = kept.event();  // refers to it
  typing.flags = GARDU_EVENT_EPHEMERAL;
  hand_over({typing});
  EXPECT_EQ(client.message()["event"], "typing.started");
  happen();
  host.journal.go_on();
  expect(client, 1, 3);
}

}  // namespace
}  // namespace gardu::pusher::testing
