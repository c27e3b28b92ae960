// SPDX-License-Identifier: Apache-2.0
#include "journal/identity.hpp"

#include <gtest/gtest.h>

namespace gardu::host {
namespace {

TEST(Identity, PhoneNumbersInAnySpelling) {
  EXPECT_EQ(normalize_phone("+62 812-345 (67)"), "+6281234567");
  EXPECT_EQ(normalize_phone("6281234567"), "+6281234567");
  for (const char* wrong : {"", "+", "12", "0812345678", "+62+812345", "62 812 345 678 901 234",
                            "call me", "62812345x", "62\n812345"})
    EXPECT_EQ(normalize_phone(wrong), std::nullopt) << wrong;
}

TEST(Identity, WhatAnAddressNames) {
  const struct {
    const char *to, *kind, *value, *address;
  } cases[] = {
      {"+62 812 345 67", "phone", "+6281234567", "6281234567"},
      {"6281234567@c.us", "phone", "+6281234567", "6281234567@c.us"},
      {"123456789@lid", "lid", "123456789", "123456789@lid"},
      {"120363@g.us", "group", "120363@g.us", "120363@g.us"},
      {"US.13491208655302741918", "bsuid", "US.13491208655302741918", "US.13491208655302741918"},
      {"US.ENT.118abc", "bsuid", "US.ENT.118abc", "US.ENT.118abc"},
  };
  for (const auto& c : cases) {
    const auto peer = parse_peer(c.to);
    ASSERT_TRUE(peer) << c.to;
    EXPECT_EQ(peer->kind, c.kind);
    EXPECT_EQ(peer->value, c.value);
    EXPECT_EQ(peer->address, c.address);
  }
  for (const char* wrong :
       {"", "@c.us", "x@c.us", "someone@example.org", "US.", "us.123", "US.a b"})
    EXPECT_FALSE(parse_peer(wrong)) << wrong;
  EXPECT_FALSE(parse_peer(std::string(500, '1')));
}

}  // namespace
}  // namespace gardu::host
