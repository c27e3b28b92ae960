// SPDX-License-Identifier: Apache-2.0
//
// Names of channels, origins and socket ids.
#include "protocol/channel.hpp"

#include <gtest/gtest.h>

#include "protocol/crypto.hpp"
#include "protocol/origin.hpp"

namespace gardu::pusher {
namespace {

TEST(Channel, KindsByAnchoredPrefix) {
  const ChannelKind open{};
  EXPECT_EQ(classify("news"), open);
  EXPECT_EQ(classify("privateer"), open);
  EXPECT_EQ(classify("presences"), open);
  EXPECT_EQ(classify("my-cache-x"), open);
  EXPECT_EQ(classify("my-private-x"), open);
  EXPECT_TRUE(classify("private-x").needs_auth);
  EXPECT_FALSE(classify("private-x").cached);
  EXPECT_TRUE(classify("private-cache-x").cached);
  EXPECT_TRUE(classify("private-encrypted-x").encrypted);
  EXPECT_FALSE(classify("private-encrypted-x").cached);
  EXPECT_TRUE(classify("private-encrypted-cache-x").cached);
  EXPECT_TRUE(classify("presence-x").presence);
  EXPECT_TRUE(classify("presence-cache-x").cached);
  EXPECT_TRUE(classify("cache-x").cached);
  EXPECT_FALSE(classify("cache-x").needs_auth);
  EXPECT_TRUE(classify("#server-to-user-7").of_user);
}

TEST(Channel, WhoMaySendClientEvents) {
  EXPECT_FALSE(classify("news").client_events());
  EXPECT_TRUE(classify("private-x").client_events());
  EXPECT_TRUE(classify("presence-x").client_events());
  EXPECT_FALSE(classify("private-encrypted-x").client_events());
}

TEST(Channel, Names) {
  EXPECT_TRUE(valid_channel_name("private-workspace.1_-=@,.;Z", 200));
  EXPECT_TRUE(valid_channel_name("#server-to-user-1", 200));
  EXPECT_FALSE(valid_channel_name("", 200));
  EXPECT_FALSE(valid_channel_name("#", 200));
  EXPECT_FALSE(valid_channel_name("a b", 200));
  EXPECT_FALSE(valid_channel_name("a#b", 200));
  EXPECT_FALSE(valid_channel_name("abc/d", 200));
  EXPECT_TRUE(valid_channel_name(std::string(200, 'a'), 200));
  EXPECT_FALSE(valid_channel_name(std::string(201, 'a'), 200));
  EXPECT_TRUE(valid_channel_name(std::string(201, 'a'), 0));
}

TEST(Channel, ReservedEvents) {
  EXPECT_TRUE(reserved_event_name("pusher:foo"));
  EXPECT_TRUE(reserved_event_name("pusher_internal:foo"));
  EXPECT_FALSE(reserved_event_name("pusherfoo"));
}

TEST(SocketId, Shape) {
  EXPECT_TRUE(is_socket_id("1234.1234"));
  EXPECT_TRUE(is_socket_id(make_socket_id()));
  EXPECT_NE(make_socket_id(), make_socket_id());
  for (const char* bad : {"", ".", "1.", ".1", "1234", "1.2.3", "1.2\n", "a.1", "-1.1", "1.1x"})
    EXPECT_FALSE(is_socket_id(bad)) << bad;
}

TEST(Origin, Patterns) {
  const std::vector<std::string> all{"*"};
  EXPECT_TRUE(origin_allowed(all, "https://anything.example:9"));
  const std::vector<std::string> some{"app.example.org", "*.shop.org", "https://x.org:8443"};
  EXPECT_TRUE(origin_allowed(some, "https://app.example.org"));
  EXPECT_TRUE(origin_allowed(some, "http://APP.example.org:3000"));
  EXPECT_TRUE(origin_allowed(some, "https://a.b.shop.org"));
  EXPECT_TRUE(origin_allowed(some, "https://x.org:8443"));
  EXPECT_FALSE(origin_allowed(some, "http://x.org:8443"));
  EXPECT_FALSE(origin_allowed(some, "https://shop.org"));
  EXPECT_FALSE(origin_allowed(some, "https://app.example.org.evil.com"));
  EXPECT_FALSE(origin_allowed(some, "https://evil.com/app.example.org"));
  EXPECT_FALSE(origin_allowed(some, "null"));
  EXPECT_TRUE(origin_allowed(some, ""));
}

}  // namespace
}  // namespace gardu::pusher
