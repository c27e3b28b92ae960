// SPDX-License-Identifier: Apache-2.0
// What the application sees of requests: forms, order, bodies, ids, addresses.
#include <gtest/gtest.h>

#include "test_support.hpp"

namespace host_http_test {
namespace {

class RequestsTest : public testing::Test, protected TestServer {};

TEST_F(RequestsTest, ConnectionIsKeptAndAnswersCarryDateAndId) {
  Client client(start());
  for (int i = 0; i < 3; ++i) {
    client.send(post("/a%20b?x=1", "body"));
    const auto reply = client.reply();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 200);
    EXPECT_EQ(reply->body, "POST /a%20b|x=1|body");
    EXPECT_EQ(reply->headers.get("Date").size(), 29U);
    EXPECT_EQ(reply->headers.get("X-Request-Id").size(), 36U);
    EXPECT_FALSE(reply->headers.has("Connection"));
  }
  EXPECT_EQ(server->stats().connections_total, 1U);
  EXPECT_EQ(server->stats().requests_total, 3U);
  EXPECT_EQ(server->stats().by_class[2], 3U);
}

TEST_F(RequestsTest, RequestIdIsTakenOverOnlyIfWellFormed) {
  Client client(start());
  client.send(get("/", "X-Request-Id: abc-1.2_~\r\n"));
  EXPECT_EQ(client.reply()->headers.get("X-Request-Id"), "abc-1.2_~");
  const std::string longest(128, 'a');
  client.send(get("/", "X-Request-Id: " + longest + "\r\n"));
  EXPECT_EQ(client.reply()->headers.get("X-Request-Id"), longest);
  for (const std::string& bad : {longest + "a", std::string("a b"), std::string("\"q\"")}) {
    client.send(get("/", "X-Request-Id: " + bad + "\r\n"));
    EXPECT_EQ(client.reply()->headers.get("X-Request-Id").size(), 36U) << bad;
  }
}

TEST_F(RequestsTest, PipelinedRequestsAreAnsweredInOrder) {
  std::vector<std::pair<std::string, Responder>> waiting;  // touched by the one IO thread only
  app.request = [&](Request&& request, Responder responder) {
    waiting.emplace_back(request.path, responder);
    ASSERT_EQ(waiting.size(), 1U) << "one at a time";
    responder.send(Response::text(200, request.path + request.body));
    waiting.clear();
  };
  Client client(start());
  std::string all;
  for (int i = 0; i < 50; ++i) all += post("/" + std::to_string(i), std::string(1000, 'x'));
  client.send(all);
  for (int i = 0; i < 50; ++i) {
    const auto reply = client.reply();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->body, "/" + std::to_string(i) + std::string(1000, 'x'));
  }
}

TEST_F(RequestsTest, HalfClosedClientGetsAllItsAnswers) {
  Delivery<Responder> held;
  app.request = [&](Request&& request, Responder responder) {
    if (request.path == "/1") return held.put(responder);
    responder.send(Response::text(200, request.path));
  };
  Client client(start());
  client.send(get("/1") + get("/2"));
  client.shutdown_write();
  const Responder responder = held.take();
  EXPECT_TRUE(responder.alive());
  EXPECT_TRUE(responder.send(Response::text(200, "late")));
  EXPECT_EQ(client.reply()->body, "late");
  EXPECT_EQ(client.reply()->body, "/2");
  EXPECT_TRUE(client.ended());
}

TEST_F(RequestsTest, HeaderAndChunksMayComeByteByByte) {
  Client client(start());
  const std::string request =
      "POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n5;ext=1\r\ndefgh\r\n0\r\nTrailer: x\r\n\r\n";
  for (const char byte : request) client.send(std::string_view(&byte, 1));
  EXPECT_EQ(client.reply()->body, "POST /c||abcdefgh");
  client.send(get("/next"));
  EXPECT_EQ(client.reply()->body, "GET /next||");
}

