// SPDX-License-Identifier: Apache-2.0
//
// WebSocket framing, mostly what hostile peers send.
#include "protocol/frame.hpp"

#include <gtest/gtest.h>

#include <array>

#include "raw_client.hpp"

namespace gardu::pusher {
namespace {

using Kind = MessageReader::Kind;
using testing::masked_frame;

struct Seen {
  Kind kind;
  std::string payload;
  uint16_t code;
};

// Feeds bytes in pieces of `piece`, as sockets do; stops at a violation.
std::vector<Seen> read_all(std::string bytes, size_t piece, size_t limit = 1024) {
  MessageReader reader(limit);
  std::vector<Seen> seen;
  std::string pending;
  while (!bytes.empty()) {
    pending += bytes.substr(0, piece);
    bytes.erase(0, piece);
    while (!pending.empty()) {
      const auto item = reader.next(pending.data(), pending.size());
      if (item.kind == Kind::need_more) break;
      seen.push_back({item.kind, std::string(item.payload), item.code});
      if (item.kind == Kind::violation) return seen;
      pending.erase(0, item.used);
    }
  }
  return seen;
}

TEST(Frame, WholeAndByteByByte) {
  const std::string bytes = masked_frame(0x81, "hello") + masked_frame(0x89, "p") +
                            masked_frame(0x82, std::string(300, 'b'));
  for (const size_t piece : {size_t{1}, size_t{7}, bytes.size()}) {
    const auto seen = read_all(bytes, piece);
    ASSERT_EQ(seen.size(), 3U) << piece;
    EXPECT_EQ(seen[0].kind, Kind::text);
    EXPECT_EQ(seen[0].payload, "hello");
    EXPECT_EQ(seen[1].kind, Kind::ping);
    EXPECT_EQ(seen[2].kind, Kind::binary);
    EXPECT_EQ(seen[2].payload, std::string(300, 'b'));
  }
}

TEST(Frame, FragmentsWithAPingBetween) {
  const auto seen =
      read_all(masked_frame(0x01, "he\xE2\x82") + masked_frame(0x89, "!") + masked_frame(0x00, "") +
                   masked_frame(0x80, "\xAC") + masked_frame(0x81, "next"),
               3);
  ASSERT_EQ(seen.size(), 5U);
  EXPECT_EQ(seen[1].kind, Kind::ping);
  EXPECT_EQ(seen[3].kind, Kind::text);
  EXPECT_EQ(seen[3].payload, "he\xE2\x82\xAC");
  EXPECT_EQ(seen[4].payload, "next");
}

struct Hostile {
  const char* what;
  std::string bytes;
  uint16_t code;
};

TEST(Frame, Violations) {
  const std::string close_1 = masked_frame(0x88, "x");
  const std::vector<Hostile> table{
      {"unmasked", std::string("\x81\x01x", 3), 1002},
      {"reserved bit 1", masked_frame(0xC1, "x"), 1002},
      {"reserved bit 3", masked_frame(0x91, "x"), 1002},
      {"unknown opcode", masked_frame(0x83, "x"), 1002},
      {"unknown control opcode", masked_frame(0x8B, "x"), 1002},
      {"fragmented ping", masked_frame(0x09, "x"), 1002},
      {"long ping", masked_frame(0x89, std::string(126, 'x')), 1002},
      {"continuation of nothing", masked_frame(0x80, "x"), 1002},
      {"message in a message", masked_frame(0x01, "x") + masked_frame(0x81, "y"), 1002},
      {"negative length", std::string("\x81\xFF\x80\0\0\0\0\0\0\0", 10), 1002},
      {"longer form than needed", std::string("\x81\xFE\x00\x05", 4), 1002},
      {"huge, by its head alone", std::string("\x81\xFF\0\0\0\x10\0\0\0\0", 10), 1009},
      {"too big", masked_frame(0x81, std::string(1025, 'x')), 1009},
      {"too big together",
       masked_frame(0x01, std::string(1000, 'x')) + masked_frame(0x80, std::string(25, 'x')), 1009},
      {"bad text", masked_frame(0x81, "\xFF"), 1007},
      {"overlong", masked_frame(0x81, "\xC0\xAF"), 1007},
      {"surrogate", masked_frame(0x81, "\xED\xA0\x80"), 1007},
      {"beyond Unicode", masked_frame(0x81, "\xF4\x90\x80\x80"), 1007},
      {"cut character", masked_frame(0x81, "\xE2\x82"), 1007},
      {"cut over fragments", masked_frame(0x01, "\xE2") + masked_frame(0x80, "x"), 1007},
      {"close of one byte", close_1, 1002},
      {"close code 1005", masked_frame(0x88, std::string("\x03\xED", 2)), 1002},
      {"close code 999", masked_frame(0x88, std::string("\x03\xE7", 2)), 1002},
      {"close reason no text", masked_frame(0x88, std::string("\x03\xE8\xFF", 3)), 1007},
  };
  for (const Hostile& hostile : table)
    for (const size_t piece : {size_t{1}, hostile.bytes.size()}) {
      const auto seen = read_all(hostile.bytes, piece);
      ASSERT_FALSE(seen.empty()) << hostile.what;
      EXPECT_EQ(seen.back().kind, Kind::violation) << hostile.what;
      EXPECT_EQ(seen.back().code, hostile.code) << hostile.what;
    }
}

// A frame that is still on its way: its bad byte is enough, and a good part is not looked at twice.
TEST(Frame, BadTextIsToldBeforeTheFrameEnds) {
  const std::string good = "caf\xC3\xA9 " + std::string(600, 'x') + "\xE2\x82\xAC";
  std::string whole = masked_frame(0x81, good + "\xC3\x28" + good);
  EXPECT_TRUE(read_all(whole.substr(0, 8 + good.size() + 1), 100, 4096).empty());
  for (const size_t piece : {size_t{1}, size_t{97}, whole.size()}) {
    const auto seen = read_all(whole.substr(0, 8 + good.size() + 2), piece, 4096);
    ASSERT_EQ(seen.size(), 1U) << piece;
    EXPECT_EQ(seen[0].code, 1007);
  }
  const std::string parts = masked_frame(0x01, good) + masked_frame(0x80, good) +
                            masked_frame(0x89, "\xFF") + masked_frame(0x81, good);
  for (const size_t piece : {size_t{1}, size_t{3}, size_t{97}}) {
    const auto seen = read_all(parts, piece, 4096);
    ASSERT_EQ(seen.size(), 4U) << piece;
    EXPECT_EQ(seen[1].payload, good + good);
    EXPECT_EQ(seen[3].payload, good);
  }
}

TEST(Frame, AtTheLimitIsFine) {
  EXPECT_EQ(read_all(masked_frame(0x81, std::string(1024, 'x')), 4096).at(0).kind, Kind::text);
  EXPECT_EQ(read_all(masked_frame(0x88, ""), 4096).at(0).code, 1005);
  EXPECT_EQ(read_all(masked_frame(0x88, std::string("\x0F\xA1", 2)), 4096).at(0).code, 4001);
}

TEST(Frame, Made) {
  EXPECT_EQ(make_frame(Opcode::text, "hi"), "\x81\x02hi");
  EXPECT_EQ(make_frame(Opcode::text, std::string(126, 'x')).substr(0, 4),
            std::string("\x81\x7E\x00\x7E", 4));
  EXPECT_EQ(make_frame(Opcode::binary, std::string(65536, 'x')).substr(0, 10),
            std::string("\x82\x7F\0\0\0\0\0\x01\0\0", 10));
  const std::string cut = make_close_frame(4100, std::string(122, 'x') + "\xC3\xA4");
  EXPECT_EQ(cut.size(), 2 + 2 + 122U);  // the character that does not fit is gone whole
}

TEST(Frame, WrittenInPlaceItIsTheSame) {
  for (const size_t size : {0, 1, 125, 126, 127, 65535, 65536}) {
    TextFrame frame(100);
    frame.payload() += std::string(size, 'x');
    EXPECT_EQ(*frame.finish(), make_frame(Opcode::text, std::string(size, 'x'))) << size;
  }
}

TEST(Handshake, AcceptKey) {
  EXPECT_EQ(websocket_accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_FALSE(valid_websocket_key("short"));
}

}  // namespace
}  // namespace gardu::pusher
