// SPDX-License-Identifier: Apache-2.0
//
// How much a message may be: around 64 KiB, where a frame's length takes another form, at the limit
// and over it, and what is refused by its head alone. Sections 9 (speed), 10 (frames of the peer's
// choice; ours are never fragmented), 12 and 13 (compression) of the Autobahn suite do not apply:
// no extension is agreed on, as the last test shows.
#include "websocket_case.hpp"

namespace gardu::pusher::testing {
namespace {

constexpr size_t kLimit = 65536;

class WebSocketLimits : public WebSocketCase {
 protected:
  void SetUp() override {
    Json settings = basic_settings();
    settings["apps"][0]["limits"] = {{"client_event_data", 0}, {"client_events_per_second", 0}};
    start(settings);  // with the default for a message
    ASSERT_FALSE(HasFatalFailure());
    hearer.emplace(connected());
    hearer->subscribe("private-e");
  }
  static std::string data_for(size_t message_size) {
    return std::string(message_size - event_text("").size(), '*');
  }
};

// The head of a masked text frame of `length` bytes in the 8 byte form.
std::string head_of(uint64_t length, int first_byte = kLast | kText) {
  std::string out{static_cast<char>(first_byte), '\xFF'};
  for (int shift = 56; shift >= 0; shift -= 8)
    out += static_cast<char>(length >> static_cast<unsigned>(shift) & 0xFFU);
  return out + std::string("\1\2\3\4", 4);
}

TEST_F(WebSocketLimits, AroundTheLimit) {
  const auto of = [](size_t size) { return event_frame(data_for(size)); };
  const auto in_two = [](size_t size) {
    return fragments(kText, event_text(data_for(size)), size / 2 + 1);
  };
  const std::vector<Case> table{
      {"one less", {of(kLimit - 1)}, Delivery::whole, {heard(data_for(kLimit - 1))}},
      {"at it", {of(kLimit)}, Delivery::whole, {heard(data_for(kLimit))}},
      {"one more", {of(kLimit + 1)}, Delivery::whole, {closed(1009)}},
      {"at it, in two", in_two(kLimit), Delivery::by_frame, {heard(data_for(kLimit))}},
      {"one more, in two", in_two(kLimit + 1), Delivery::by_frame, {closed(1009)}},
      {"in a thousand",
       fragments(kText, event_text(data_for(kLimit)), 66),
       Delivery::whole,
       {heard(data_for(kLimit))}},
      {"one more, in a thousand",
       fragments(kText, event_text(data_for(kLimit + 1)), 66),
       Delivery::whole,
       {closed(1009)}},
      {"twice at it",
       {of(kLimit), of(kLimit)},
       Delivery::whole,
       {heard(data_for(kLimit)), heard(data_for(kLimit))}},
  };
  run(table);
}

// None of the payload is sent: the head is enough.
TEST_F(WebSocketLimits, RefusedByTheHead) {
  const std::string small = masked_frame(kText, "{");
  const std::vector<Case> table{
      {"a MiB", {head_of(1 << 20)}, Delivery::whole, {closed(1009)}},
      {"a MiB, binary", {head_of(1 << 20, kLast | kBinary)}, Delivery::whole, {closed(1009)}},
      {"a MiB to come", {head_of(1 << 20, kText)}, Delivery::by_octet, {closed(1009)}},
      {"going on", {small, head_of(kLimit, kLast | kMore)}, Delivery::whole, {closed(1009)}},
      {"the most", {head_of(UINT64_MAX >> 1U)}, Delivery::whole, {closed(1009)}},
      {"the most, going on",
       {small, head_of(UINT64_MAX >> 1U, kMore)},
       Delivery::whole,
       {closed(1009)}},
      {"over the most", {head_of(UINT64_MAX)}, Delivery::whole, {closed(1002)}},
      {"a ping", {head_of(1 << 20, kLast | kPing)}, Delivery::whole, {closed(1002)}},
      {"8 bytes for 65535", {head_of(65535)}, Delivery::whole, {closed(1002)}},
      {"2 bytes for 125",
       {std::string("\x81\xFE\0\x7D\1\2\3\4", 8)},
       Delivery::whole,
       {closed(1002)}},
  };
  run(table);
}

TEST_F(WebSocketLimits, AMebibyteIsTakenInAndRefused) {
  RawClient client = member();
  client.write(masked_frame(kLast | kText, std::string(1 << 20, 'x')));
  check(client, std::vector{closed(1009)});
}

TEST_F(WebSocketLimits, PublishedEventsAroundTheLengthsForms) {
  for (const size_t size : {125, 126, 127, 4096, 10240}) {
    RawClient api(port);
    const std::string data(size, 'p');
    EXPECT_EQ(publish(api, {{"name", "n"}, {"channel", "private-e"}, {"data", data}}).status, 200);
    EXPECT_EQ(hearer->message()["data"], data);
  }
}

TEST_F(WebSocketLimits, NoExtensionIsAgreedOn) {
  RawClient client(port);
  const Reply reply = client.upgrade("/app/" + std::string(kKey),
                                     "Sec-WebSocket-Extensions: permessage-deflate; "
                                     "client_max_window_bits\r\n");
  EXPECT_EQ(reply.status, 101);
  EXPECT_EQ(reply.head.find("Sec-WebSocket-Extensions"), std::string::npos) << reply.head;
  EXPECT_EQ(client.message()["event"], "pusher:connection_established");
  client.write(masked_frame(kLast | 0x40 | kText, "{}"));  // compressed all the same
  EXPECT_EQ(client.frame().close_code(), 1002);
  EXPECT_TRUE(client.at_end());
}

}  // namespace
}  // namespace gardu::pusher::testing
