// SPDX-License-Identifier: Apache-2.0
// What counts as a URL and what it is taken apart into.
#include "http_client/detail/url.hpp"

#include <gtest/gtest.h>

namespace host_http_client_test {
namespace {

using gardu::host::client::detail::parse_url;
using gardu::host::client::detail::Url;

Url parts_of(const std::string& text) {
  std::string why;
  const auto url = parse_url(text, why);
  EXPECT_TRUE(url.has_value()) << text << ": " << why;
  return url.value_or(Url{});
}

TEST(HttpClientUrl, TakesApart) {
  const Url url = parts_of("HTTPS://API.Example.com:8443/a/b?c=d&e=%20#part");
  EXPECT_TRUE(url.tls);
  EXPECT_EQ(url.host, "api.example.com");
  EXPECT_EQ(url.port, "8443");
  EXPECT_EQ(url.target, "/a/b?c=d&e=%20");
  EXPECT_EQ(url.authority(), "api.example.com:8443");
  EXPECT_FALSE(url.literal);
}

TEST(HttpClientUrl, FillsInWhatIsLeftOut) {
  EXPECT_EQ(parts_of("http://a").port, "80");
  EXPECT_EQ(parts_of("https://a").port, "443");
  EXPECT_EQ(parts_of("https://a").target, "/");
  EXPECT_EQ(parts_of("http://a?b=c").target, "/?b=c");
  EXPECT_EQ(parts_of("http://a#b").target, "/");
  EXPECT_EQ(parts_of("https://a:443/").authority(), "a");
  EXPECT_EQ(parts_of("http://a:00080/").authority(), "a");
  EXPECT_EQ(parts_of("http://a:443/").authority(), "a:443");
  EXPECT_EQ(parts_of("https://example.com./").name_for_tls(), "example.com");
  EXPECT_EQ(parts_of("http://a/@b").target, "/@b");
}

TEST(HttpClientUrl, ReadsAddressesAsTheyWillBeUsed) {
  const Url six = parts_of("http://[2001:DB8:0::1]:81/");
  EXPECT_EQ(six.host, "2001:db8::1");
  EXPECT_EQ(six.authority(), "[2001:db8::1]:81");
  EXPECT_TRUE(six.literal);
  for (const char* text :
       {"127.0.0.1", "127.1", "0x7f.1", "0x7F000001", "2130706433", "017700000001"}) {
    const Url url = parts_of(std::string("http://") + text);
    EXPECT_EQ(url.host, "127.0.0.1") << text;
    EXPECT_TRUE(url.literal);
  }
}

TEST(HttpClientUrl, RefusesTheRest) {
  const std::string long_label(64, 'a');
  for (const std::string& text : std::vector<std::string>{"",
                                                          "http",
                                                          "http:/a",
                                                          "http://",
                                                          "//a",
                                                          "/a",
                                                          "ftp://a",
                                                          "file:///etc/passwd",
                                                          " http://a",
                                                          "http://a ",
                                                          "http://a/b c",
                                                          "http://a/\r\nX: y",
                                                          "http://a/\t",
                                                          "http://a/\x7f",
                                                          "http://a/\xc3\xa4",
                                                          std::string("http://a/\0", 10),
                                                          "http://u@a",
                                                          "http://u:p@a/",
                                                          "http://a:0",
                                                          "http://a:65536",
                                                          "http://a:",
                                                          "http://a:8o",
                                                          "http://a:-1",
                                                          "http://a:123456",
                                                          "http://a:80:80",
                                                          "http://[::1",
                                                          "http://::1",
                                                          "http://[::1]x",
                                                          "http://[1.2.3.4]",
                                                          "http://[fe80::1%25eth0]",
                                                          "http://[]",
                                                          "http://a..b",
                                                          "http://.a",
                                                          "http://.",
                                                          "http://a_b!c",
                                                          "http://a%41",
                                                          "http://a\\b",
                                                          "http://1.2.3.4.5",
                                                          "http://256.1.1.1",
                                                          "http://a.0xzz",
                                                          "http://1.2.3.4.",
                                                          "http://" + long_label,
                                                          "http://:80",
                                                          "https:a",
                                                          "http://a/" + std::string(40'000, 'x')}) {
    std::string why;
    EXPECT_FALSE(parse_url(text, why)) << text;
    EXPECT_FALSE(why.empty()) << text;
  }
}

}  // namespace
}  // namespace host_http_client_test
