// SPDX-License-Identifier: Apache-2.0
// Over TLS: the certificate must be of a known authority and bear the host's name.
#include <gtest/gtest.h>

#include "test_support.hpp"
#include "tls_test_support.hpp"

namespace host_http_client_test {
namespace {

std::string secure(const std::string& url) { return "https" + url.substr(4); }

Server::Script over_tls(const Authority& authority, const std::string& body = "{}") {
  return [&authority, body](Peer& peer, int) {
    if (peer.start_tls(authority.server())) serve_all(peer, body);
  };
}

Client::Options trusting(const Authority& authority) {
  Client::Options options;
  options.ca_file = authority.path();
  options.resolve = [](const std::string&) { return std::vector<std::string>{"127.0.0.1"}; };
  return options;
}

void expect_unreachable(const Answer& answer, const std::string& part) {
  EXPECT_EQ(answer.progress, Progress::unreachable);
  EXPECT_NE(answer.error.find(part), std::string::npos) << answer.error;
}

TEST(HttpClientTls, AnAddressOverOneConnection) {
  const Authority authority("IP:127.0.0.1");
  const Server server(over_tls(authority, std::string(100'000, 'x')));
  Client client(trusting(authority));
  for (int i = 0; i < 3; ++i) {
    const Answer answer = run(client, post(secure(server.url()), std::string(100'000, 'y')));
    EXPECT_EQ(answer.progress, Progress::answered) << answer.error;
    EXPECT_EQ(answer.body.size(), 100'000U);
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpClientTls, ANameIsAskedForAndVerified) {
  const Authority authority("DNS:service.test");
  std::promise<std::string> name;
  const Server server([&](Peer& peer, int) {
    if (!peer.start_tls(authority.server())) return;
    name.set_value(peer.server_name());
    serve_all(peer, "{}");
  });
  Client client(trusting(authority));
  EXPECT_EQ(run(client, get(secure(server.url("Service.test.")))).status, 200);
  EXPECT_EQ(name.get_future().get(), "service.test");
}

TEST(HttpClientTls, RefusesAnotherName) {
  const Authority authority("DNS:service.test");
  const Server server(over_tls(authority));
  Client client(trusting(authority));
  expect_unreachable(run(client, get(secure(server.url("other.test")))), "hostname mismatch");
  expect_unreachable(run(client, get(secure(server.url()))), "IP address mismatch");
}

TEST(HttpClientTls, RefusesAnUnknownAuthority) {
  const Authority authority("IP:127.0.0.1"), another("IP:127.0.0.1");
  const Server server(over_tls(authority));
  Client client({});
  expect_unreachable(run(client, get(secure(server.url()))), "self-signed certificate");
  Client trusts_another(trusting(another));
  EXPECT_EQ(run(trusts_another, get(secure(server.url()))).progress, Progress::unreachable);
}

TEST(HttpClientTls, RefusesOldVersions) {
  const Authority authority("IP:127.0.0.1");
  SSL_CTX_set_security_level(&authority.server(), 0);
  SSL_CTX_set_min_proto_version(&authority.server(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(&authority.server(), TLS1_1_VERSION);
  const Server server(over_tls(authority));
  Client client(trusting(authority));
  expect_unreachable(run(client, get(secure(server.url()))), "TLS with 127.0.0.1:");
}

TEST(HttpClientTls, AServerThatSpeaksNone) {
  const Server server([](Peer& peer, int) {
    peer.write("HTTP/1.1 400 Bad Request\r\n\r\n");
    peer.wait_for_close();
  });
  Client client({});
  expect_unreachable(run(client, get(secure(server.url()) + "/?secret=hidden")), "TLS with");
}

// Without the end of TLS, whether the body is whole cannot be told.
TEST(HttpClientTls, ABodyUntilTheEndNeedsTheEnd) {
  const Authority authority("IP:127.0.0.1");
  const Server server([&](Peer& peer, int) {
    if (!peer.start_tls(authority.server())) return;
    peer.read_request();
    peer.write("HTTP/1.1 200 OK\r\n\r\npart of");
  });
  Client client(trusting(authority));
  EXPECT_EQ(run(client, get(secure(server.url()))).progress, Progress::unknown);
}

TEST(HttpClientTls, APlainConnectionIsNoneForTls) {
  const Authority authority("IP:127.0.0.1");
  const Server server([&](Peer& peer, int number) {
    if (number == 0 || peer.start_tls(authority.server())) serve_all(peer, "{}");
  });
  Client client(trusting(authority));
  EXPECT_EQ(run(client, get(server.url())).status, 200);
  EXPECT_EQ(run(client, get(secure(server.url()))).status, 200);
  EXPECT_EQ(server.connections(), 2);
}

TEST(HttpClientTls, AFileThatHoldsNoAuthority) {
  Client::Options options;
  options.ca_file = "/nowhere/ca.pem";
  EXPECT_THROW(Client{options}, std::runtime_error);
}

}  // namespace
}  // namespace host_http_client_test
