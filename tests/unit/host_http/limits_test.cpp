// SPDX-License-Identifier: Apache-2.0
// Requests that are malformed, too large, too slow or too many.
#include <gtest/gtest.h>

#include <atomic>

#include "test_support.hpp"

namespace host_http_test {
namespace {

using std::chrono::milliseconds;

class LimitsTest : public testing::Test, protected TestServer {
 protected:
  // The answer to `text`, which must be a problem document followed by the connection's end.
  int refused(std::string_view text) {
    Client client(server ? server->port() : start());
    client.send(text);
    const auto reply = client.reply();
    if (!reply) return 0;
    EXPECT_EQ(reply->headers.get("Content-Type"), "application/problem+json") << text;
    EXPECT_EQ(reply->headers.get("Connection"), "close") << text;
    const auto id = std::string(reply->headers.get("X-Request-Id"));
    EXPECT_NE(reply->body.find("\"instance\":\"" + id + "\""), std::string::npos) << reply->body;
    EXPECT_NE(reply->body.find("\"status\":" + std::to_string(reply->status)), std::string::npos);
    EXPECT_TRUE(client.ended()) << text;
    return reply->status;
  }
};

TEST_F(LimitsTest, MalformedRequestsAre400) {
  app.request = [](Request&& request, Responder) {
    ADD_FAILURE() << "reached: " << request.target;
  };
  for (const char* bad : {
           "GARBAGE\r\n\r\n",
           "GET /\r\n\r\n",
           "GET / HTTP/1.1\r\n\r\n",  // no Host
           "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\nBad Name: x\r\n\r\n",
           "GET / HTTP/1.1\nHost: a\n\n",
           "GET / HTTP/x.y\r\nHost: a\r\n\r\n",
           "GET path HTTP/1.1\r\nHost: a\r\n\r\n",
           "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
           "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
           "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
           "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       }) {
    EXPECT_EQ(refused(bad), 400) << bad;
  }
}

TEST_F(LimitsTest, OtherVersionsAre505AndCodings501) {
  EXPECT_EQ(refused("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), 505);
  EXPECT_EQ(refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505);
  EXPECT_EQ(
      refused("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
      501);
  EXPECT_EQ(refused("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n"), 501);
}

TEST_F(LimitsTest, OversizedHeaderIs431) {
  options.header_limit = 2048;
  EXPECT_EQ(refused("GET /" + std::string(3000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n"), 431);
  EXPECT_EQ(refused(get("/", "X: " + std::string(3000, 'a') + "\r\n")), 431);
  EXPECT_EQ(refused("GET / HTTP/1.1\r\nX: " + std::string(100'000, 'a')), 431) << "endless";
  // Each half would pass alone.
  EXPECT_EQ(refused("GET /" + std::string(1500, 'a') +
                    " HTTP/1.1\r\nHost: a\r\nX: " + std::string(1500, 'b') + "\r\n\r\n"),
            431);
  Client client(server->port());
  client.send(get("/", "X: " + std::string(1900, 'a') + "\r\n"));
  EXPECT_EQ(client.reply()->status, 200);
}

TEST_F(LimitsTest, OversizedBodyIs413WithoutBeingRead) {
  app.head = [](const RequestHead&) { return HeadDecision{1000, std::nullopt, {}}; };
  app.request = [](Request&& request, Responder responder) {
    responder.send(Response::text(200, std::to_string(request.body.size())));
  };
  EXPECT_EQ(refused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n"), 413);
  EXPECT_EQ(refused(post("/", std::string(300'000, 'x'))), 413)
      << "answer survives the unread body";
  const std::string chunk = "190\r\n" + std::string(400, 'x') + "\r\n";
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(refused(head + chunk + chunk + chunk), 413) << "no end was sent";
  Client client(server->port());
  client.send(head + chunk + chunk + "c8\r\n" + std::string(200, 'x') + "\r\n0\r\n\r\n");
  EXPECT_EQ(client.reply()->body, "1000");
}

TEST_F(LimitsTest, RequestCutShortIs400) {
  const auto port = start();
  for (const char* part :
       {"GET / HT", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"}) {
    Client client(port);
    client.send(part);
    client.shutdown_write();
    const auto reply = client.reply();
    ASSERT_TRUE(reply) << part;
    EXPECT_EQ(reply->status, 400) << part;
  }
}

TEST_F(LimitsTest, SlowHeaderAndSlowBodyAre408) {
  options.header_timeout = milliseconds(400);
  options.body_timeout = milliseconds(100);
  EXPECT_EQ(refused("GET / HTTP/1.1\r\nHost:"), 408);
  EXPECT_EQ(refused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"), 408);
}

TEST_F(LimitsTest, TricklingHeaderEndsAlthoughBytesArrive) {
  options.header_timeout = milliseconds(400);
  options.linger_timeout = milliseconds(50);
  Client client(start());
  client.send("GET / HTTP/1.1\r\nHost: a\r\nX: ");
  std::future<std::optional<Reply>> reply =
      std::async(std::launch::async, [&] { return client.reply(); });
  while (reply.wait_for(milliseconds(10)) != std::future_status::ready) client.send("a");
  EXPECT_EQ(reply.get()->status, 408);
}

TEST_F(LimitsTest, SilentConnectionIsClosedWithoutAWord) {
  options.header_timeout = milliseconds(80);
  Client silent(start());
  EXPECT_TRUE(silent.ended());
  EXPECT_EQ(server->stats().requests_total, 0U);
}

TEST_F(LimitsTest, IdleConnectionIsClosed) {
  options.idle_timeout = milliseconds(80);
  Client idle(start());
  idle.send(get("/"));
  EXPECT_EQ(idle.reply()->status, 200);
  EXPECT_TRUE(idle.ended());
}

TEST_F(LimitsTest, BodyThatArrivesFastEnoughMayTakeLongerThanTheTimeout) {
  options.body_timeout = milliseconds(500);
  options.body_min_rate = 1;  // every byte brings a second
  Client client(start());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n");
  client.send(std::string(50, 'x'));
  client.send(std::string(50, 'x'));
  // Another connection's body without a byte runs into the limit meanwhile.
  EXPECT_EQ(refused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n"), 408);
  client.send("y");
  EXPECT_EQ(client.reply()->body, "POST /||" + std::string(100, 'x') + "y");
}

TEST_F(LimitsTest, PeerThatDoesNotReadIsDropped) {
  options.write_timeout = milliseconds(100);
  Delivery<bool> gone;
  app.request = [&](Request&&, Responder responder) {
    auto stream = responder.stream(Response::text(200, std::string(64 * 1024 * 1024, 'x')));
    stream->on_close([&] { gone.put(true); });
  };
  Client client(start());
  client.send(get("/"));
  EXPECT_TRUE(gone.take());
}

TEST_F(LimitsTest, TooManyConnectionsGet503) {
  options.max_connections = 2;
  const auto port = start();
  Client one(port);
  one.send(get("/"));
  EXPECT_EQ(one.reply()->status, 200);
  Client two(port);
  two.send(get("/"));
  EXPECT_EQ(two.reply()->status, 200);
  Client three(port);
  three.send(get("/"));
  const auto reply = three.reply();
  EXPECT_EQ(reply->status, 503);
  EXPECT_EQ(reply->headers.get("Retry-After"), "1");
  EXPECT_TRUE(three.ended());
  one.send(get("/"));
  EXPECT_EQ(one.reply()->status, 200);
}

TEST_F(LimitsTest, TwoHundredConnectionsAtOnce) {
  options.threads = 2;
  std::mutex mutex;
  std::vector<Responder> waiting;
  Delivery<bool> all;
  app.request = [&](Request&&, Responder responder) {
    const std::lock_guard lock(mutex);
    waiting.push_back(responder);
    if (waiting.size() == 200) all.put(true);
  };
  const auto port = start();
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 200; ++i) {
    clients.push_back(std::make_unique<Client>(port));
    clients.back()->send(get("/"));
  }
  ASSERT_TRUE(all.take());
  EXPECT_EQ(server->stats().in_flight, 200U);
  EXPECT_EQ(server->stats().connections, 200U);
  for (auto& responder : std::exchange(waiting, {})) responder.send(Response::text(200, "now"));
  for (const auto& client : clients) EXPECT_EQ(client->reply()->body, "now");
}

}  // namespace
}  // namespace host_http_test
