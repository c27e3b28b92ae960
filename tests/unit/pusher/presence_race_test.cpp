// SPDX-License-Identifier: Apache-2.0
//
// Presence under fire: what watchers hear must fit together whatever comes at the same time.
#include <atomic>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "stage.hpp"

namespace gardu::pusher::testing {
namespace {

class PresenceRaceTest : public Stage {
 protected:
  const std::string kRoom = "presence-room";

  // Calls of several clients at once, each on a thread of its own.
  template <class F>
  static void at_once(size_t count, F&& f) {
    std::atomic<size_t> ready{0};
    std::vector<std::thread> threads;
    for (size_t i = 0; i < count; ++i)
      threads.emplace_back([&, i] {
        ++ready;
        while (ready < count) std::this_thread::yield();
        f(i);
      });
    for (std::thread& thread : threads) thread.join();
  }
  // Reads until `user` is added, and keeps the list up to date; a member that is added twice, or
  // removed without being there, is a fault.
  static void follow(RawClient& watcher, std::set<std::string>& there, const std::string& user) {
    while (true) {
      const Json message = watcher.message();
      const std::string id = data_of(message)["user_id"];
      if (message["event"] == "pusher_internal:member_added") {
        EXPECT_TRUE(there.insert(id).second) << id;
        if (id == user) return;
      } else {
        EXPECT_EQ(message["event"], "pusher_internal:member_removed");
        EXPECT_EQ(there.erase(id), 1U) << id;
      }
    }
  }
  // All that the client said so far is done.
  static void drain(RawClient& client) {
    client.say({{"event", "pusher:ping"}});
    while (client.message()["event"] != "pusher:pong") {
    }
  }
  static std::set<std::string> ids_of(const Json& presence) {
    return presence["ids"].get<std::set<std::string>>();
  }
};

INSTANTIATE_TEST_SUITE_P(Threads, PresenceRaceTest, ::testing::Values(1U, 4U));

TEST_P(PresenceRaceTest, ManyJoinsOfOneUserAreOneMember) {
  start();
  RawClient watcher = connected();
  joined(watcher, kRoom, member("w"));
  std::vector<RawClient> clients;
  for (int i = 0; i < 16; ++i) clients.push_back(connected());
  at_once(clients.size(),
          [&](size_t i) { EXPECT_EQ(joined(clients[i], kRoom, member("u"))["count"], 2); });
  for (RawClient& client : clients) expect_quiet(client);
  at_once(clients.size(), [&](size_t i) {
    leave(clients[i], kRoom);
    if (i % 2 == 0) clients[i].close();
  });
  RawClient end = connected();
  EXPECT_EQ(watcher.message()["event"], "pusher_internal:member_added");
  EXPECT_EQ(watcher.message()["event"], "pusher_internal:member_removed");
  joined(end, kRoom, member("end"));
  EXPECT_EQ(data_of(watcher.message())["user_id"], "end");
}

TEST_P(PresenceRaceTest, WhatWatchersHearFitsTheList) {
  start();
  RawClient watcher = connected();
  joined(watcher, kRoom, member("w"));
  constexpr size_t kClients = 8;
  constexpr int kRounds = 60;
  std::vector<RawClient> clients;
  for (size_t i = 0; i < kClients; ++i) clients.push_back(connected());
  // Two or three connections a user, which come and go as they like. Each follows what it hears
  // while it is there.
  at_once(kClients, [&](size_t i) {
    const std::string user = std::to_string(i % 3);
    std::mt19937 random(static_cast<unsigned>(i));
    for (int round = 0; round < kRounds; ++round) {
      ask(clients[i], kRoom, member(user));
      Json message = clients[i].message();
      while (message["event"] != "pusher_internal:subscription_succeeded")
        message = clients[i].message();  // said before the last leaving was done
      std::set<std::string> there = ids_of(data_of(message)["presence"]);
      EXPECT_TRUE(there.contains(user));
      clients[i].say({{"event", "pusher:ping"}});
      while ((message = clients[i].message())["event"] != "pusher:pong") {
        const std::string id = data_of(message)["user_id"];
        EXPECT_NE(id, user);
        const bool added = message["event"] == "pusher_internal:member_added";
        EXPECT_EQ(added ? there.insert(id).second : there.erase(id) == 1, true) << message;
      }
      if (random() % 4 != 0) leave(clients[i], kRoom);
    }
    leave(clients[i], kRoom);
    drain(clients[i]);
  });
  RawClient end = connected();
  EXPECT_EQ(ids_of(joined(end, kRoom, member("end"))), (std::set<std::string>{"end", "w"}));
  std::set<std::string> there{"w"};
  follow(watcher, there, "end");
  EXPECT_EQ(there, (std::set<std::string>{"end", "w"}));
}

TEST_P(PresenceRaceTest, OwnersAreToldInOrder) {
  start();
  std::vector<RawClient> clients;
  for (int i = 0; i < 6; ++i) clients.push_back(connected());
  at_once(clients.size(), [&](size_t i) {
    for (int round = 0; round < 40; ++round) {
      ask(clients[i], kRoom, member("u"));
      leave(clients[i], kRoom);
    }
    drain(clients[i]);
  });
  std::map<std::string, int> level;
  for (const std::string& line : webhooks.notes.take()) {
    const std::string what = line.substr(0, line.find(' '));
    int& there = level[what.substr(0, what.find('_'))];
    const bool more = what == "channel_occupied" || what == "member_added";
    EXPECT_EQ(there += more ? 1 : -1, more ? 1 : 0) << line;
  }
  EXPECT_EQ(level["channel"] + level["member"], 0);
  int here = 0;
  for (const std::string& line : cluster.notes.take()) {
    if (line.starts_with("count")) continue;
    const bool more = line.starts_with("joined");
    EXPECT_EQ(here += more ? 1 : -1, more ? 1 : 0) << line;
  }
  EXPECT_EQ(here, 0);
}

TEST_P(PresenceRaceTest, DisconnectingAllAtOnceLeavesNobody) {
  start();
  RawClient watcher = connected();
  joined(watcher, kRoom, member("w"));
  std::vector<RawClient> clients;
  std::set<std::string> there{"w"};
  for (int i = 0; i < 40; ++i) {
    const std::string user = std::to_string(i);
    clients.push_back(connected());
    joined(clients.back(), kRoom, member(user));
    follow(watcher, there, user);
  }
  clients.clear();
  while (there.size() > 1) {
    const Json message = watcher.message();
    EXPECT_EQ(message["event"], "pusher_internal:member_removed");
    EXPECT_EQ(there.erase(data_of(message)["user_id"]), 1U);
  }
  expect_quiet(watcher);
  EXPECT_EQ(app->roster.count(kRoom), 1U);
  EXPECT_EQ(app->counts.count(kRoom), 1U);
}

}  // namespace
}  // namespace gardu::pusher::testing
