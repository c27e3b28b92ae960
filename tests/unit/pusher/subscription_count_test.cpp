// SPDX-License-Identifier: Apache-2.0
//
// How many are subscribed, as subscribers and owners are told it.
#include "stage.hpp"

namespace gardu::pusher::testing {
namespace {

using Lines = std::vector<std::string>;

class SubscriptionCountTest : public Stage {
 protected:
  static void expect_count(RawClient& client, const std::string& channel, int count) {
    EXPECT_EQ(client.message(), (Json{{"event", "pusher_internal:subscription_count"},
                                      {"channel", channel},
                                      {"data", Json{{"subscription_count", count}}.dump()}}));
  }
};

INSTANTIATE_TEST_SUITE_P(Threads, SubscriptionCountTest, ::testing::Values(1U, 4U));

TEST_P(SubscriptionCountTest, ComesWithEachChange) {
  start({{"subscription_count", true}});
  RawClient a = connected(), b = connected();
  for (const std::string channel : {"news", "private-a", "private-encrypted-a"}) {
    a.subscribe(channel);
    expect_count(a, channel, 1);
    b.subscribe(channel);
    expect_count(b, channel, 2);
    expect_count(a, channel, 2);
    leave(b, channel);
    expect_count(a, channel, 1);
    a.subscribe(channel);  // again: no change
    expect_quiet(a);
  }
  a.subscribe("cache-a");
  EXPECT_EQ(a.message()["event"], "pusher:cache_miss");
  expect_count(a, "cache-a", 1);
}

TEST_P(SubscriptionCountTest, OwnersAreToldToo) {
  start({{"subscription_count", true}});
  RawClient a = connected(), b = connected();
  a.subscribe("news");
  b.subscribe("news");
  expect_count(a, "news", 1);
  expect_count(a, "news", 2);
  expect_count(b, "news", 2);
  leave(a, "news");
  expect_quiet(a);
  leave(b, "news");
  expect_count(b, "news", 1);
  expect_quiet(b);
  EXPECT_EQ(webhooks.notes.take(), (Lines{"channel_occupied news", "subscription_count news 1",
                                          "subscription_count news 2", "subscription_count news 1",
                                          "subscription_count news 0", "channel_vacated news"}));
}

TEST_P(SubscriptionCountTest, NotOnPresenceAndNotUnasked) {
  start({{"subscription_count", true}});
  RawClient a = connected();
  joined(a, "presence-a", member("a"));
  expect_quiet(a);
  server.stop();
  start();
  RawClient b = connected();
  b.subscribe("news");
  expect_quiet(b);
}

TEST_P(SubscriptionCountTest, BigChannelsAreToldOnceInAWhile) {
  start({{"subscription_count", true}});
  RawClient watcher = connected();
  watcher.subscribe("news");
  std::vector<RawClient> crowd;
  for (int i = 0; i < 130; ++i) {
    crowd.push_back(connected());
    crowd.back().subscribe("news");
  }
  std::vector<int> told;
  while (told.empty() || told.back() != 131) {
    const Json message = watcher.message();
    told.push_back(data_of(message)["subscription_count"]);
  }
  std::vector<int> small;
  for (int i = 1; i <= 100; ++i) small.push_back(i);
  ASSERT_GT(told.size(), small.size());
  EXPECT_TRUE(std::ranges::equal(small, std::vector<int>(told.begin(), told.begin() + 100)));
  EXPECT_LE(told.size(), 110U);  // far fewer than 131, however slow this machine is
}

TEST_P(SubscriptionCountTest, OtherNodesChangesAreTold) {
  start({{"subscription_count", true}});
  RawClient a = connected();
  a.subscribe("news");
  expect_count(a, "news", 1);
  webhooks.notes.take();
  app->occupancy.changed_elsewhere(*server.hub(), *app, "news");
  expect_count(a, "news", 1);
  EXPECT_EQ(webhooks.notes.take(), Lines{});  // who saw it happen tells the owner
}

}  // namespace
}  // namespace gardu::pusher::testing
