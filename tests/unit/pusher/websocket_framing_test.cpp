// SPDX-License-Identifier: Apache-2.0
//
// Framing, pings and pongs, reserved bits, opcodes: sections 1 to 4 of the Autobahn suite. All its
// cases of these sections are here; what is different:
//   1.1.*  a client event of that size, or an error where it cannot be one, instead of the echo
//   1.2.*  binary messages are no part of the protocol: each size is answered with 1003
#include "websocket_case.hpp"

namespace gardu::pusher::testing {
namespace {

using WebSocketFraming = WebSocketCase;

std::string data_for(size_t message_size) {
  return std::string(message_size - event_text("").size(), '*');
}

TEST_F(WebSocketFraming, TextMessagesOfEverySize) {
  std::vector<Case> table{{"1.1.1", {masked_frame(kLast | kText, "")}, Delivery::whole, {error()}}};
  const std::vector<std::pair<const char*, size_t>> sizes{
      {"1.1.2", 125}, {"1.1.3", 126},   {"1.1.4", 127},
      {"1.1.5", 128}, {"1.1.6", 65535}, {"1.1.7", 65536},
  };
  for (const auto& [number, size] : sizes)
    table.push_back(
        {number, {event_frame(data_for(size))}, Delivery::whole, {heard(data_for(size))}});
  run(table);
}

TEST_F(WebSocketFraming, ALongTextMessageInChops) {  // 1.1.8
  for (const size_t octets : {size_t{997}, size_t{1}}) {
    RawClient client = member();
    const std::string data = data_for(octets == 1 ? 8192 : 65536);
    const std::vector<std::string> frames{event_frame(data)};
    deliver(client, frames, Delivery::by_octet, octets);
    check(client, std::vector{heard(data)});
  }
}

TEST_F(WebSocketFraming, BinaryMessagesOfEverySize) {
  const std::vector<std::pair<const char*, size_t>> sizes{
      {"1.2.1", 0},   {"1.2.2", 125},   {"1.2.3", 126},   {"1.2.4", 127},
      {"1.2.5", 128}, {"1.2.6", 65535}, {"1.2.7", 65536}, {"1.2.8", 65536},
  };
  for (const auto& [number, size] : sizes) {
    SCOPED_TRACE(number);
    RawClient client = member();
    const std::vector<std::string> frames{masked_frame(kLast | kBinary, std::string(size, '\xFE'))};
    deliver(client, frames,
            std::string_view(number) == "1.2.8" ? Delivery::by_octet : Delivery::whole, 997);
    check(client, std::vector{closed(1003)});
  }
}

TEST_F(WebSocketFraming, PingsAndPongs) {
  const std::string bytes("\x00\xFF\xFE\xFD\xFC\xFB\x00\xFF", 8);
  std::vector<std::string> pings;
  std::vector<Step> pongs;
  for (int i = 0; i < 10; ++i) {
    pings.push_back(ping("payload-" + std::to_string(i)));
    pongs.push_back(pong("payload-" + std::to_string(i)));
  }
  const std::string most(125, '\xFE');
  const std::string unasked = masked_frame(kLast | kPong, "unsolicited");
  const std::vector<Case> table{
      {"2.1", {ping("")}, Delivery::whole, {pong("")}},
      {"2.2", {ping("Hello, world!")}, Delivery::whole, {pong("Hello, world!")}},
      {"2.3", {ping(bytes)}, Delivery::whole, {pong(bytes)}},
      {"2.4", {ping(most)}, Delivery::whole, {pong(most)}},
      {"2.5", {ping(most + '\xFE')}, Delivery::whole, {closed(1002)}},
      {"2.6", {ping(most)}, Delivery::by_octet, {pong(most)}},
      {"2.7", {masked_frame(kLast | kPong, "")}, Delivery::whole, {}},
      {"2.8", {unasked}, Delivery::whole, {}},
      {"2.9", {unasked, ping("mine")}, Delivery::whole, {pong("mine")}},
      {"2.10", pings, Delivery::whole, pongs},
      {"2.11", pings, Delivery::by_octet, pongs},
  };
  run(table);
}

// What comes before the fault still counts, what comes after it does not.
TEST_F(WebSocketFraming, ReservedBits) {
  const std::string text = event_frame("a");
  const auto reserved = [](int bits, int opcode) {
    return masked_frame(kLast | bits << 4 | opcode, event_text("b"));
  };
  const std::vector<Step> first_only{heard("a"), closed(1002)};
  const std::vector<Case> table{
      {"3.1", {reserved(1, kText)}, Delivery::whole, {closed(1002)}},
      {"3.2", {text, reserved(2, kText), ping("")}, Delivery::whole, first_only},
      {"3.3", {text, reserved(3, kText), ping("")}, Delivery::by_frame, first_only},
      {"3.4", {text, reserved(4, kText), ping("")}, Delivery::by_octet, first_only},
      {"3.5", {reserved(5, kBinary)}, Delivery::whole, {closed(1002)}},
      {"3.6", {masked_frame(kLast | 0x60 | kPing, "x")}, Delivery::whole, {closed(1002)}},
      {"3.7", {masked_frame(kLast | 0x70 | kClose, "")}, Delivery::whole, {closed(1002)}},
  };
  run(table);
}

TEST_F(WebSocketFraming, Opcodes) {
  const std::string text = event_frame("a");
  const auto frame = [](int opcode, const char* payload) {
    return masked_frame(kLast | opcode, payload);
  };
  const std::vector<Step> first_only{heard("a"), closed(1002)};
  const std::vector<Case> table{
      {"4.1.1", {frame(3, "")}, Delivery::whole, {closed(1002)}},
      {"4.1.2", {frame(4, "reserved")}, Delivery::whole, {closed(1002)}},
      {"4.1.3", {text, frame(5, ""), ping("")}, Delivery::whole, first_only},
      {"4.1.4", {text, frame(6, "reserved"), ping("")}, Delivery::whole, first_only},
      {"4.1.5", {text, frame(7, "reserved"), ping("")}, Delivery::by_octet, first_only},
      {"4.2.1", {frame(11, "")}, Delivery::whole, {closed(1002)}},
      {"4.2.2", {frame(12, "reserved")}, Delivery::whole, {closed(1002)}},
      {"4.2.3", {text, frame(13, ""), ping("")}, Delivery::whole, first_only},
      {"4.2.4", {text, frame(14, "reserved"), ping("")}, Delivery::whole, first_only},
      {"4.2.5", {text, frame(15, "reserved"), ping("")}, Delivery::by_octet, first_only},
  };
  run(table);
}

// Beyond the suite, which always masks: RFC 6455 section 5.1.
TEST_F(WebSocketFraming, FramesThatAreNotMasked) {
  const std::string text = "\x81\x02{}", pinged = "\x89\x01x";
  const std::string closes("\x88\x02\x03\xE8", 4), empty("\x81\x00", 2);
  const std::vector<Case> table{
      {"text", {event_frame("a"), text, ping("")}, Delivery::whole, {heard("a"), closed(1002)}},
      {"ping", {pinged}, Delivery::by_octet, {closed(1002)}},
      {"close", {closes}, Delivery::whole, {closed(1002)}},
      {"empty", {empty}, Delivery::whole, {closed(1002)}},
  };
  run(table);
}

}  // namespace
}  // namespace gardu::pusher::testing
