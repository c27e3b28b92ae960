// SPDX-License-Identifier: Apache-2.0
// Percent-encoding, queries, forms and paths.
#include "http/url.hpp"

#include <gtest/gtest.h>

namespace gardu::host::http {
namespace {

TEST(UrlTest, DecodesStrictly) {
  EXPECT_EQ(percent_decode("a%20b%2Fc%e2%82%ac+"), "a b/c\xE2\x82\xAC+");
  EXPECT_EQ(percent_decode(""), "");
  EXPECT_EQ(percent_decode("%00"), std::string(1, '\0'));
  for (const char* bad : {"%", "%1", "a%zz", "%2", "%g0", "%%20"}) {
    EXPECT_EQ(percent_decode(bad), std::nullopt) << bad;
  }
}

TEST(UrlTest, EncodingIsUndoneByDecoding) {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  EXPECT_EQ(percent_decode(percent_encode(all)), all);
  EXPECT_EQ(percent_encode("a-b_c.d~e f/"), "a-b_c.d~e%20f%2F");
}

TEST(UrlTest, QueryKeepsOrderAndRepetition) {
  const auto pairs = parse_query("b=2&a=x%3Dy+z&&flag&b=&=v&c=1=2");
  ASSERT_TRUE(pairs);
  EXPECT_EQ(*pairs,
            (Pairs{{"b", "2"}, {"a", "x=y z"}, {"flag", ""}, {"b", ""}, {"", "v"}, {"c", "1=2"}}));
  EXPECT_EQ(find_pair(*pairs, "b"), "2");
  EXPECT_EQ(find_pair(*pairs, "B"), std::nullopt);
  EXPECT_EQ(parse_query(""), Pairs());
  EXPECT_EQ(parse_query("a=%"), std::nullopt);
  EXPECT_EQ(parse_form("%q=1"), std::nullopt);
  EXPECT_EQ(parse_form("a=1+2"), (Pairs{{"a", "1 2"}}));
}

TEST(UrlTest, PathSegmentsStayEncoded) {
  using Segments = std::vector<std::string_view>;
  EXPECT_EQ(split_path("/"), Segments{""});
  EXPECT_EQ(split_path("/a/b%2Fc/"), (Segments{"a", "b%2Fc", ""}));
  EXPECT_EQ(split_path("//a"), (Segments{"", "a"}));
  EXPECT_EQ(split_path(""), Segments());
  EXPECT_EQ(split_path("a/b"), Segments());
}

}  // namespace
}  // namespace gardu::host::http
