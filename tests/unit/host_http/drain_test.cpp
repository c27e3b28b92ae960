// SPDX-License-Identifier: Apache-2.0
// Start, drain and stop.
#include <gtest/gtest.h>

#include <thread>

#include "test_support.hpp"

namespace host_http_test {
namespace {

using std::chrono::milliseconds;

class DrainTest : public testing::Test, protected TestServer {};

TEST_F(DrainTest, RequestInFlightFinishesAndIdleConnectionsClose) {
  Delivery<Responder> held;
  app.request = [&](Request&& request, Responder responder) {
    if (request.path == "/idle") return responder.send(Response::text(200, "")), void();
    held.put(responder);
  };
  options.threads = 2;
  const auto port = start();
  Client idle(port);
  idle.send(get("/idle"));
  EXPECT_EQ(idle.reply()->status, 200);
  Client busy(port);
  busy.send(get("/busy"));
  const Responder responder = held.take();

  EXPECT_FALSE(server->drain(milliseconds(50)));
  EXPECT_TRUE(idle.ended());
  EXPECT_THROW(Client another(port), std::runtime_error);
  EXPECT_TRUE(responder.alive());
  auto drained = std::async(std::launch::async, [&] { return server->drain(kGuard); });
  responder.send(Response::text(200, "done"));
  EXPECT_TRUE(drained.get());
  const auto reply = busy.reply();
  EXPECT_EQ(reply->body, "done");
  EXPECT_EQ(reply->headers.get("Connection"), "close");
  EXPECT_TRUE(busy.ended());
}

TEST_F(DrainTest, BegunRequestIsStillAnswered) {
  Client client(start());
  client.send(get("/first") + "GET /sec");
  EXPECT_EQ(client.reply()->status, 200);
  auto drained = std::async(std::launch::async, [&] { return server->drain(kGuard); });
  client.send("ond HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.reply()->body, "GET /second||");
  EXPECT_TRUE(drained.get());
}

TEST_F(DrainTest, StopIsIdempotentAndEndsWhatIsUnderway) {
  Delivery<Responder> held;
  app.request = [&](Request&&, Responder responder) { held.put(responder); };
  Client client(start());
  client.send(get("/"));
  const Responder responder = held.take();
  server->stop();
  server->stop();
  EXPECT_FALSE(responder.alive());
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(server->stats().connections, 0U);
  EXPECT_EQ(server->stats().in_flight, 0U);
  EXPECT_TRUE(server->drain(milliseconds(0)));
  EXPECT_THROW(server->start(), std::runtime_error);
}

TEST_F(DrainTest, StopBesideRunningClients) {
  options.threads = 2;
  app.request = [](Request&&, Responder responder) {
    std::thread([responder] { responder.send(Response::text(200, "x")); }).join();
  };
  const auto port = start();
  Delivery<bool> warm;
  std::thread load([&] {
    for (int i = 0;; ++i) {
      try {
        Client client(port);
        client.send(get("/"));
        if (!client.reply()) return;
      } catch (const std::runtime_error&) {
        return;
      }
      if (i == 20) warm.put(true);
    }
  });
  EXPECT_TRUE(warm.take());
  server->stop();
  load.join();
}

TEST_F(DrainTest, AddressInUseIsNamedWithItsCause) {
  const auto port = start();
  TestServer second;
  second.options.listen = "127.0.0.1:" + std::to_string(port);
  try {
    second.start();
    ADD_FAILURE() << "bound twice";
  } catch (const std::runtime_error& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find(second.options.listen), std::string::npos) << text;
    EXPECT_NE(text.find("in use"), std::string::npos) << text;
  }
}

TEST_F(DrainTest, BadListenAddressesAreRefused) {
  for (const char* bad : {"", "localhost", "127.0.0.1:", "127.0.0.1:70000", "127.0.0.1:x", "::1:80",
                          ":80", "127.0.0.1:-1"}) {
    TestServer other;
    other.options.listen = bad;
    EXPECT_THROW(other.start(), std::runtime_error) << bad;
  }
}

}  // namespace
}  // namespace host_http_test
