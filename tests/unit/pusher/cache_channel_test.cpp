// SPDX-License-Identifier: Apache-2.0
//
// Cache channels: who comes late gets the last event.
#include <thread>

#include "stage.hpp"

namespace gardu::pusher::testing {
namespace {

using Lines = std::vector<std::string>;

class CacheChannelTest : public Stage {
 protected:
  static void expect_subscribed(RawClient& client, const std::string& channel) {
    const Json first = client.subscribe(channel);
    EXPECT_EQ(first["event"], "pusher_internal:subscription_succeeded") << first;
    EXPECT_EQ(first["channel"], channel);
  }
  static void expect_miss(RawClient& client, const std::string& channel) {
    EXPECT_EQ(client.message(),
              (Json{{"event", "pusher:cache_miss"}, {"data", "{}"}, {"channel", channel}}));
  }
  static void expect_event(RawClient& client, const std::string& channel, const std::string& name,
                           const std::string& data) {
    EXPECT_EQ(client.message(), (Json{{"event", name}, {"data", data}, {"channel", channel}}));
  }
};

INSTANTIATE_TEST_SUITE_P(Threads, CacheChannelTest, ::testing::Values(1U, 4U));

TEST_P(CacheChannelTest, EachKindMissesAndThenReplaysTheLastEvent) {
  start();
  for (const std::string channel : {"cache-x", "private-cache-x", "private-encrypted-cache-x"}) {
    RawClient first = connected();
    expect_subscribed(first, channel);
    expect_miss(first, channel);
    publish(channel, "one", R"({"a":"b"})");
    expect_event(first, channel, "one", R"({"a":"b"})");
    publish(channel, "two", "2");
    expect_event(first, channel, "two", "2");
    first.close();
    RawClient second = connected();  // the channel may be empty by now
    expect_subscribed(second, channel);
    expect_event(second, channel, "two", "2");
    expect_quiet(second);
  }
}

TEST_P(CacheChannelTest, PresenceToo) {
  start();
  RawClient a = connected(), b = connected(), c = connected();
  joined(a, "presence-cache-x", member("a"));
  expect_miss(a, "presence-cache-x");
  publish("presence-cache-x", "one", "1");
  expect_event(a, "presence-cache-x", "one", "1");
  EXPECT_EQ(joined(b, "presence-cache-x", member("b"))["count"], 2);
  expect_event(b, "presence-cache-x", "one", "1");
  EXPECT_EQ(data_of(a.message())["user_id"], "b");
}

TEST_P(CacheChannelTest, WhatNobodyHeardIsKept) {
  start();
  publish("cache-quiet", "one", "1");
  publish("my-cache-quiet", "one", "1");
  RawClient client = connected();
  expect_subscribed(client, "cache-quiet");
  expect_event(client, "cache-quiet", "one", "1");
  expect_subscribed(client, "my-cache-quiet");  // not one of them
  expect_quiet(client);
}

TEST_P(CacheChannelTest, ClientEventsAreNotKept) {
  start();
  RawClient a = connected(), b = connected(), c = connected();
  for (RawClient* client : {&a, &b}) {
    expect_subscribed(*client, "private-cache-x");
    expect_miss(*client, "private-cache-x");
  }
  a.say({{"event", "client-x"}, {"channel", "private-cache-x"}, {"data", "1"}});
  EXPECT_EQ(b.message()["event"], "client-x");
  expect_subscribed(c, "private-cache-x");
  expect_miss(c, "private-cache-x");
}

TEST_P(CacheChannelTest, SubscribingTwiceReplaysNothing) {
  start();
  publish("cache-x", "one", "1");
  RawClient client = connected();
  expect_subscribed(client, "cache-x");
  expect_event(client, "cache-x", "one", "1");
  expect_subscribed(client, "cache-x");
  expect_quiet(client);
}

TEST_P(CacheChannelTest, AMissIsToldOnceToTheOwner) {
  start();
  for (int i = 0; i < 3; ++i) {
    RawClient client = connected();
    expect_subscribed(client, "cache-x");
    expect_miss(client, "cache-x");
  }
  const Lines told = webhooks.notes.take();
  EXPECT_EQ(std::ranges::count(told, "cache_miss cache-x"), 1);
}

TEST_P(CacheChannelTest, OtherNodesEventsAreKeptWithoutAnEcho) {
  start();
  const Hub& hub = *server.hub();
  const Lines cache_x{"cache-x"};
  hub.receive(*app, {cache_x, "one", "1", {}, {}, true});
  hub.receive(*app, {cache_x, "client-two", "2", {}, {}, false});
  EXPECT_EQ(cluster.notes.take(), Lines{});
  RawClient client = connected();
  expect_subscribed(client, "cache-x");
  expect_event(client, "cache-x", "one", "1");
  hub.receive(*app, {cache_x, "three", "3", client.socket_id, {}, true});  // its own
  hub.receive(*app, {cache_x, "four", "4", "1.1", {}, true});
  expect_event(client, "cache-x", "four", "4");
  cluster.notes.take();
  publish("cache-x", "five", "5");
  expect_event(client, "cache-x", "five", "5");
  EXPECT_EQ(cluster.notes.take(), Lines{"publish cache-x five 5 cached"});
}

// Whoever subscribes while events are published gets the last one before, and all after, once.
TEST_P(CacheChannelTest, NeitherGapNorRepeatWhileEventsCome) {
  start();
  constexpr int kEvents = 3000;
  const std::array<std::string, 1> channels{"cache-x"};
  RawClient first = connected();
  std::thread publisher([&] {
    for (int i = 1; i <= kEvents; ++i)
      server.hub()->publish(*app, {"n", std::to_string(i), channels, {}});
  });
  std::vector<RawClient> clients;
  while (app->cache.get("cache-x", EventCache::Clock::now()).value_or(EventCache::Event{}).data !=
         std::to_string(kEvents)) {
    if (clients.size() == 40) break;
    clients.push_back(connected());
    clients.back().say({{"event", "pusher:subscribe"}, {"data", {{"channel", "cache-x"}}}});
  }
  publisher.join();
  for (RawClient& client : clients) {
    EXPECT_EQ(client.message()["event"], "pusher_internal:subscription_succeeded");
    Json message = client.message();
    int last =
        message["event"] == "pusher:cache_miss" ? 0 : std::stoi(message["data"].get<std::string>());
    while (last < kEvents) {
      message = client.message();
      ASSERT_EQ(message["data"], std::to_string(last + 1));
      ++last;
    }
  }
}

}  // namespace
}  // namespace gardu::pusher::testing
