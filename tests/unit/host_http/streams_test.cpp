// SPDX-License-Identifier: Apache-2.0
// Answers without end: order, limits, who ends them.
#include <gtest/gtest.h>

#include <thread>

#include "test_support.hpp"

namespace host_http_test {
namespace {

using std::chrono::milliseconds;
using StreamPtr = std::shared_ptr<Stream>;

class StreamsTest : public testing::Test, protected TestServer {
 protected:
  StreamsTest() {
    app.head = [](const RequestHead&) { return HeadDecision{0, std::nullopt, milliseconds(40)}; };
    app.request = [this](Request&& request, Responder responder) {
      if (request.path != "/events") return responder.send(Response::text(200, "plain")), void();
      auto head = Response::bytes(200, "text/event-stream", ": hello\n\n");
      auto stream = responder.stream(std::move(head));
      stream->on_close([this] { closed.put(true); });
      opened.put(stream);
    };
  }
  // Stops the IO threads before what the callbacks use goes away.
  ~StreamsTest() override { server.reset(); }

  static std::string chunk(Client& client) {
    const auto size = client.line();
    const auto text = client.bytes(size.empty() ? 0 : std::stoul(size, nullptr, 16));
    EXPECT_EQ(client.line(), "");
    return text;
  }

  Delivery<StreamPtr> opened;
  Delivery<bool> closed;
};

TEST_F(StreamsTest, WritesArriveInOrderBeyondTheDeadline) {
  Client other(start());
  Client client(server->port());
  client.send(get("/events"));
  const auto stream = opened.take();
  EXPECT_EQ(client.reply(true)->headers.get("Transfer-Encoding"), "chunked");
  EXPECT_EQ(chunk(client), ": hello\n\n");
  EXPECT_EQ(server->stats().streams, 1U);
  EXPECT_EQ(server->stats().in_flight, 0U);
  // Another request's deadline of the same length passes meanwhile.
  app.request = [](Request&&, Responder responder) {
    responder.on_disconnect([responder] {});  // kept until the deadline gives it up
  };
  other.send(get("/slow"));
  EXPECT_EQ(other.reply()->status, 504);

  std::thread([&] {
    for (int i = 0; i < 500; ++i) EXPECT_TRUE(stream->write(std::to_string(i) + "\n"));
    stream->close();
    EXPECT_FALSE(stream->write("late"));
  }).join();
  std::string all;
  for (auto text = chunk(client); !text.empty(); text = chunk(client)) all += text;
  std::string expected;
  for (int i = 0; i < 500; ++i) expected += std::to_string(i) + "\n";
  EXPECT_EQ(all, expected);
  EXPECT_TRUE(closed.take());
  EXPECT_FALSE(stream->open());
  client.send(get("/after"));
  EXPECT_EQ(client.reply()->status, 504) << "the connection is kept";
}

TEST_F(StreamsTest, QueueIsBounded) {
  options.stream_limit = 1000;
  options.write_timeout = std::chrono::seconds(20);
  Client client(start());
  client.send(get("/events"));
  const auto stream = opened.take();
  EXPECT_FALSE(stream->write(std::string(1001, 'x')));
  EXPECT_TRUE(stream->open()) << "the caller decides what a gap means";
  // The client does not read: kernel buffers fill up first, then the queue.
  bool refused = false;
  for (int i = 0; i < 10'000'000 && !refused; ++i) refused = !stream->write(std::string(1000, 'x'));
  EXPECT_TRUE(refused);
}

TEST_F(StreamsTest, PeerLeavingEndsTheStream) {
  Client client(start());
  client.send(get("/events"));
  const auto stream = opened.take();
  client.shutdown_write();
  EXPECT_TRUE(closed.take());
  EXPECT_FALSE(stream->open());
  EXPECT_FALSE(stream->write("x"));
  bool at_once = false;
  stream->on_close([&] { at_once = true; });
  EXPECT_TRUE(at_once);
  EXPECT_EQ(server->stats().streams, 0U);
}

TEST_F(StreamsTest, DrainEndsStreamsProperly) {
  Client client(start());
  client.send(get("/events"));
  const auto stream = opened.take();
  EXPECT_TRUE(stream->write("last words"));
  EXPECT_TRUE(server->drain(kGuard));
  EXPECT_EQ(client.reply()->body, ": hello\n\nlast words");
  EXPECT_TRUE(client.ended());
  EXPECT_TRUE(closed.take());
}

TEST_F(StreamsTest, StopEndsStreams) {
  Client client(start());
  client.send(get("/events"));
  const auto stream = opened.take();
  server->stop();
  EXPECT_TRUE(closed.take());
  EXPECT_FALSE(stream->write("x"));
}

TEST_F(StreamsTest, Http10GetsTheBareBytes) {
  Client client(start());
  client.send("GET /events HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const auto stream = opened.take();
  stream->write("a");
  stream->close();
  const auto reply = client.reply();
  EXPECT_EQ(reply->headers.get("Connection"), "close");
  EXPECT_FALSE(reply->headers.has("Transfer-Encoding"));
  EXPECT_EQ(reply->body, ": hello\n\na");
}

TEST_F(StreamsTest, HeadEndsAtOnce) {
  Client client(start());
  client.send("HEAD /events HTTP/1.1\r\nHost: a\r\n\r\n" + get("/plain"));
  EXPECT_EQ(client.reply(true)->status, 200);
  EXPECT_EQ(client.reply()->body, "plain");
  EXPECT_TRUE(closed.take());
}

}  // namespace
}  // namespace host_http_test
