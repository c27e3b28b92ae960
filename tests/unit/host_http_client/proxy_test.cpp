// SPDX-License-Identifier: Apache-2.0
// Through a proxy: plain requests with the whole URL, TLS in a tunnel, names left to the proxy.
#include <gtest/gtest.h>

#include "test_support.hpp"
#include "tls_test_support.hpp"

namespace host_http_client_test {
namespace {

Client::Options through(const Server& proxy) {
  Client::Options options;
  options.proxy = proxy.url();
  options.resolve = [](const std::string&) { return std::vector<std::string>{}; };
  return options;
}

Call public_get(const std::string& url) {
  Call call = get(url);
  call.allow_private = false;
  return call;
}

TEST(HttpClientProxy, PlainRequestsHaveTheWholeUrl) {
  std::promise<std::string> seen;
  const Server proxy([&](Peer& peer, int) {
    seen.set_value(peer.read_request());
    peer.write(http_answer(200, "through"));
    serve_all(peer, "again");
  });
  Client client(through(proxy));
  EXPECT_EQ(run(client, public_get("http://service.test:8080/a?b=c#d")).body, "through");
  EXPECT_EQ(run(client, public_get("http://service.test:8080/")).body, "again");
  const std::string request = seen.get_future().get();
  EXPECT_TRUE(request.starts_with(
      "GET http://service.test:8080/a?b=c HTTP/1.1\r\nHost: service.test:8080\r\n"))
      << request;
}

TEST(HttpClientProxy, TlsGoesThroughATunnel) {
  const Authority authority("DNS:service.test");
  std::promise<std::string> tunnel, request;
  const Server proxy([&](Peer& peer, int) {
    tunnel.set_value(peer.read_request());
    peer.write("HTTP/1.1 200 Connection established\r\nVia: x\r\nContent-Length: 9\r\n\r\n");
    if (!peer.start_tls(authority.server())) return;
    request.set_value(peer.read_request());
    peer.write(http_answer(200, "through"));
    serve_all(peer, "again");
  });
  Client::Options options = through(proxy);
  options.ca_file = authority.path();
  Client client(options);
  Call call = public_get("https://service.test/a?b=c");
  call.headers = {{"Authorization", "Bearer hidden"}};
  const Answer answer = run(client, call);
  EXPECT_EQ(answer.body, "through") << answer.error;
  EXPECT_EQ(run(client, public_get("https://service.test/")).body, "again");
  EXPECT_EQ(proxy.connections(), 1);
  EXPECT_EQ(tunnel.get_future().get(),
            "CONNECT service.test:443 HTTP/1.1\r\nHost: service.test:443\r\n"
            "User-Agent: Gardu\r\n\r\n");
  EXPECT_TRUE(
      request.get_future().get().starts_with("GET /a?b=c HTTP/1.1\r\nHost: service.test\r\n"));
}

TEST(HttpClientProxy, ATunnelThatIsNone) {
  const std::string good = "HTTP/1.1 200 OK\r\n\r\n";
  for (const auto& [bytes, part] :
       {std::pair<std::string, std::string>{http_answer(407, "who are you"), "it answered 407"},
        {http_answer(502, ""), "it answered 502"},
        {good + "planted", "more than it should"},
        {"nonsense\r\n\r\n", "no tunnel"},
        {"", "no tunnel"}}) {
    const Server proxy([&bytes = bytes](Peer& peer, int) {
      peer.read_request();
      peer.write(bytes);
    });
    Client client(through(proxy));
    const Answer answer = run(client, public_get("https://service.test/?secret=hidden"));
    EXPECT_EQ(answer.progress, Progress::unreachable);
    EXPECT_NE(answer.error.find(part), std::string::npos) << answer.error;
    EXPECT_EQ(answer.error.find("hidden"), std::string::npos) << answer.error;
  }
}

TEST(HttpClientProxy, TheTunnelsCertificateIsTheServers) {
  const Authority authority("DNS:another.test");
  const Server proxy([&](Peer& peer, int) {
    peer.read_request();
    peer.write("HTTP/1.1 200 OK\r\n\r\n");
    (void)peer.start_tls(authority.server());
  });
  Client::Options options = through(proxy);
  options.ca_file = authority.path();
  Client client(options);
  EXPECT_EQ(run(client, public_get("https://service.test/")).progress, Progress::unreachable);
}

TEST(HttpClientProxy, TheGuardLooksAtWhatTheUrlSays) {
  const Server proxy([](Peer& peer, int) { serve_all(peer, "through"); });
  Client client(through(proxy));
  for (const char* url : {"http://127.0.0.1/", "http://169.254.169.254/latest", "https://[::1]/",
                          "http://2130706433/", "http://localhost/", "https://10.0.0.1/"})
    EXPECT_EQ(run(client, public_get(url)).progress, Progress::refused) << url;
  EXPECT_EQ(proxy.connections(), 0);
  EXPECT_EQ(run(client, public_get("http://8.8.8.8/")).body, "through");
  EXPECT_EQ(run(client, get("http://10.0.0.1/")).body, "through");
}

TEST(HttpClientProxy, OneThatIsNotThere) {
  Client::Options options;
  options.proxy = dead_url();
  Client client(options);
  EXPECT_EQ(run(client, public_get("http://service.test/")).progress, Progress::unreachable);
  EXPECT_EQ(run(client, public_get("https://service.test/")).progress, Progress::unreachable);
}

TEST(HttpClientProxy, MustBeAPlainAddress) {
  for (const char* proxy : {"127.0.0.1:3128", "https://a:1", "http://u:p@a:1", "http://a:1/x",
                            "socks5://a:1", "http://a:0"}) {
    Client::Options options;
    options.proxy = proxy;
    EXPECT_THROW(Client{options}, std::runtime_error) << proxy;
  }
}

}  // namespace
}  // namespace host_http_client_test
