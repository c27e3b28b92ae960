// SPDX-License-Identifier: Apache-2.0
//
// Fragmentation: section 5 of the Autobahn suite, all of it. Its waits between frames are left out
// (5.19 and 5.20): a ping is awaited there instead, which proves as much.
#include "websocket_case.hpp"

namespace gardu::pusher::testing {
namespace {

using WebSocketFragmentation = WebSocketCase;

const std::string kFirst = masked_frame(kText, event_text("ab").substr(0, 30));
const std::string kRest = masked_frame(kLast | kMore, event_text("ab").substr(30));
const std::string kWhole = event_frame("whole");

std::string more(std::string_view payload) { return masked_frame(kMore, payload); }
std::string last(std::string_view payload) { return masked_frame(kLast | kMore, payload); }

TEST_F(WebSocketFragmentation, ControlFramesAreNeverFragmented) {
  const std::vector<Case> table{
      {"5.1", {masked_frame(kPing, "frag1"), last("frag2")}, Delivery::whole, {closed(1002)}},
      {"5.2", {masked_frame(kPong, "frag1"), last("frag2")}, Delivery::whole, {closed(1002)}},
      {"a close", {masked_frame(kClose, close_payload(1000))}, Delivery::whole, {closed(1002)}},
      {"in a message", {kFirst, masked_frame(kPing, "x")}, Delivery::whole, {closed(1002)}},
  };
  run(table);
}

TEST_F(WebSocketFragmentation, TwoFragments) {
  const std::vector<Case> table{
      {"5.3", {kFirst, kRest}, Delivery::whole, {heard("ab")}},
      {"5.4", {kFirst, kRest}, Delivery::by_frame, {heard("ab")}},
      {"5.5", {kFirst, kRest}, Delivery::by_octet, {heard("ab")}},
      {"5.6", {kFirst, ping("p"), kRest}, Delivery::whole, {pong("p"), heard("ab")}},
      {"5.7", {kFirst, ping("p"), kRest}, Delivery::by_frame, {pong("p"), heard("ab")}},
      {"5.8", {kFirst, ping("p"), kRest}, Delivery::by_octet, {pong("p"), heard("ab")}},
  };
  run(table);
}

TEST_F(WebSocketFragmentation, ContinuationsOfNothing) {
  const std::string ending = last("non-continuation"), going_on = more("non-continuation");
  const std::vector<Step> fails{closed(1002)};
  const std::vector<Case> table{
      {"5.9", {ending, kWhole}, Delivery::whole, fails},
      {"5.10", {ending, kWhole}, Delivery::by_frame, fails},
      {"5.11", {ending, kWhole}, Delivery::by_octet, fails},
      {"5.12", {going_on, kWhole}, Delivery::whole, fails},
      {"5.13", {going_on, kWhole}, Delivery::by_frame, fails},
      {"5.14", {going_on, kWhole}, Delivery::by_octet, fails},
      {"5.15", {kFirst, kRest, going_on, kWhole}, Delivery::whole, {heard("ab"), closed(1002)}},
      {"5.16", {going_on, kWhole, going_on, kWhole}, Delivery::whole, fails},
      {"5.17", {ending, kWhole, ending, kWhole}, Delivery::whole, fails},
  };
  run(table);
}

TEST_F(WebSocketFragmentation, AMessageInAMessage) {
  const std::vector<Case> table{
      {"5.18", {kFirst, masked_frame(kLast | kText, "x")}, Delivery::whole, {closed(1002)}},
      {"binary", {kFirst, masked_frame(kLast | kBinary, "x")}, Delivery::whole, {closed(1002)}},
  };
  run(table);
}

// 5.19 and 5.20: each ping is answered while the message is still open.
TEST_F(WebSocketFragmentation, PingsBetweenFiveFragments) {
  for (const Delivery delivery : {Delivery::by_frame, Delivery::by_octet}) {
    RawClient client = member();
    const std::string text = event_text("fragmented");
    const std::vector<std::string> frames = fragments(kText, text, text.size() / 5 + 1);
    ASSERT_EQ(frames.size(), 5U);
    const auto pinged = [&](const char* payload) {
      const std::vector<std::string> frame{ping(payload)};
      deliver(client, frame, delivery);
      const Frame answer = client.frame();
      EXPECT_EQ(answer.opcode, kPong);
      EXPECT_EQ(answer.payload, payload);
    };
    deliver(client, std::span(frames).subspan(0, 2), delivery);
    pinged("pongme 1!");
    deliver(client, std::span(frames).subspan(2, 2), delivery);
    pinged("pongme 2!");
    deliver(client, std::span(frames).subspan(4, 1), delivery);
    check(client, std::vector{heard("fragmented")});
  }
}

TEST_F(WebSocketFragmentation, EveryOctetAFragment) {
  const std::string text = event_text("one by one");
  const std::vector<Case> table{
      {"whole", fragments(kText, text, 1), Delivery::whole, {heard("one by one")}},
      {"by octet", fragments(kText, text, 1), Delivery::by_octet, {heard("one by one")}},
      {"binary", fragments(kBinary, text, 20), Delivery::whole, {closed(1003)}},
  };
  run(table);
}

}  // namespace
}  // namespace gardu::pusher::testing
