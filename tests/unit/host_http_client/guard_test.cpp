// SPDX-License-Identifier: Apache-2.0
// The address guard by table, and before a connection: by literal, by name, by what is kept.
#include "http_client/detail/guard.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include "test_support.hpp"

namespace host_http_client_test {
namespace {

using gardu::host::client::detail::is_local_name;
using gardu::host::client::detail::is_private;

bool guarded(const std::string& text) {
  std::array<unsigned char, 4> four{};
  if (::inet_pton(AF_INET, text.c_str(), four.data()) == 1) return is_private(four);
  std::array<unsigned char, 16> six{};
  EXPECT_EQ(::inet_pton(AF_INET6, text.c_str(), six.data()), 1) << text;
  return is_private(six);
}

TEST(HttpClientGuard, KnowsWhatIsNotPublic) {
  for (const char* text : {"0.0.0.0",
                           "0.1.2.3",
                           "10.0.0.0",
                           "10.255.255.255",
                           "100.64.0.0",
                           "100.127.255.255",
                           "127.0.0.1",
                           "127.255.255.254",
                           "169.254.0.1",
                           "169.254.169.254",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.0.0.1",
                           "192.0.2.1",
                           "192.88.99.1",
                           "192.168.0.1",
                           "192.168.255.255",
                           "198.18.0.1",
                           "198.19.255.255",
                           "198.51.100.7",
                           "203.0.113.7",
                           "224.0.0.1",
                           "239.255.255.255",
                           "240.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "::2",
                           "::127.0.0.1",
                           "::8.8.8.8",
                           "fc00::1",
                           "fdff::1",
                           "fe80::1",
                           "febf::1",
                           "fec0::1",
                           "ff02::1",
                           "ff0e::1",
                           "::ffff:127.0.0.1",
                           "::ffff:10.0.0.1",
                           "::ffff:169.254.169.254",
                           "64:ff9b::10.0.0.1",
                           "64:ff9b::7f00:1",
                           "64:ff9b:1::808:808",
                           "2002:7f00:1::",
                           "2002:a00:1::1",
                           "2002:c0a8:101::",
                           "2001::1",
                           "2001:0:808:808::1",
                           "2001:db8::1",
                           "2001:1ff::1",
                           "3fff:fff::1",
                           "100::1",
                           "4000::1",
                           "5f00::1",
                           "e000::1"})
    EXPECT_TRUE(guarded(text)) << text;
}

TEST(HttpClientGuard, LetsThePublicThrough) {
  for (const char* text :
       {"1.1.1.1",          "8.8.8.8",         "9.255.255.255",        "11.0.0.0",
        "100.63.255.255",   "100.128.0.0",     "126.255.255.255",      "128.0.0.1",
        "169.253.255.255",  "169.255.0.0",     "172.15.255.255",       "172.32.0.0",
        "192.0.1.1",        "192.0.3.1",       "192.88.98.1",          "192.167.255.255",
        "192.169.0.0",      "198.17.255.255",  "198.20.0.0",           "198.51.101.1",
        "203.0.114.1",      "223.255.255.255", "2606:4700:4700::1111", "2001:4860:4860::8888",
        "2001:200::1",      "2a00:1450::1",    "3fff:1000::1",         "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8", "2002:808:808::1"})
    EXPECT_FALSE(guarded(text)) << text;
}

TEST(HttpClientGuard, KnowsTheMachinesOwnNames) {
  EXPECT_TRUE(is_local_name("localhost"));
  EXPECT_TRUE(is_local_name("localhost."));
  EXPECT_TRUE(is_local_name("a.localhost"));
  EXPECT_FALSE(is_local_name("localhost.example.com"));
  EXPECT_FALSE(is_local_name("notlocalhost"));
}

Call guarded_get(const std::string& url) {
  Call call = get(url);
  call.allow_private = false;
  return call;
}

Client::Options resolving_to(std::vector<std::string> addresses) {
  Client::Options options;
  options.resolve = [addresses = std::move(addresses)](const std::string&) { return addresses; };
  return options;
}

TEST(HttpClientGuard, RefusesLiteralsAndLocalNames) {
  const Server server([](Peer& peer, int) { peer.wait_for_close(); });
  Client client({});
  for (const char* host : {"127.0.0.1", "127.1", "2130706433", "0x7f.0.0.1", "0", "[::1]", "[::]",
                           "[::ffff:127.0.0.1]", "169.254.169.254", "localhost", "LOCALHOST."}) {
    const Answer answer = run(client, guarded_get(server.url(host) + "/?secret=hidden"));
    EXPECT_EQ(answer.progress, Progress::refused) << host;
    EXPECT_NE(answer.error.find("allow_private_addresses"), std::string::npos) << answer.error;
    EXPECT_EQ(answer.error.find("hidden"), std::string::npos) << answer.error;
  }
  EXPECT_EQ(server.connections(), 0);
}

TEST(HttpClientGuard, RefusesANameOfPrivateAddressesOnly) {
  const Server server([](Peer& peer, int) { serve_all(peer, "{}"); });
  Client client(resolving_to({"127.0.0.1", "10.0.0.1", "::1", "fd00::1", "::ffff:127.0.0.1"}));
  const Answer answer = run(client, guarded_get(server.url("service.test")));
  EXPECT_EQ(answer.progress, Progress::refused);
  EXPECT_EQ(answer.error,
            "service.test resolves to a private address; allow it with allow_private_addresses");
  EXPECT_EQ(server.connections(), 0);
}

TEST(HttpClientGuard, AGuardedCallTakesNoConnectionOfAnUnguardedOne) {
  const Server server([](Peer& peer, int) { serve_all(peer, "{}"); });
  Client client(resolving_to({"127.0.0.1"}));
  EXPECT_EQ(run(client, get(server.url("service.test"))).progress, Progress::answered);
  EXPECT_EQ(run(client, guarded_get(server.url("service.test"))).progress, Progress::refused);
  EXPECT_EQ(run(client, get(server.url("service.test"))).progress, Progress::answered);
  EXPECT_EQ(server.connections(), 1);
}

}  // namespace
}  // namespace host_http_client_test
