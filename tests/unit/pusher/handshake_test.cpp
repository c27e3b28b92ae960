// SPDX-License-Identifier: Apache-2.0
//
// Opening connections, and being refused.
#include <dirent.h>
#include <chrono>
#include <thread>

#include "listener.hpp"

namespace gardu::pusher::testing {
namespace {

class HandshakeTest : public Listener {
 protected:
  // The code that both the error and the close carry.
  int refusal(const std::string& target, const std::string& header = {}) {
    RawClient client(port);
    EXPECT_EQ(client.upgrade(target, header).status, 101);
    const Json error = client.message();
    EXPECT_EQ(error["event"], "pusher:error");
    const Frame close = client.frame();
    EXPECT_EQ(close.opcode, 8);
    EXPECT_EQ(error["data"]["code"], close.close_code());
    EXPECT_TRUE(client.at_end());
    return close.close_code();
  }
  const std::string app = "/app/" + std::string(kKey);
};

TEST_F(HandshakeTest, TellsTheSocketIdAndTheTimeout) {
  start();
  RawClient client(port);
  const Reply reply = client.upgrade(app + "?protocol=7&client=js&version=8.6.0&flash=false");
  EXPECT_NE(reply.head.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
            std::string::npos);
  const Json data = Json::parse(client.message()["data"].get<std::string>());
  EXPECT_TRUE(is_socket_id(data["socket_id"].get<std::string>()));
  EXPECT_EQ(data["activity_timeout"], 30);
}

TEST_F(HandshakeTest, LogsWhereItListens) {
  start();
  EXPECT_TRUE(host.logged("listening on 127.0.0.1:" + std::to_string(port)));
}

TEST_F(HandshakeTest, ProtocolVersions) {
  start();
  for (const char* fine : {"", "?protocol=4", "?protocol=7", "?flash=true"}) {
    RawClient client(port);
    EXPECT_NO_THROW(client.open(app + fine)) << fine;
  }
  EXPECT_EQ(refusal(app + "?protocol=3"), 4007);
  EXPECT_EQ(refusal(app + "?protocol=8"), 4007);
  EXPECT_EQ(refusal(app + "?protocol=abc"), 4006);
  EXPECT_EQ(refusal(app + "?protocol="), 4006);
}

TEST_F(HandshakeTest, Apps) {
  Json settings = basic_settings();
  settings["apps"].push_back({{"id", "off"}, {"key", "off"}, {"enabled", false}});
  settings["apps"].push_back({{"id", "web"}, {"key", "web"}, {"allowed_origins", {"*.x.org"}}});
  settings["apps"].push_back({{"id", "one"}, {"key", "one"}, {"max_connections", 1}});
  start(settings);
  EXPECT_EQ(refusal("/app/nobody"), 4001);
  EXPECT_EQ(refusal("/app/off"), 4003);
  EXPECT_EQ(refusal("/app/web", "Origin: https://evil.org\r\n"), 4009);
  RawClient page(port);
  page.upgrade("/app/web", "Origin: https://a.x.org\r\n");
  EXPECT_EQ(page.message()["event"], "pusher:connection_established");
  RawClient first(port);
  first.open("/app/one");
  EXPECT_EQ(refusal("/app/one"), 4004);
}

TEST_F(HandshakeTest, ANodeThatIsFull) {
  start({{"max_connections", 1}});
  RawClient first = connected();
  EXPECT_EQ(refusal(app), 4100);
  first.write(masked_frame(0x88, std::string("\x03\xE8", 2)));
  EXPECT_EQ(first.frame().close_code(), 1000);  // its place is free now
  EXPECT_NO_THROW(connected());
}

TEST_F(HandshakeTest, TooManyAtOnceAreToldToComeBackInASecond) {
  start({{"handshakes_per_second", 1}});
  RawClient first = connected();
  bool refused = false;
  for (int i = 0; i < 100 && !refused; ++i) {
    RawClient next(port);
    EXPECT_EQ(next.upgrade(app).status, 101);
    const Json message = next.message();
    if (message["event"] == "pusher:connection_established") continue;
    refused = true;
    EXPECT_EQ(message["data"]["code"], 4100);
    EXPECT_EQ(next.frame().close_code(), 4100);
    EXPECT_TRUE(next.at_end());
  }
  EXPECT_TRUE(refused);
  EXPECT_EQ(RawClient(port).request("GET", "/up").status, 200);
  EXPECT_EQ(refusal("/app/nobody"), 4001);  // who is not welcome at all is told so
}

TEST_F(HandshakeTest, WhatIsNoWebSocket) {
  start();
  EXPECT_EQ(RawClient(port).request("GET", app).status, 426);
  EXPECT_EQ(RawClient(port).request("GET", "/nowhere").status, 404);
  EXPECT_EQ(RawClient(port).upgrade("/nowhere").status, 404);
  RawClient version(port);
  std::string text = RawClient::upgrade_request(app);
  version.write(text.replace(text.find("Version: 13"), 11, "Version: 12"));
  EXPECT_EQ(version.reply().status, 426);
  RawClient key(port);
  text = RawClient::upgrade_request(app);
  key.write(text.replace(text.find("dGhl"), 4, "!!!!"));
  EXPECT_EQ(key.reply().status, 400);
  RawClient garbage(port);
  garbage.write("\x16\x03\x01 not http at all\r\n\r\n");
  EXPECT_EQ(garbage.reply().status, 400);
  RawClient tls(port);
  tls.write("\x16\x03\x01");
  EXPECT_EQ(tls.reply().status, 400);
  RawClient endless(port);
  endless.write("GET / HTTP/1.1\r\nX: " + std::string(20000, 'x'));
  EXPECT_EQ(endless.reply().status, 431);
}

TEST_F(HandshakeTest, UnderAPrefix) {
  start({{"path", "/ws"}});
  RawClient client(port);
  EXPECT_NO_THROW(client.open("/ws" + app));
  EXPECT_EQ(RawClient(port).upgrade(app).status, 404);
  EXPECT_EQ(RawClient(port).request("GET", "/ws/up").body, R"({"health":"OK"})");
  EXPECT_EQ(RawClient(port).request("GET", "/up").status, 404);
  RawClient api(port);
  const std::string target = signed_target("GET", "/apps/3/channels");
  EXPECT_EQ(api.request("GET", "/ws" + target).status, 200);
}

TEST_F(HandshakeTest, ByteByByteWithTheFirstFrameRightBehind) {
  start();
  RawClient client(port);
  for (const char c :
       RawClient::upgrade_request(app) + masked_frame(0x81, R"({"event":"pusher:ping"})"))
    client.write({&c, 1});
  EXPECT_EQ(client.reply().status, 101);
  EXPECT_EQ(client.message()["event"], "pusher:connection_established");
  EXPECT_EQ(client.message()["event"], "pusher:pong");
}

size_t entries(const char* folder) {
  DIR* dir = ::opendir(folder);
  size_t count = 0;
  while (::readdir(dir) != nullptr) ++count;
  ::closedir(dir);
  return count;
}

TEST_F(HandshakeTest, AddressInUseIsToldAndLeavesNothing) {
  start();
  const size_t descriptors = entries("/proc/self/fd");
  Json settings = basic_settings();
  settings["listen"] = "127.0.0.1:" + std::to_string(port);
  PusherPlugin second(host.table());
  const Status status = second.start(settings.dump());
  EXPECT_EQ(status.code(), GARDU_INTERNAL);
  EXPECT_NE(status.message().find("127.0.0.1:" + std::to_string(port)), std::string::npos);
  second.stop();
  EXPECT_EQ(entries("/proc/self/fd"), descriptors);
}

// A joined thread is gone for us before the kernel has taken its entry away: waits for at most
// `most`.
size_t entries_settled(const char* folder, size_t most) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (entries(folder) > most && std::chrono::steady_clock::now() < until)
    std::this_thread::yield();
  return entries(folder);
}

TEST_F(HandshakeTest, StopLeavesNoThreadAndNoDescriptor) {
  size_t descriptors = 0, threads = 0;
  for (int round = 0; round < 6; ++round) {  // it can be started again and again
    start({{"threads", 3}});
    {
      std::vector<RawClient> clients;
      for (int i = 0; i < 9; ++i) clients.push_back(connected());
    }
    plugin->stop();
    plugin.reset();
    // The first round also makes what a first thread brings along, such as a sanitizer's own.
    if (round == 0) {
      descriptors = entries("/proc/self/fd");
      threads = entries("/proc/self/task");
    }
  }
  EXPECT_EQ(entries("/proc/self/fd"), descriptors);
  EXPECT_LE(entries_settled("/proc/self/task", threads), threads);
}

}  // namespace
}  // namespace gardu::pusher::testing
