// SPDX-License-Identifier: Apache-2.0
//
// A WebSocket conformance case as a row of a table: what is sent in which pieces, and what must
// come of it. The broadcaster echoes nothing, so a client event that another member hears stands
// for the echo, and a message that is no JSON is proved to be read by the error that it is answered
// with. Rows bear the numbers of the public Autobahn test suite, sections 1 to 7.
#pragma once
#include <netinet/tcp.h>

#include <array>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "listener.hpp"

namespace gardu::pusher::testing {

enum class Delivery { whole, by_frame, by_octet };

struct Step {
  enum class What { heard, pong, error, close } what;
  std::string text;  // heard, pong
  int code = 0;      // close
};
inline Step heard(std::string text) { return {Step::What::heard, std::move(text), 0}; }
inline Step pong(std::string text) { return {Step::What::pong, std::move(text), 0}; }
inline Step error() { return {Step::What::error, {}, 4200}; }
inline Step closed(int code) { return {Step::What::close, {}, code}; }

struct Case {
  const char* number;
  std::vector<std::string> frames;
  Delivery delivery;
  std::vector<Step> expected;
};

constexpr int kLast = 0x80;  // the FIN bit of a frame's first byte
enum : int { kMore = 0, kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10 };

inline std::string close_payload(unsigned code, std::string_view reason = {}) {
  return std::string{static_cast<char>(code >> 8U), static_cast<char>(code & 0xFFU)} +
         std::string(reason);
}
inline std::string closing(unsigned code, std::string_view reason = {}) {
  return masked_frame(kLast | kClose, close_payload(code, reason));
}
inline std::string ping(std::string_view payload) { return masked_frame(kLast | kPing, payload); }

constexpr std::string_view kEventHead = R"({"event":"client-e","channel":"private-e","data":")";
// The text of a client event whose data is `data`, which needs no escapes.
inline std::string event_text(std::string_view data) {
  return std::string(kEventHead) + std::string(data) + "\"}";
}
inline std::string event_frame(std::string_view data) {
  return masked_frame(kLast | kText, event_text(data));
}

// `text` as a message of frames that hold up to `piece` bytes each.
inline std::vector<std::string> fragments(int opcode, std::string_view text, size_t piece) {
  std::vector<std::string> out;
  for (size_t at = 0; at < text.size(); at += piece) {
    const bool last = at + piece >= text.size();
    out.push_back(
        masked_frame((last ? kLast : 0) | (at == 0 ? opcode : kMore), text.substr(at, piece)));
  }
  return out;
}

class WebSocketCase : public Listener {
 protected:
  void SetUp() override {
    Json settings = basic_settings();
    settings["apps"][0]["limits"] = {
        {"client_event_data", 0}, {"client_events_per_second", 0}, {"message", 1 << 20}};
    start(settings);
    ASSERT_FALSE(HasFatalFailure());
    hearer.emplace(connected());
    hearer->subscribe("private-e");
  }

  void TearDown() override {
    hearer.reset();  // a server that stops waits a moment for those that are there
    Listener::TearDown();
  }

  RawClient member() {
    RawClient client = connected();
    const int on = 1;
    ::setsockopt(client.descriptor(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    client.subscribe("private-e");
    return client;
  }

  static void deliver(RawClient& client, std::span<const std::string> frames, Delivery how,
                      size_t octets = 1) {
    std::string all;
    for (const std::string& frame : frames)
      if (how == Delivery::by_frame)
        client.write(frame);
      else
        all += frame;
    if (how == Delivery::whole) client.write(all);
    for (size_t at = 0; how == Delivery::by_octet && at < all.size(); at += octets)
      client.write(std::string_view(all).substr(at, octets));
  }

  void run(std::span<const Case> table) {
    for (const Case& row : table) {
      SCOPED_TRACE(row.number);
      RawClient client = member();
      deliver(client, row.frames, row.delivery);
      check(client, row.expected);
    }
  }

  // The steps in their order, and nothing besides.
  void check(RawClient& client, std::span<const Step> expected) {
    bool open = true;
    for (const Step& step : expected) {
      if (step.what == Step::What::heard) {
        EXPECT_EQ(hearer->message()["data"].get<std::string>(), step.text);
        continue;
      }
      const Frame frame = client.frame();
      if (step.what == Step::What::pong) {
        EXPECT_EQ(frame.opcode, kPong);
        EXPECT_EQ(frame.payload, step.text);
      } else if (step.what == Step::What::error) {
        EXPECT_EQ(frame.opcode, kText);
        EXPECT_EQ(Json::parse(frame.payload, nullptr, false)["data"]["code"], step.code);
      } else {
        EXPECT_EQ(frame.opcode, kClose);
        EXPECT_EQ(frame.close_code(), step.code);
        EXPECT_TRUE(client.at_end());
        open = false;
      }
    }
    if (open) probe(client);
    probe(*hearer);
  }

  // Nothing else has come, and it answers.
  static void probe(RawClient& client) {
    client.write(ping("probe"));
    const Frame frame = client.frame();
    EXPECT_EQ(frame.opcode, kPong);
    EXPECT_EQ(frame.payload, "probe");
  }

  std::optional<RawClient> hearer;  // of the client events of whoever is tested
};

}  // namespace gardu::pusher::testing
