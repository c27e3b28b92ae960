// SPDX-License-Identifier: Apache-2.0
//
// What nodes write to each other: comes back as it was, and nothing hostile hurts.
#include "cluster/coding.hpp"

#include <gtest/gtest.h>

#include <random>

#include "cluster/redis_url.hpp"

namespace gardu::pusher {
namespace {

constexpr std::string_view kNode = "node00000001";

std::string envelope(const std::vector<wire::Record>& records, uint64_t number = 7) {
  std::string out = wire::begin_envelope(kNode, number);
  for (const wire::Record& record : records) wire::append(out, record);
  return out;
}

template <class T>
T only(const std::string& bytes) {
  const auto read = wire::read(bytes);
  EXPECT_TRUE(read && read->records.size() == 1 && read->unknown == 0);
  return std::get<T>(read->records.at(0));
}

TEST(ClusterCoding, EveryKindComesBack) {
  const std::string any("\0\xff\"\n\x80", 5), large(70'000, 'x');
  const std::string event =
      envelope({wire::Event{"app", {"room", any}, any, large, "1.2", any, true}}, 1ULL << 63U);
  const auto e = only<wire::Event>(event);
  EXPECT_EQ(wire::sender_of(event), kNode);
  EXPECT_EQ(wire::read(event)->number, 1ULL << 63U);
  EXPECT_EQ(e.app, "app");
  EXPECT_EQ(e.channels, (std::vector<std::string_view>{"room", any}));
  EXPECT_EQ(e.name, any);
  EXPECT_EQ(e.data, large);
  EXPECT_EQ(e.except, "1.2");
  EXPECT_EQ(e.user_id, any);
  EXPECT_TRUE(e.cached);

  const std::string member = envelope({wire::Member{"a", "presence-x", "u", "null", true, false}});
  const auto m = only<wire::Member>(member);
  EXPECT_EQ(m.user, "u");
  EXPECT_EQ(m.info, "null");
  EXPECT_TRUE(m.present);
  EXPECT_FALSE(m.gone);
  EXPECT_TRUE(only<wire::Member>(envelope({wire::Member{"a", "r", "u", "", false, true}})).gone);

  const auto c = only<wire::Count>(envelope({wire::Count{"a", "c", 300, 100'000}}));
  EXPECT_EQ(c.here, 300U);
  EXPECT_EQ(c.total, 100'000U);
  const std::string cached = envelope({wire::Cached{"a", "c", "n", "d", 123'456}});
  EXPECT_EQ(only<wire::Cached>(cached).age_ms, 123'456U);
  EXPECT_EQ(only<wire::Cached>(cached).data, "d");
  EXPECT_EQ(only<wire::Terminate>(envelope({wire::Terminate{"a", "u"}})).app, "a");
  EXPECT_EQ(only<wire::Ask>(envelope({wire::Ask{~uint64_t{0}}})).cache_ms, ~uint64_t{0});
  EXPECT_EQ(only<wire::SnapshotEnd>(envelope({wire::SnapshotEnd{9}})).records, 9U);
  EXPECT_TRUE(only<wire::Heartbeat>(envelope({wire::Heartbeat{true}})).listens_anew);
  only<wire::Goodbye>(envelope({wire::Goodbye{}}));
  only<wire::SnapshotBegin>(envelope({wire::SnapshotBegin{}}));
  only<wire::Missed>(envelope({wire::Missed{}}));
}

TEST(ClusterCoding, ManyRecordsKeepTheirOrder) {
  std::vector<wire::Record> records;
  for (uint64_t i = 0; i < 1000; ++i) records.emplace_back(wire::SnapshotEnd{i});
  const std::string bytes = envelope(records);
  const auto read = wire::read(bytes);
  ASSERT_EQ(read->records.size(), 1000U);
  for (uint64_t i = 0; i < 1000; ++i)
    EXPECT_EQ(std::get<wire::SnapshotEnd>(read->records[i]).records, i);
}

TEST(ClusterCoding, KindsOfNewerVersionsAreSkipped) {
  std::string bytes = envelope({wire::Heartbeat{}});
  bytes += std::string(
      "\x04\xee"
      "abc",
      5);
  bytes += std::string("\x04\x00\x00zz", 5);  // a heartbeat with more in it
  const auto read = wire::read(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->records.size(), 2U);
  EXPECT_EQ(read->unknown, 1U);
}

TEST(ClusterCoding, WhatIsCutShortIsRefusedWhole) {
  const std::string bytes =
      envelope({wire::Event{"app", {"channel", "b"}, "name", "data", "1.2", "u", true}});
  const size_t head = wire::begin_envelope(kNode, 7).size();
  for (size_t size = 0; size < bytes.size(); ++size) {
    const auto read = wire::read(std::string_view(bytes).substr(0, size));
    EXPECT_EQ(read.has_value(), size == head) << size;
  }
  EXPECT_FALSE(wire::read("GP\x02node00000001\x01"));
  EXPECT_FALSE(wire::read(std::string("GP\x01", 3) + std::string(kNode) + "\x01" + '\0'));
  EXPECT_FALSE(wire::read(std::string("GP\x01", 3) + std::string(kNode) + std::string(10, '\xff')));
}

TEST(ClusterCoding, NoiseDoesNoHarm) {
  std::mt19937 random{5};
  const std::string good =
      envelope({wire::Event{"app", {"c", "d"}, "n", std::string(200, 'd'), "1", "u"},
                wire::Member{"a", "r", "u", "{}", true, false}, wire::Count{"a", "c", 5, 6}});
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = good;
    for (int i = 0; i < 3; ++i) bytes[random() % bytes.size()] = static_cast<char>(random());
    const auto read = wire::read(bytes);
    if (!read) continue;
    for (const auto& record : read->records) {
      if (const auto* event = std::get_if<wire::Event>(&record)) {
        EXPECT_LE(event->data.size(), bytes.size());
      }
    }
  }
}

TEST(RedisUrl, SaysWhereRedisIs) {
  const auto whole = parse_redis_url("redis://:p%40ss@w@redis.internal:6380/3");
  ASSERT_TRUE(whole) << whole.status().message();
  EXPECT_EQ(whole->password, "p@ss@w");
  EXPECT_EQ(whole->host, "redis.internal");
  EXPECT_EQ(whole->port, 6380);
  EXPECT_EQ(whole->database, 3U);
  EXPECT_EQ(whole->printable(), "redis.internal:6380/3");
  const auto plain = parse_redis_url("redis://127.0.0.1");
  EXPECT_EQ(plain->port, 6379);
  EXPECT_EQ(plain->database, 0U);
  EXPECT_EQ(parse_redis_url("redis://me:pw@[::1]:7/")->user, "me");
  EXPECT_EQ(parse_redis_url("redis://[::1]:7")->printable(), "[::1]:7/0");
}

TEST(RedisUrl, ARefusalDoesNotShowThePassword) {
  for (const char* text :
       {"http://x", "redis://", "redis://:secret@", "redis://:secret@h:port",
        "redis://:secret@h:1/db", "redis://secret@h", "redis://:secret@[::1", "redis://h:99999"}) {
    const auto url = parse_redis_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.status().message().find("secret"), std::string::npos);
  }
}

}  // namespace
}  // namespace gardu::pusher
