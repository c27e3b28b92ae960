// SPDX-License-Identifier: Apache-2.0
//
// Who hears of others coming online and going offline.
#include <thread>

#include "server/people.hpp"
#include "stage.hpp"

namespace gardu::pusher::testing {
namespace {

using Lines = std::vector<std::string>;

class WatchlistTest : public Stage {
 protected:
  static void expect_event(RawClient& client, const std::string& name, const Json& users) {
    const Json message = client.message();
    EXPECT_EQ(message["event"], "pusher_internal:watchlist_events") << message;
    EXPECT_FALSE(message.contains("channel"));
    EXPECT_EQ(data_of(message), (Json{{"events", {{{"name", name}, {"user_ids", users}}}}}));
  }
};

INSTANTIATE_TEST_SUITE_P(Threads, WatchlistTest, ::testing::Values(1U, 4U));

TEST_P(WatchlistTest, TellsWhoIsThereAndWhoComes) {
  start();
  RawClient two = connected(), three = connected(), watcher = connected();
  sign_in(two, "2");
  sign_in(watcher, "1", {{"watchlist", {"2", "3", "3", 4}}});
  expect_event(watcher, "online", {"2"});
  sign_in(three, "3");
  expect_event(watcher, "online", {"3"});
  RawClient again = connected(), four = connected();
  sign_in(again, "3");  // was online already
  sign_in(four, "4");
  expect_event(watcher, "online", {"4"});
  expect_quiet(two);
  expect_quiet(three);
}

TEST_P(WatchlistTest, GoingOfflineHasAGrace) {
  start();
  RawClient watcher = connected(), marker = connected();
  auto two = std::make_unique<RawClient>(connected());
  auto three = std::make_unique<RawClient>(connected());
  sign_in(*two, "2");
  sign_in(*three, "3");
  sign_in(watcher, "1", {{"watchlist", {"2", "3", "marker"}}});
  expect_event(watcher, "online", {"2", "3"});
  two.reset();
  three.reset();
  while (app->roster.count(kSignedIn) != 1) std::this_thread::yield();
  RawClient back = connected(), late = connected();
  sign_in(late, "late", {{"watchlist", {"2", "3"}}});
  expect_event(late, "online", {"2", "3"});  // still, for all that is known
  sign_in(back, "2");                        // a page that was loaded anew
  sign_in(marker, "marker");
  expect_event(watcher, "online", {"marker"});  // and nothing of 2 before
  expect_event(watcher, "offline", {"3"});
  expect_event(late, "offline", {"3"});
  RawClient three_again = connected();
  sign_in(three_again, "3");
  expect_event(watcher, "online", {"3"});
}

TEST_P(WatchlistTest, AHundredAtMost) {
  start();
  RawClient first = connected(), last = connected(), watcher = connected();
  sign_in(first, "u000");
  sign_in(last, "u100");
  Json users = Json::array();
  for (int i = 0; i <= 100; ++i) {
    const std::string number = std::to_string(i);
    users.push_back("u" + std::string(3 - number.size(), '0') + number);
  }
  sign_in(watcher, "1", {{"watchlist", users}});
  expect_error(watcher, 4302);
  expect_event(watcher, "online", {"u000"});
  users.erase(100);
  sign_in(watcher, "1", {{"watchlist", users}});
  expect_event(watcher, "online", {"u000"});
  expect_quiet(watcher);
}

TEST_P(WatchlistTest, WhatIsNoListIsNoWatchlist) {
  start();
  RawClient client = connected();
  for (const Json& watchlist : {Json(nullptr), Json("2"), Json::object(), Json(5), Json::array(),
                                Json{nullptr, Json::object(), true, ""}}) {
    sign_in(client, "1", {{"watchlist", watchlist}});
    expect_quiet(client);
  }
}

TEST_P(WatchlistTest, ANewListTakesTheOldOnesPlace) {
  start();
  RawClient watcher = connected(), two = connected(), three = connected();
  sign_in(watcher, "1", {{"watchlist", {"2"}}});
  sign_in(watcher, "1", {{"watchlist", {"3", "1"}}});
  expect_event(watcher, "online", {"1"});
  sign_in(two, "2");
  sign_in(three, "3");
  expect_event(watcher, "online", {"3"});
}

TEST_P(WatchlistTest, OtherNodesUsersCount) {
  start();
  RawClient watcher = connected();
  sign_in(watcher, "1", {{"watchlist", {"2"}}});
  const People people(*server.hub(), *app);
  app->roster.remote_join("far", kSignedIn, "2", "null", [&] {
    people.came(kSignedIn, {"2", "null"});
  });
  expect_event(watcher, "online", {"2"});
  app->roster.remote_leave("far", kSignedIn, "2", [&] { people.went(kSignedIn, "2"); });
  expect_event(watcher, "offline", {"2"});
  EXPECT_EQ(cluster.notes.take(), Lines{"joined #signed-in 1 null"});
}

}  // namespace
}  // namespace gardu::pusher::testing
