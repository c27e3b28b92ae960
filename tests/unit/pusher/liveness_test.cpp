// SPDX-License-Identifier: Apache-2.0
//
// How connections end that the client did not end itself.
#include <future>

#include "listener.hpp"

namespace gardu::pusher::testing {
namespace {

class LivenessTest : public Listener {
 protected:
  static void expect_closed(RawClient& client, int code) {
    const Json error = client.message();
    EXPECT_EQ(error["event"], "pusher:error");
    EXPECT_EQ(error["data"]["code"], code);
    const Frame close = client.frame();
    EXPECT_EQ(close.opcode, 8);
    EXPECT_EQ(close.close_code(), code);
    EXPECT_TRUE(client.at_end());
  }
};

TEST_F(LivenessTest, AMuteSocketIsPingedAndClosed) {
  start({{"activity_timeout_s", 1}, {"pong_timeout_s", 1}});
  RawClient mute = connected();  // in no channel at all
  RawClient alive = connected();
  EXPECT_EQ(alive.message()["event"], "pusher:ping");
  alive.write(masked_frame(0x8A, ""));  // any frame is a sign of life
  EXPECT_EQ(mute.message()["event"], "pusher:ping");
  expect_closed(mute, 4201);
  EXPECT_EQ(alive.message()["event"], "pusher:ping");
}

TEST_F(LivenessTest, WhoReadsIsNotCutOffForABurst) {
  start({{"send_queue", "16KiB"}});
  RawClient reader = connected(), api(port);
  reader.subscribe("news");
  // In one go, and several times what may wait.
  Json batch = Json::array();
  for (int i = 0; i < 10; ++i)
    batch.push_back(
        {{"name", std::to_string(i)}, {"channel", "news"}, {"data", std::string(9000, 'x')}});
  const std::string body = Json{{"batch", batch}}.dump();
  const std::string target = "/apps/3/batch_events";
  EXPECT_EQ(api.request("POST", signed_target("POST", target, body), body).status, 200);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(reader.message()["event"], std::to_string(i));
}

TEST_F(LivenessTest, WhatIsLargerThanTheQueueIsSentAlone) {
  start({{"send_queue", 100}});
  RawClient reader = connected(), api(port);
  for (int i = 0; i < 20; ++i) reader.subscribe("channel-" + std::to_string(i));
  EXPECT_EQ(
      publish(api, {{"name", "e"}, {"channel", "channel-7"}, {"data", std::string(9000, 'x')}})
          .status,
      200);
  EXPECT_EQ(reader.message()["event"], "e");
  const Reply list = get(api, "/apps/3/channels");
  EXPECT_EQ(list.status, 200);
  EXPECT_EQ(Json::parse(list.body)["channels"].size(), 20U);
}

TEST_F(LivenessTest, ASlowReaderIsCutOffAndTheOthersGoOn) {
  start({{"send_queue", "64KiB"}});
  RawClient slow(port, 4096);
  slow.open();
  RawClient fast = connected(), api(port);
  slow.subscribe("news");
  fast.subscribe("news");
  const std::string data(10000, 'x');
  int sent = 0;
  const std::string both = R"({"occupied":true,"subscription_count":2})";
  while (get(api, "/apps/3/channels/news", "info=subscription_count").body == both) {
    ASSERT_LT(++sent, 5000);
    ASSERT_EQ(publish(api, {{"name", "n"}, {"channel", "news"}, {"data", data}}).status, 200);
    ASSERT_EQ(fast.message()["data"], data);
  }
  for (int i = 0; i < sent; ++i) {
    const Json message = slow.message();
    if (message["event"] == "n") continue;
    EXPECT_EQ(message["data"]["code"], 4100);
    break;
  }
  EXPECT_EQ(slow.frame().close_code(), 4100);
  EXPECT_TRUE(slow.at_end());
  publish(api, {{"name", "n"}, {"channel", "news"}, {"data", "after"}});
  EXPECT_EQ(fast.message()["data"], "after");
}

TEST_F(LivenessTest, StoppingTellsEveryoneToComeBack) {
  start({{"threads", 2}});
  std::vector<RawClient> clients;
  for (int i = 0; i < 20; ++i) clients.push_back(connected());
  RawClient idle(port);  // an API client between two requests
  EXPECT_EQ(idle.request("GET", "/up").status, 200);
  auto stopped = std::async(std::launch::async, [&] { plugin->stop(); });
  for (RawClient& client : clients) {
    expect_closed(client, 4200);
    client.close();
  }
  EXPECT_TRUE(idle.at_end());
  stopped.get();
  EXPECT_THROW(RawClient{port}, std::runtime_error);
}

TEST_F(LivenessTest, ASocketThatVanishesLeavesItsChannels) {
  start();
  RawClient stays = connected(), api(port);
  {
    RawClient goes = connected();
    goes.subscribe("news");
    stays.subscribe("other");
  }
  // Its end comes through the same thread as ours: once ours was heard, theirs was.
  std::string body;
  for (int i = 0; i < 1000 && (body.empty() || body.find("news") != std::string::npos); ++i)
    body = get(api, "/apps/3/channels").body;
  EXPECT_EQ(body, R"({"channels":{"other":{}}})");
}

}  // namespace
}  // namespace gardu::pusher::testing
