// SPDX-License-Identifier: Apache-2.0
//
// UTF-8: section 6 of the Autobahn suite, all of it. Valid text is sent twice: as it is, which is
// no JSON and so answered with an error but read; and within a client event, which must be heard
// with the same bytes. Invalid text fails at the earliest byte that shows it (6.4.*), in any
// pieces.
#include "websocket_case.hpp"

namespace gardu::pusher::testing {
namespace {

using WebSocketUtf8 = WebSocketCase;

struct Text {
  const char* number;
  std::string bytes;
  bool valid;
};

const std::string kKosme = "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5";  // eleven bytes

std::string repeated(int from, int to, std::string_view after = {}) {
  std::string out;
  for (int byte = from; byte <= to; ++byte) out += static_cast<char>(byte) + std::string(after);
  return out;
}

std::vector<Text> lengths_and_boundaries() {
  return {
      {"6.2.1", "Hello-\xc2\xb5@\xc3\x9f\xc3\xb6\xc3\xa4\xc3\xbc\xc3\xa0\xc3\xa1-UTF-8!!", true},
      {"6.3.1", kKosme + "\xed\xa0\x80" + "edited", false},
      {"6.5.1", kKosme, true},
      {"6.5.2", "Hello \xe4\xbd\xa0\xe5\xa5\xbd", true},
      {"6.5.3", "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82", true},
      {"6.5.4", "\xf0\x9f\x98\xae \xf0\x9f\x87\xae\xf0\x9f\x87\xa9", true},
      {"6.5.5", "\xef\xbb\xbf with a mark", true},
      {"6.7.1", std::string(1, '\0'), true},
      {"6.7.2", "\xc2\x80", true},
      {"6.7.3", "\xe0\xa0\x80", true},
      {"6.7.4", "\xf0\x90\x80\x80", true},
      {"6.8.1", "\xf8\x88\x80\x80\x80", false},
      {"6.8.2", "\xfc\x84\x80\x80\x80\x80", false},
      {"6.9.1", "\x7f", true},
      {"6.9.2", "\xdf\xbf", true},
      {"6.9.3", "\xef\xbf\xbf", true},
      {"6.9.4", "\xf4\x8f\xbf\xbf", true},
      {"6.10.1", "\xf7\xbf\xbf\xbf", false},
      {"6.10.2", "\xfb\xbf\xbf\xbf\xbf", false},
      {"6.10.3", "\xfd\xbf\xbf\xbf\xbf\xbf", false},
      {"6.11.1", "\xed\x9f\xbf", true},
      {"6.11.2", "\xee\x80\x80", true},
      {"6.11.3", "\xef\xbf\xbd", true},
      {"6.11.4", "\xf4\x8f\xbf\xbf", true},
      {"6.11.5", "\xf4\x90\x80\x80", false},
  };
}

std::vector<Text> broken_sequences() {
  const std::vector<std::string> incomplete{
      "\xc0", "\xe0\x80", "\xf0\x80\x80", "\xf8\x80\x80\x80", "\xfc\x80\x80\x80\x80",
      "\xdf", "\xef\xbf", "\xf7\xbf\xbf", "\xfb\xbf\xbf\xbf", "\xfd\xbf\xbf\xbf\xbf",
  };
  std::string all;
  for (const std::string& part : incomplete) all += part;
  return {
      {"6.12.1", "\x80", false},
      {"6.12.2", "\xbf", false},
      {"6.12.3", "\x80\xbf", false},
      {"6.12.4", "\x80\xbf\x80", false},
      {"6.12.5", "\x80\xbf\x80\xbf", false},
      {"6.12.6", "\x80\xbf\x80\xbf\x80", false},
      {"6.12.7", "\x80\xbf\x80\xbf\x80\xbf", false},
      {"6.12.8", repeated(0x80, 0xbf), false},
      {"6.13.1", repeated(0xc0, 0xdf, " "), false},
      {"6.13.2", repeated(0xe0, 0xef, " "), false},
      {"6.13.3", repeated(0xf0, 0xf7, " "), false},
      {"6.13.4", repeated(0xf8, 0xfb, " "), false},
      {"6.13.5", repeated(0xfc, 0xfd, " "), false},
      {"6.14.1", incomplete[0], false},
      {"6.14.2", incomplete[1], false},
      {"6.14.3", incomplete[2], false},
      {"6.14.4", incomplete[3], false},
      {"6.14.5", incomplete[4], false},
      {"6.14.6", incomplete[5], false},
      {"6.14.7", incomplete[6], false},
      {"6.14.8", incomplete[7], false},
      {"6.14.9", incomplete[8], false},
      {"6.14.10", incomplete[9], false},
      {"6.15.1", all, false},
      {"6.16.1", "\xfe", false},
      {"6.16.2", "\xff", false},
      {"6.16.3", "\xfe\xfe\xff\xff", false},
  };
}

std::vector<Text> overlong_and_surrogates() {
  return {
      {"6.17.1", "\xc0\xaf", false},
      {"6.17.2", "\xe0\x80\xaf", false},
      {"6.17.3", "\xf0\x80\x80\xaf", false},
      {"6.17.4", "\xf8\x80\x80\x80\xaf", false},
      {"6.17.5", "\xfc\x80\x80\x80\x80\xaf", false},
      {"6.18.1", "\xc1\xbf", false},
      {"6.18.2", "\xe0\x9f\xbf", false},
      {"6.18.3", "\xf0\x8f\xbf\xbf", false},
      {"6.18.4", "\xf8\x87\xbf\xbf\xbf", false},
      {"6.18.5", "\xfc\x83\xbf\xbf\xbf\xbf", false},
      {"6.19.1", "\xc0\x80", false},
      {"6.19.2", "\xe0\x80\x80", false},
      {"6.19.3", "\xf0\x80\x80\x80", false},
      {"6.19.4", "\xf8\x80\x80\x80\x80", false},
      {"6.19.5", "\xfc\x80\x80\x80\x80\x80", false},
      {"6.20.1", "\xed\xa0\x80", false},
      {"6.20.2", "\xed\xad\xbf", false},
      {"6.20.3", "\xed\xae\x80", false},
      {"6.20.4", "\xed\xaf\xbf", false},
      {"6.20.5", "\xed\xb0\x80", false},
      {"6.20.6", "\xed\xbe\x80", false},
      {"6.20.7", "\xed\xbf\xbf", false},
      {"6.21.1", "\xed\xa0\x80\xed\xb0\x80", false},
      {"6.21.2", "\xed\xa0\x80\xed\xbf\xbf", false},
      {"6.21.3", "\xed\xad\xbf\xed\xb0\x80", false},
      {"6.21.4", "\xed\xad\xbf\xed\xbf\xbf", false},
      {"6.21.5", "\xed\xae\x80\xed\xb0\x80", false},
      {"6.21.6", "\xed\xae\x80\xed\xbf\xbf", false},
      {"6.21.7", "\xed\xaf\xbf\xed\xb0\x80", false},
      {"6.21.8", "\xed\xaf\xbf\xed\xbf\xbf", false},
  };
}

// U+FFFE and U+FFFF of each of the 17 planes (6.22.1 to 6.22.34), and U+FFF9 to U+FFFF (6.23.*).
std::vector<Text> noncharacters() {
  std::vector<Text> out{{"6.22.1", "\xef\xbf\xbe", true}, {"6.22.2", "\xef\xbf\xbf", true}};
  for (unsigned plane = 1; plane <= 16; ++plane)
    for (const char end : {'\xbe', '\xbf'}) {
      const unsigned high = plane << 16U | 0xFFFFU;
      std::string bytes;
      bytes += static_cast<char>(0xF0U | high >> 18U);
      bytes += static_cast<char>(0x80U | (high >> 12U & 0x3FU));
      bytes += static_cast<char>(0xBF);
      out.push_back({"6.22.3 to 6.22.34", bytes + end, true});
    }
  for (char end = '\xb9'; end <= '\xbf'; ++end)
    out.push_back({"6.23.1 to 6.23.7", std::string("\xef\xbf") + end, true});
  return out;
}

class WebSocketTexts : public WebSocketCase {
 protected:
  void check_texts(std::span<const Text> table) {
    for (const Text& row : table) {
      SCOPED_TRACE(row.number);
      const std::string plain = masked_frame(kLast | kText, row.bytes);
      for (const Delivery delivery : {Delivery::whole, Delivery::by_octet}) {
        const Case alone{row.number, {plain}, delivery, {row.valid ? error() : closed(1007)}};
        run(std::span(&alone, 1));
      }
      const bool json = row.bytes.find('\0') == std::string::npos;
      const std::vector<Step> as_event{!row.valid ? closed(1007)
                                       : json     ? heard(row.bytes)
                                                  : error()};
      const std::string text = event_text(row.bytes);
      const std::vector<Case> within{
          {row.number, {event_frame(row.bytes)}, Delivery::whole, as_event},
          {row.number, fragments(kText, text, 1), Delivery::whole, as_event},
      };
      run(within);
    }
  }
};

TEST_F(WebSocketTexts, LengthsAndBoundaries) { check_texts(lengths_and_boundaries()); }
TEST_F(WebSocketTexts, BrokenSequences) { check_texts(broken_sequences()); }
TEST_F(WebSocketTexts, OverlongFormsAndSurrogates) { check_texts(overlong_and_surrogates()); }
TEST_F(WebSocketTexts, Noncharacters) { check_texts(noncharacters()); }

TEST_F(WebSocketUtf8, EmptyMessagesAndFragments) {
  const std::string text = event_text("a");
  const std::string none = masked_frame(kText, ""), nothing = masked_frame(kMore, "");
  const std::string end = masked_frame(kLast | kMore, "");
  const std::vector<Case> table{
      {"6.1.1", {masked_frame(kLast | kText, "")}, Delivery::whole, {error()}},
      {"6.1.2", {none, nothing, end}, Delivery::whole, {error()}},
      {"6.1.3", {none, masked_frame(kMore, text), end}, Delivery::whole, {heard("a")}},
  };
  run(table);
}

TEST_F(WebSocketUtf8, FragmentsWithinCharacters) {
  const std::string text = event_text(kKosme);
  const std::string bad = event_text(kKosme + "\xed\xa0\x80");
  const std::vector<Case> table{
      {"6.2.2", fragments(kText, text, kEventHead.size() + 2), Delivery::whole, {heard(kKosme)}},
      {"6.2.3", fragments(kText, text, 1), Delivery::by_frame, {heard(kKosme)}},
      {"6.2.4", fragments(kText, text, 3), Delivery::by_octet, {heard(kKosme)}},
      {"6.3.2", fragments(kText, bad, 1), Delivery::by_frame, {closed(1007)}},
  };
  run(table);
}

// 6.4.*: nothing comes after the bad byte, so the server cannot wait for the rest.
TEST_F(WebSocketUtf8, FailsAtTheFirstByteThatShowsIt) {
  const std::string after = std::string("\xf4\x90") + "\x80\x80";
  const std::string one_frame = masked_frame(kLast | kText, kKosme + after + kKosme);
  const size_t head = 6;  // of a frame that short
  const std::string first = masked_frame(kText, kKosme);
  const std::vector<Case> table{
      {"6.4.1", {first, masked_frame(kMore, after)}, Delivery::by_frame, {closed(1007)}},
      {"6.4.2",
       {first, masked_frame(kMore, "\xf4"), masked_frame(kMore, "\x90")},
       Delivery::by_frame,
       {closed(1007)}},
      {"6.4.3",
       {one_frame.substr(0, head + kKosme.size()), one_frame.substr(head + kKosme.size(), 4)},
       Delivery::by_frame,
       {closed(1007)}},
      {"6.4.4",
       {one_frame.substr(0, head + kKosme.size() + 1),
        one_frame.substr(head + kKosme.size() + 1, 1)},
       Delivery::by_frame,
       {closed(1007)}},
      {"6.4.4, octets",
       {one_frame.substr(0, head + kKosme.size() + 2)},
       Delivery::by_octet,
       {closed(1007)}},
  };
  run(table);
}

TEST_F(WebSocketUtf8, EveryPrefixOfAText) {  // 6.6.1 to 6.6.11
  for (size_t size = 1; size <= kKosme.size(); ++size) {
    const bool valid = size == 2 || size == 5 || size == 7 || size == 9 || size == 11;
    const std::vector<Case> row{{"6.6.*",
                                 {masked_frame(kLast | kText, kKosme.substr(0, size))},
                                 Delivery::whole,
                                 {valid ? error() : closed(1007)}}};
    SCOPED_TRACE(size);
    run(row);
  }
}

}  // namespace
}  // namespace gardu::pusher::testing
