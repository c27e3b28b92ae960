// SPDX-License-Identifier: Apache-2.0
//
// The closing handshake: section 7 of the Autobahn suite, all of it. 7.13.*, on which the suite has
// no opinion, are refused as the other codes that nobody may send. A valid close is answered with
// the code that it came with.
#include "websocket_case.hpp"

namespace gardu::pusher::testing {
namespace {

using WebSocketClose = WebSocketCase;

TEST_F(WebSocketClose, NothingCountsAfterTheCloseFrame) {
  const std::string text = event_frame("a"), close = closing(1000);
  const std::string part = masked_frame(kText, event_text("b").substr(0, 20));
  const std::string rest = masked_frame(kLast | kMore, event_text("b").substr(20));
  const std::string big(256 << 10, '*');
  for (const Delivery delivery : {Delivery::whole, Delivery::by_frame}) {
    const std::vector<Case> table{
        {"7.1.1", {text, close}, delivery, {heard("a"), closed(1000)}},
        {"7.1.2", {close, close}, delivery, {closed(1000)}},
        {"7.1.3", {close, ping("late")}, delivery, {closed(1000)}},
        {"7.1.4", {close, text}, delivery, {closed(1000)}},
        {"7.1.5", {part, close, rest}, delivery, {closed(1000)}},
        {"7.1.6", {event_frame(big), close, ping("late")}, delivery, {heard(big), closed(1000)}},
    };
    run(table);
  }
}

TEST_F(WebSocketClose, Payloads) {
  const std::string longest(123, '*');
  const std::vector<Case> table{
      {"7.3.1", {masked_frame(kLast | kClose, "")}, Delivery::whole, {closed(1005)}},
      {"7.3.2", {masked_frame(kLast | kClose, "a")}, Delivery::whole, {closed(1002)}},
      {"7.3.3", {closing(1000)}, Delivery::whole, {closed(1000)}},
      {"7.3.4", {closing(1000, "Hello World!")}, Delivery::whole, {closed(1000)}},
      {"7.3.5", {closing(1000, longest)}, Delivery::whole, {closed(1000)}},
      {"7.3.6", {closing(1000, longest + '*')}, Delivery::whole, {closed(1002)}},
      {"7.5.1",
       {closing(1000,
                "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80"
                "edited")},
       Delivery::whole,
       {closed(1007)}},
      {"by octets", {closing(1000, longest)}, Delivery::by_octet, {closed(1000)}},
      {"fragment", {masked_frame(kClose, close_payload(1000))}, Delivery::whole, {closed(1002)}},
  };
  run(table);
}

TEST_F(WebSocketClose, CodesThatMayBeSent) {  // 7.7.1 to 7.7.13, and those registered since
  for (const unsigned code : {1000U, 1001U, 1002U, 1003U, 1007U, 1008U, 1009U, 1010U, 1011U, 3000U,
                              3999U, 4000U, 4999U, 1012U, 1013U, 1014U}) {
    SCOPED_TRACE(code);
    const Case row{"7.7.*", {closing(code)}, Delivery::whole, {closed(static_cast<int>(code))}};
    run(std::span(&row, 1));
  }
}

TEST_F(WebSocketClose, CodesThatNobodyMaySend) {  // 7.9.1 to 7.9.9, 7.13.1, 7.13.2
  for (const unsigned code :
       {0U, 999U, 1004U, 1005U, 1006U, 1015U, 1016U, 1100U, 2000U, 2999U, 5000U, 65535U}) {
    SCOPED_TRACE(code);
    const Case row{"7.9.*", {closing(code)}, Delivery::whole, {closed(1002)}};
    run(std::span(&row, 1));
  }
}

// Beyond the suite: whoever closes half of the connection first.
TEST_F(WebSocketClose, HalfClosedSockets) {
  RawClient quiet = member();
  quiet.end_output();  // without a close frame: nobody is there any more
  EXPECT_TRUE(quiet.at_end());

  RawClient polite = member();
  polite.write(closing(1000));
  polite.end_output();
  check(polite, std::vector{closed(1000)});

  RawClient broken = member();
  broken.write(masked_frame(0xC1, "x"));
  broken.end_output();
  check(broken, std::vector{closed(1002)});

  RawClient cut = member();  // within a frame
  cut.write(event_frame("never whole").substr(0, 12));
  cut.end_output();
  EXPECT_TRUE(cut.at_end());
  probe(*hearer);
}

// What arrived before the end is still served.
TEST_F(WebSocketClose, WhatWasSaidBeforeTheEndIsHeard) {
  RawClient client = member();
  client.write(event_frame("last words"));
  client.close();
  EXPECT_EQ(hearer->message()["data"], "last words");
}

// A connection that was closed is in no channel any more, whatever it sends afterwards.
TEST_F(WebSocketClose, LeavesItsChannelsAtOnce) {
  RawClient client = member(), api(port);
  client.say({{"event", "pusher:subscribe"}, {"data", {{"channel", "mine"}}}});
  EXPECT_EQ(client.message()["channel"], "mine");
  EXPECT_EQ(get(api, "/apps/3/channels", "filter_by_prefix=mine").body,
            R"({"channels":{"mine":{}}})");
  client.write(closing(1000));
  check(client, std::vector{closed(1000)});
  EXPECT_EQ(get(api, "/apps/3/channels", "filter_by_prefix=mine").body, R"({"channels":{}})");
}

}  // namespace
}  // namespace gardu::pusher::testing
