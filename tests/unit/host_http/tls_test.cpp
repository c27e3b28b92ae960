// SPDX-License-Identifier: Apache-2.0
// The same server over TLS.
#include <gtest/gtest.h>

#include <fstream>

#include "tls_test_support.hpp"

namespace host_http_test {
namespace {

class TlsTest : public testing::Test, protected TestServer {
 protected:
  TlsTest() {
    options.tls = {files.certificate(), files.key()};
    app.request = [](Request&& request, Responder responder) {
      responder.send(Response::text(200, request.body + (request.secure ? " secure" : "")));
    };
  }
  Certificate files;
};

TEST_F(TlsTest, KeepsConnectionsAndCarriesLargeBodies) {
  TlsClient client(start());
  ASSERT_TRUE(client.connected());
  EXPECT_EQ(client.version(), "TLSv1.3");
  client.send(post("/", "a") + post("/", "b"));
  EXPECT_EQ(client.reply()->body, "a secure");
  EXPECT_EQ(client.reply()->body, "b secure");
  const std::string large(900'000, 'x');
  client.send(post("/", large));
  EXPECT_EQ(client.reply()->body, large + " secure");
  client.send(post("/", "c", "Connection: close\r\n"));
  EXPECT_EQ(client.reply()->body, "c secure");
  EXPECT_TRUE(client.ended()) << "closed with close_notify";
}

TEST_F(TlsTest, Version12IsTheLowest) {
  TlsClient modern(start(), TLS1_2_VERSION);
  EXPECT_TRUE(modern.connected());
  modern.send(post("/", "x"));
  EXPECT_EQ(modern.reply()->body, "x secure");
  TlsClient old(server->port(), TLS1_1_VERSION);
  EXPECT_FALSE(old.connected());
}

TEST_F(TlsTest, OversizedBodyIsAnsweredBeforeTheEnd) {
  options.linger_timeout = kGuard;
  app.head = [](const RequestHead&) { return HeadDecision{10, std::nullopt, {}}; };
  TlsClient client(start());
  client.send(post("/", std::string(200'000, 'x')));
  EXPECT_EQ(client.reply()->status, 413);
  EXPECT_TRUE(client.ended());
}

TEST_F(TlsTest, HalfClosedClientGetsItsAnswer) {
  Delivery<Responder> held;
  app.request = [&](Request&&, Responder responder) { held.put(responder); };
  TlsClient client(start());
  client.send(get("/"));
  client.shutdown_write();
  held.take().send(Response::text(200, "answer"));
  EXPECT_EQ(client.reply()->body, "answer");
  EXPECT_TRUE(client.ended());
}

TEST_F(TlsTest, StreamsWork) {
  app.request = [](Request&&, Responder responder) {
    const auto stream = responder.stream(Response::text(200, "a"));
    stream->write("b");
    stream->close();
  };
  TlsClient client(start());
  client.send(get("/") + get("/"));
  EXPECT_EQ(client.reply()->body, "ab");
  EXPECT_EQ(client.reply()->body, "ab");
}

TEST_F(TlsTest, PlainOrSilentPeersAreClosed) {
  options.header_timeout = std::chrono::milliseconds(100);
  Client plain(start());
  plain.send(get("/"));
  EXPECT_EQ(plain.until_end().find("HTTP/"), std::string::npos);
  Client silent(server->port());
  EXPECT_TRUE(silent.ended());
}

TEST_F(TlsTest, SlowHeaderIs408) {
  options.header_timeout = std::chrono::milliseconds(1500);  // also of the handshake
  TlsClient late(start());
  EXPECT_TRUE(late.connected());
  late.send("GET / HTTP/1.1\r\n");
  EXPECT_EQ(late.reply()->status, 408);
}

TEST_F(TlsTest, DrainFinishesTheRequest) {
  Delivery<Responder> held;
  app.request = [&](Request&&, Responder responder) { held.put(responder); };
  TlsClient client(start());
  client.send(get("/"));
  const Responder responder = held.take();
  auto drained = std::async(std::launch::async, [&] { return server->drain(kGuard); });
  responder.send(Response::text(200, "done"));
  EXPECT_EQ(client.reply()->body, "done");
  EXPECT_TRUE(drained.get());
}

TEST_F(TlsTest, BadFilesAreNamed) {
  const auto error_of = [this](const std::string& certificate, const std::string& key) {
    TestServer other;
    other.options.tls = {certificate, key};
    try {
      other.start();
    } catch (const std::runtime_error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_NE(error_of("/nowhere/c.pem", files.key()).find("/nowhere/c.pem"), std::string::npos);
  EXPECT_NE(error_of(files.certificate(), "/nowhere/k.pem").find("/nowhere/k.pem"),
            std::string::npos);
  EXPECT_NE(error_of(files.certificate(), ""), "");
  const Certificate stranger;
  EXPECT_NE(error_of(files.certificate(), stranger.key()), "") << "key of another certificate";
}

}  // namespace
}  // namespace host_http_test