TEST_F(RequestsTest, ContinueComesAfterTheDecision) {
  Client client(start());
  client.send("PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-Continue\r\n\r\n");
  EXPECT_EQ(client.reply()->status, 100);
  client.send("data");
  EXPECT_EQ(client.reply()->body, "PUT /x||data");

  app.head = [](const RequestHead&) { return HeadDecision{3, std::nullopt, {}}; };
  client.send("PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  const auto refused = client.reply();
  EXPECT_EQ(refused->status, 413);
  EXPECT_EQ(refused->headers.get("Connection"), "close");
  EXPECT_TRUE(client.ended());
}

TEST_F(RequestsTest, UnknownExpectationIsRefused) {
  Client client(start());
  client.send(get("/", "Expect: tea\r\n"));
  EXPECT_EQ(client.reply()->status, 417);
}

TEST_F(RequestsTest, RejectedRequestKeepsTheConnectionIfItsBodyIsSmall) {
  app.head = [](const RequestHead& head) {
    HeadDecision decision;
    if (head.path == "/no") {
      decision.reject = Response::problem(401, "no token", head.request_id);
    }
    return decision;
  };
  Client client(start());
  client.send(post("/no", "small") + get("/yes"));
  EXPECT_EQ(client.reply()->status, 401);
  EXPECT_EQ(client.reply()->body, "GET /yes||");
  client.send("POST /no HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n");
  const auto reply = client.reply();
  EXPECT_EQ(reply->status, 401);
  EXPECT_EQ(reply->headers.get("Connection"), "close");
  EXPECT_TRUE(client.ended());
}

TEST_F(RequestsTest, AbsoluteFormAndEmptyLinesAreUnderstood) {
  Client client(start());
  client.send("\r\n\r\nGET http://gardu.test?q=1 HTTP/1.1\r\nHost: gardu.test\r\n\r\n");
  EXPECT_EQ(client.reply()->body, "GET /|q=1|");
  client.send("GET http://gardu.test/p?q HTTP/1.1\r\nHost: gardu.test\r\n\r\n");
  EXPECT_EQ(client.reply()->body, "GET /p|q|");
  client.send("OPTIONS * HTTP/1.1\r\nHost: gardu.test\r\n\r\n");
  EXPECT_EQ(client.reply()->body, "OPTIONS *||");
}

TEST_F(RequestsTest, Http10ClosesUnlessAskedOtherwise) {
  const auto port = start();
  Client closing(port);
  closing.send("GET /old HTTP/1.0\r\n\r\n");
  EXPECT_EQ(closing.reply()->headers.get("Connection"), "close");
  EXPECT_TRUE(closing.ended());
  Client keeping(port);
  keeping.send("GET /old HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(keeping.reply()->headers.get("Connection"), "keep-alive");
  keeping.send(get("/new", "Connection: close\r\n"));
  EXPECT_EQ(keeping.reply()->headers.get("Connection"), "close");
  EXPECT_TRUE(keeping.ended());
}

TEST_F(RequestsTest, ForwardedAddressCountsOnlyFromTrustedProxies) {
  const auto seen = [](TestServer& site, const char* headers) {
    site.app.request = [](Request&& request, Responder responder) {
      responder.send(
          Response::text(200, request.remote_address + (request.secure ? " secure" : "")));
    };
    Client client(site.start());
    client.send(get("/", headers));
    return client.reply()->body;
  };
  const char* const forwarded =
      "X-Forwarded-For: 6.6.6.6, 1.2.3.4:99\r\nX-Forwarded-For: 10.9.9.9\r\n"
      "X-Forwarded-Proto: https\r\n";
  TestServer none;
  EXPECT_EQ(seen(none, forwarded), "127.0.0.1");
  TestServer trusting;
  trusting.options.trusted_proxies = {"127.0.0.0/8", "10.0.0.0/8", "fd00::/8"};
  EXPECT_EQ(seen(trusting, forwarded), "1.2.3.4 secure");
  TestServer other;
  other.options.trusted_proxies = {"127.0.0.1"};
  EXPECT_EQ(seen(other, "X-Forwarded-For: 1.1.1.1, [2001:db8::1]:80\r\n"), "2001:db8::1");
  TestServer broken;
  broken.options.trusted_proxies = {"127.0.0.1"};
  EXPECT_EQ(seen(broken, "X-Forwarded-For: 1.1.1.1, nonsense\r\n"), "127.0.0.1");
}

TEST_F(RequestsTest, BadProxyBlockIsNamed) {
  for (const char* bad : {"10.0.0.0/33", "10.0.0/8", "::1/129", "proxy", "1.2.3.4/"}) {
    options.trusted_proxies = {bad};
    try {
      const Server refused(options, app);
      ADD_FAILURE() << bad;
    } catch (const std::runtime_error& error) {
      EXPECT_NE(std::string(error.what()).find(bad), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace host_http_test
