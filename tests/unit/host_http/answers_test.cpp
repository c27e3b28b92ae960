// SPDX-License-Identifier: Apache-2.0
// The Responder: once, from anywhere, late, never.
#include <gtest/gtest.h>

#include <thread>

#include "test_support.hpp"

namespace host_http_test {
namespace {

using std::chrono::milliseconds;

class AnswersTest : public testing::Test, protected TestServer {
 protected:
  static HeadDecision within(milliseconds deadline) {
    return HeadDecision{1000, std::nullopt, deadline};
  }
};

TEST_F(AnswersTest, OtherThreadMayAnswerAndOnlyTheFirstCounts) {
  Delivery<Responder> held;
  app.request = [&](Request&&, Responder responder) { held.put(std::move(responder)); };
  Client client(start());
  client.send(get("/"));
  const Responder responder = held.take();
  bool first = false;
  bool second = true;
  std::thread([&] {
    first = responder.send(Response::json(201, "{}"));
    second = responder.send(Response::json(202, "[]"));
  }).join();
  EXPECT_TRUE(first);
  EXPECT_FALSE(second);
  EXPECT_FALSE(responder.alive());
  EXPECT_EQ(client.reply()->status, 201);
  EXPECT_EQ(server->stats().ignored_answers, 1U);
  EXPECT_FALSE(responder.stream(Response())->write("x"));
}

TEST_F(AnswersTest, DroppedResponderIs500) {
  app.request = [](Request&&, Responder) {};
  Client client(start());
  client.send(get("/"));
  const auto reply = client.reply();
  EXPECT_EQ(reply->status, 500);
  EXPECT_EQ(reply->headers.get("Content-Type"), "application/problem+json");
  client.send(get("/"));
  EXPECT_EQ(client.reply()->status, 500) << "the connection is kept";
}

TEST_F(AnswersTest, ExceptionsBecome500WithoutTheirText) {
  app.request = [](Request&& request, Responder) {
    if (request.path == "/odd") throw 7;
    throw std::runtime_error("secret inside");
  };
  Client client(start());
  for (const char* path : {"/", "/odd"}) {
    client.send(get(path));
    const auto reply = client.reply();
    EXPECT_EQ(reply->status, 500);
    EXPECT_EQ(reply->body.find("secret"), std::string::npos);
    EXPECT_NE(reply->body.find("Internal Server Error"), std::string::npos);
  }
  app.head = [](const RequestHead&) -> HeadDecision { throw std::runtime_error("secret inside"); };
  client.send(post("/", "x"));
  EXPECT_EQ(client.reply()->status, 500);
}

TEST_F(AnswersTest, DeadlineIs504AndTheLateAnswerIsIgnored) {
  Delivery<Responder> held;
  Delivery<bool> told;
  app.head = [](const RequestHead& head) {
    return within(head.path == "/slow" ? milliseconds(60) : milliseconds(0));
  };
  app.request = [&](Request&& request, Responder responder) {
    if (request.path != "/slow") return responder.send(Response::text(200, "ok")), void();
    responder.on_disconnect([&] { told.put(true); });
    held.put(std::move(responder));
  };
  Client client(start());
  client.send(get("/slow"));
  EXPECT_EQ(client.reply()->status, 504);
  EXPECT_TRUE(told.take());
  const Responder late = held.take();
  EXPECT_FALSE(late.alive());
  EXPECT_FALSE(late.send(Response::text(200, "late")));
  client.send(get("/next"));
  EXPECT_EQ(client.reply()->body, "ok") << "the late answer went to nobody";
  EXPECT_EQ(server->stats().ignored_answers, 1U);
}

TEST_F(AnswersTest, AnswerAfterTheConnectionDied) {
  Delivery<Responder> held;
  Delivery<bool> told;
  app.request = [&](Request&&, Responder responder) {
    responder.on_disconnect([&] { told.put(true); });
    held.put(std::move(responder));
  };
  Client client(start());
  client.send(get("/"));
  const Responder responder = held.take();
  client.reset();
  EXPECT_TRUE(told.take());
  EXPECT_FALSE(responder.alive());
  bool answered = true;
  std::thread([&] { answered = responder.send(Response::text(200, "x")); }).join();
  EXPECT_FALSE(answered);
  bool at_once = false;
  responder.on_disconnect([&] { at_once = true; });
  EXPECT_TRUE(at_once);
}

TEST_F(AnswersTest, AnswerAfterTheServerWasDestroyed) {
  Delivery<Responder> held;
  app.request = [&](Request&&, Responder responder) { held.put(std::move(responder)); };
  Client client(start());
  client.send(get("/"));
  const Responder responder = held.take();
  server.reset();
  EXPECT_FALSE(responder.send(Response::text(200, "x")));
  EXPECT_FALSE(responder.stream(Response())->open());
  EXPECT_TRUE(client.ended());
}

TEST_F(AnswersTest, HeadIsAnsweredWithoutBody) {
  app.request = [](Request&& request, Responder responder) {
    Response response = Response::text(200, request.path == "/file" ? "" : "12345");
    if (request.path == "/file") response.headers.set("Content-Length", "1000000");
    responder.send(std::move(response));
  };
  Client client(start());
  client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\nHEAD /file HTTP/1.1\r\nHost: a\r\n\r\n" +
              get("/"));
  EXPECT_EQ(client.reply(true)->headers.get("Content-Length"), "5");
  EXPECT_EQ(client.reply(true)->headers.get("Content-Length"), "1000000");
  EXPECT_EQ(client.reply()->body, "12345");
}

TEST_F(AnswersTest, StatusWithoutBodyHasNoLength) {
  app.request = [](Request&&, Responder responder) {
    Response response = Response::empty(204);
    response.body = "dropped";
    responder.send(std::move(response));
  };
  Client client(start());
  client.send(get("/") + get("/"));
  EXPECT_FALSE(client.reply()->headers.has("Content-Length"));
  EXPECT_EQ(client.reply()->status, 204);
}

TEST_F(AnswersTest, HandlersCannotBreakTheFraming) {
  app.request = [](Request&& request, Responder responder) {
    Response response = Response::text(request.path == "/odd" ? 42 : 200, "body");
    response.headers.add("Content-Length", "1");
    response.headers.add("Transfer-Encoding", "chunked");
    response.headers.add("X-Request-Id", "mine");
    response.headers.add("X-Split", "a\r\nX-Injected: b");
    response.headers.add("Bad Name", "x");
    response.headers.add("X-Good", "\xC3\xA9");
    responder.send(std::move(response));
  };
  Client client(start());
  client.send(get("/"));
  const auto reply = client.reply();
  EXPECT_EQ(reply->body, "body");
  EXPECT_FALSE(reply->headers.has("X-Split"));
  EXPECT_FALSE(reply->headers.has("X-Injected"));
  EXPECT_FALSE(reply->headers.has("Bad Name"));
  EXPECT_EQ(reply->headers.get("X-Good"), "\xC3\xA9");
  EXPECT_EQ(reply->headers.count("X-Request-Id"), 1U);
  EXPECT_NE(reply->headers.get("X-Request-Id"), "mine");
  client.send(get("/odd"));
  EXPECT_EQ(client.reply()->status, 500);
}

TEST_F(AnswersTest, LargeBodyArrivesWhole) {
  std::string large;
  for (int i = 0; i < 2'000'000; ++i) large += std::to_string(i % 10);
  app.request = [&](Request&&, Responder responder) {
    Response response = Response::text(200, large);
    response.headers.add("Connection", "close");
    responder.send(std::move(response));
  };
  Client client(start());
  client.send(get("/"));
  EXPECT_EQ(client.reply()->body, large);
  EXPECT_TRUE(client.ended());
}

}  // namespace
}  // namespace host_http_test
