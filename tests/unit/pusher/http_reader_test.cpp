// SPDX-License-Identifier: Apache-2.0
//
// Requests out of bytes, however they are cut.
#include "server/http_reader.hpp"

#include <gtest/gtest.h>

namespace gardu::pusher {
namespace {

using State = HttpReader::State;

State feed(std::string_view text, size_t limit = 100) {
  HttpReader reader(limit);
  size_t used = 0;
  return reader.feed(text, used);
}

// Byte by byte, as `feed` wants it: all that is not used yet.
struct Dribble {
  explicit Dribble(const std::string& text, size_t limit = 100) : reader(limit) {
    for (const char c : text) {
      pending += c;
      size_t used = 0;
      state = reader.feed(pending, used);
      continues += reader.wants_continue() ? 1 : 0;
      if (state != State::need_more) return;
      pending.erase(0, used);
    }
  }
  std::string pending;
  HttpReader reader;
  State state = State::need_more;
  int continues = 0;
};

const std::string kPost =
    "POST /apps/1/events?a=b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nOrigin:  http://o \r\n"
    "\r\nhello";
const std::string kChunked =
    "POST /e HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n"
    "A;name=value\r\n, world!!!\r\n0\r\nTrailer: x\r\n\r\n";

TEST(HttpReaderTest, ARequestIsViewsOfItsBytes) {
  HttpReader reader(100);
  size_t used = 0;
  ASSERT_EQ(reader.feed(kPost + "GET ", used), State::complete);
  EXPECT_EQ(used, kPost.size());
  const std::string text = kPost;  // as long as what the views are of
  ASSERT_EQ(reader.feed(text, used), State::complete);
  const WebRequest& request = reader.request();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.path(), "/apps/1/events");
  EXPECT_EQ(request.query(), "a=b");
  EXPECT_EQ(request.body, "hello");
  EXPECT_EQ(request.origin, "http://o");
  EXPECT_TRUE(request.keep_alive);
  EXPECT_FALSE(request.upgrade);
}

TEST(HttpReaderTest, CutAnywhere) {
  for (const std::string& text : {kPost, "\r\n" + kPost, kChunked}) {
    Dribble all(text);
    ASSERT_EQ(all.state, State::complete) << text;
    EXPECT_EQ(all.reader.request().body, text == kChunked ? "hello, world!!!" : "hello");
    EXPECT_EQ(all.reader.request().method, "POST");
  }
}

TEST(HttpReaderTest, AfterOneComesTheNext) {
  const std::string two = kChunked + kPost;
  HttpReader reader(100);
  size_t used = 0;
  ASSERT_EQ(reader.feed(two, used), State::complete);
  EXPECT_EQ(used, kChunked.size());
  reader.reset();
  const std::string_view rest = std::string_view(two).substr(used);
  ASSERT_EQ(reader.feed(rest, used), State::complete);
  EXPECT_EQ(reader.request().body, "hello");
}

TEST(HttpReaderTest, SaysOnceThatItWaitsForTheBody) {
  Dribble all("POST / HTTP/1.1\r\nExpect: 100-Continue\r\nContent-Length: 3\r\n\r\nabc");
  EXPECT_EQ(all.state, State::complete);
  EXPECT_EQ(all.continues, 1);
}

TEST(HttpReaderTest, Upgrades) {
  const std::string text =
      "GET /app/k HTTP/1.1\r\nUPGRADE: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
      "Sec-WebSocket-Key: abc\r\nSec-WebSocket-Version: 13\r\n\r\n";
  HttpReader reader(100);
  size_t used = 0;
  ASSERT_EQ(reader.feed(text, used), State::complete);
  EXPECT_TRUE(reader.request().upgrade);
  EXPECT_EQ(reader.request().websocket_key, "abc");
  EXPECT_EQ(reader.request().websocket_version, "13");
}

TEST(HttpReaderTest, WhoStaysAndWhoGoes) {
  const auto stays = [](const std::string& rest) {
    HttpReader reader(100);
    const std::string text = "GET / HTTP/1." + rest + "\r\n\r\n";
    size_t used = 0;
    EXPECT_EQ(reader.feed(text, used), State::complete) << rest;
    return reader.request().keep_alive;
  };
  EXPECT_TRUE(stays("1"));
  EXPECT_FALSE(stays("1\r\nConnection: x, Close"));
  EXPECT_FALSE(stays("0"));
  EXPECT_TRUE(stays("0\r\nConnection: keep-alive"));
}

TEST(HttpReaderTest, Limits) {
  const std::string head = "POST / HTTP/1.1\r\n";
  EXPECT_EQ(feed(head + "Content-Length: 100\r\n\r\n"), State::need_more);
  EXPECT_EQ(feed(head + "Content-Length: 101\r\n\r\n"), State::body_too_large);
  EXPECT_EQ(feed(head + "Content-Length: 99999999999999999\r\n\r\n"), State::body_too_large);
  const std::string chunked = head + "Transfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(feed(chunked + "64\r\n"), State::need_more);
  EXPECT_EQ(feed(chunked + "65\r\n"), State::body_too_large);
  EXPECT_EQ(feed(chunked + "3\r\nabc\r\n62\r\n"), State::body_too_large);
  EXPECT_EQ(feed(head + "X: " + std::string(16384, 'x')), State::head_too_large);
  EXPECT_EQ(feed(std::string(20000, 'G')), State::head_too_large);
  EXPECT_EQ(feed(chunked + "1;" + std::string(2000, 'x')), State::malformed);
}

TEST(HttpReaderTest, ChunksThatSayMuchAndHoldLittleAreRefused) {
  const std::string head = "POST /e HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(feed(head + "1;" + std::string(2000, 'x') + "\r\nA\r\n0\r\n\r\n"), State::malformed);
  std::string many = head;
  for (int i = 0; i < 5; ++i) many += "1;" + std::string(500, 'x') + "\r\nA\r\n";
  EXPECT_EQ(feed(many), State::body_too_large);
  EXPECT_EQ(feed(head + "1;x=y\r\nA\r\n0\r\n\r\n"), State::complete);
}

TEST(HttpReaderTest, WhatTwoCouldReadDifferentlyIsRefused) {
  const std::string head = "POST / HTTP/1.1\r\n";
  for (const std::string& bad : {
           std::string("GET / HTTP/1.1\nHost: x\n\n"),
           std::string("GET /\r\n\r\n"),
           std::string("GET / HTTP/2.0\r\n\r\n"),
           std::string("GET /a b HTTP/1.1\r\n\r\n"),
           std::string("G@T / HTTP/1.1\r\n\r\n"),
           std::string("GET /\x01 HTTP/1.1\r\n\r\n"),
           std::string(" GET / HTTP/1.1\r\n\r\n"),
           head + "No colon\r\n\r\n",
           head + "Name : x\r\n\r\n",
           head + "A: b\r\n folded\r\n\r\n",
           head + "A: b\x7F\r\n\r\n",
           head + "A: b\rc\r\n\r\n",
           head + "Content-Length: -1\r\n\r\n",
           head + "Content-Length: 1x\r\n\r\n",
           head + "Content-Length: \r\n\r\n",
           head + "Content-Length: 99999999999999999999\r\n\r\n",
           head + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
           head + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
           head + "Transfer-Encoding: gzip, chunked\r\n\r\n",
           head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
           std::string("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"),
           head + "Transfer-Encoding: chunked\r\n\r\nx\r\n",
           head + "Transfer-Encoding: chunked\r\n\r\n1 x\r\na\r\n",
           head + "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
           head + "Transfer-Encoding: chunked\r\n\r\n1\na\r\n",
       })
    EXPECT_EQ(feed(bad), State::malformed) << bad;
}

}  // namespace
}  // namespace gardu::pusher
