// SPDX-License-Identifier: Apache-2.0
//
// The network in miniature on a fake host whose clock the test moves: acknowledgements, the peer,
// the numbers that fail, and what stop leaves.
#include "loopback.hpp"

#include <gtest/gtest.h>

#include <gardu/testing/fake_host.hpp>

namespace gardu::loopback {
namespace {

constexpr Micros kSecond{1000000};

class Network : public ::testing::Test {
 protected:
  void start(const std::string& settings) {
    ASSERT_TRUE(network_.start(settings).ok());
    ASSERT_TRUE(network_.connect({"account", "workspace", "n", "+62800", "{}", "{}"}).ok());
    ASSERT_EQ(host_.published().size(), 1U);
    EXPECT_EQ(host_.published()[0].type, GARDU_EVENT_ACCOUNT_STATUS);
    EXPECT_EQ(host_.published()[0].data, R"({"status":"ready"})");
    host_.forget();
  }

  void send(const std::string& to, const std::string& text, const std::string& id = "m1",
            gardu_message_type type = GARDU_MESSAGE_TEXT, const std::string& content = {}) {
    gardu_message message{};
    message.size = sizeof message;
    message.type = type;
    message.id = str(id);
    message.account_id = str("account");
    message.text = str(text);
    message.content = str(content);
    gardu_outbound outbound{};
    outbound.size = sizeof outbound;
    outbound.message = &message;
    outbound.to = str(to);
    const gardu_completion completion{
        &outcomes_, [](void* context, const gardu_send_outcome* o) {
          std::string line = std::to_string(o->status);
          if (o->status == GARDU_OK) line += " " + std::string(view(o->provider_message_id));
          if (o->error != nullptr && o->error->provider_code[0] != '\0')
            line += std::string(" ") + o->error->provider_code;
          static_cast<std::vector<std::string>*>(context)->push_back(line);
        }};
    network_.send(Outbound{outbound}, SendCompletion{completion});
  }

  std::vector<std::uint32_t> statuses() const {
    std::vector<std::uint32_t> out;
    for (const auto& p : host_.published())
      if (p.type == GARDU_EVENT_MESSAGE_STATUS_UPDATED) out.push_back(p.status->status);
    return out;
  }

  testing::FakeHost host_{"loopback"};
  Loopback network_{host_.table()};
  std::vector<std::string> outcomes_;
};

TEST_F(Network, AcknowledgesTypesAndEchoes) {
  start(R"({"seed": 5})");
  send("+6281234567890", "hello");
  EXPECT_EQ(outcomes_, std::vector<std::string>{"0 loop.m1"});
  EXPECT_TRUE(host_.published().empty());
  host_.pass(kSecond);
  ASSERT_EQ(host_.published().size(), 5U);
  EXPECT_EQ(statuses(), (std::vector<std::uint32_t>{GARDU_STATUS_SENT, GARDU_STATUS_DELIVERED,
                                                    GARDU_STATUS_READ}));
  EXPECT_EQ(host_.published()[0].status->provider_message_id, "loop.m1");
  EXPECT_EQ(host_.published()[0].status->message_id, "m1");
  EXPECT_EQ(host_.published()[3].type, GARDU_EVENT_TYPING_STARTED);
  EXPECT_EQ(host_.published()[3].text, "typing");
  const Publication echo = host_.published()[4];
  EXPECT_EQ(echo.type, GARDU_EVENT_MESSAGE_RECEIVED);
  EXPECT_EQ(echo.message->text, "hello");
  EXPECT_EQ(echo.message->reply_to_provider_id, "loop.m1");
  EXPECT_EQ(echo.message->provider_message_id, "loop.in.5.1");
  EXPECT_EQ(echo.peer->name, "Loopback +6281234567890");
  EXPECT_EQ(echo.peer->address, "+6281234567890");
  EXPECT_EQ(echo.peer->identities.at(0).value, "+6281234567890");
  EXPECT_TRUE(host_.timers().empty());
}

TEST_F(Network, KeepsToItsDelays) {
  start(R"({"ack_delay_ms": {"sent": 1000, "delivered": 2000}, "peer": "silent"})");
  send("+6281", "x");
  host_.pass(Micros{100000});  // read keeps its default of 80 ms
  EXPECT_EQ(statuses(), std::vector<std::uint32_t>{GARDU_STATUS_READ});
  host_.pass(kSecond);
  EXPECT_EQ(statuses().size(), 2U);
  host_.pass(10 * kSecond);
  EXPECT_EQ(statuses().size(), 3U);
  EXPECT_EQ(host_.published().size(), 3U);
}

TEST_F(Network, EchoesContentOfAnyType) {
  start(R"({"typing_ms": 0})");
  send("+62811", "", "m1", GARDU_MESSAGE_LOCATION, R"({"location":{"latitude":1}})");
  host_.pass(kSecond);
  ASSERT_EQ(host_.published().size(), 4U);
  EXPECT_EQ(host_.published()[3].message->type, GARDU_MESSAGE_LOCATION);
  EXPECT_EQ(host_.published()[3].message->content, R"({"location":{"latitude":1}})");
}

TEST_F(Network, AnswersByTheScript) {
  start(R"({"peer": "script", "typing_ms": 0, "script": [
            {"match": "Price", "reply": "Rp 10"}, {"match": "bye", "reply": "See you"}]})");
  send("+62811", "the PRICE, please", "m1");
  send("+62811", "nothing of that", "m2");
  host_.pass(kSecond);
  ASSERT_EQ(host_.published().size(), 7U);
  EXPECT_EQ(host_.published().back().message->text, "Rp 10");
}

TEST_F(Network, IdsDifferBetweenStartsWithoutASeed) {
  start("{}");
  send("+62811", "a");
  host_.pass(kSecond);
  EXPECT_GT(host_.published().back().message->provider_message_id.size(),
            std::string("loop.in.1.1").size() + 10);
}

TEST_F(Network, AnUnreachableNumberIsRefused) {
  start("{}");
  send("+0001", "x");
  send("0000001", "x");
  EXPECT_EQ(outcomes_, (std::vector<std::string>{"16 131026", "16 131026"}));
  EXPECT_TRUE(host_.timers().empty());
}

TEST_F(Network, ARateLimitedNumberTakesTheThirdAttempt) {
  start("{}");
  for (int i = 0; i < 3; ++i) send("+0002", "x", "m7");
  send("+0002", "x", "m8");
  EXPECT_EQ(outcomes_, (std::vector<std::string>{"2 131056", "2 131056", "0 loop.m7", "2 131056"}));
}

TEST_F(Network, AMuteNumberIsToldAtStop) {
  start("{}");
  send("+0003", "x");
  host_.pass(60 * kSecond);
  EXPECT_TRUE(outcomes_.empty());
  network_.stop();
  EXPECT_EQ(outcomes_, std::vector<std::string>{"33"});
}

TEST_F(Network, AMuteNumberIsToldAfterALongTime) {
  start("{}");
  send("+0003", "x");
  host_.pass(3600 * kSecond);
  EXPECT_EQ(outcomes_, std::vector<std::string>{"33"});
  network_.stop();
  EXPECT_EQ(outcomes_.size(), 1U);
}

TEST_F(Network, AcknowledgesTwiceAndOutOfOrder) {
  start(R"({"peer": "silent"})");
  send("+0004", "x");
  host_.pass(kSecond);
  EXPECT_EQ(statuses(), (std::vector<std::uint32_t>{GARDU_STATUS_READ, GARDU_STATUS_SENT,
                                                    GARDU_STATUS_DELIVERED, GARDU_STATUS_READ,
                                                    GARDU_STATUS_DELIVERED}));
}

TEST_F(Network, AFullHostIsAskedAgain) {
  start(R"({"peer": "silent"})");
  send("+62811", "x");
  host_.refuse(GARDU_EXT_PUBLISH, GARDU_FULL);
  host_.pass(kSecond);
  EXPECT_TRUE(host_.published().empty());
  host_.refuse(GARDU_EXT_PUBLISH, GARDU_OK);
  host_.pass(kSecond);
  EXPECT_EQ(statuses().size(), 3U);
}

TEST_F(Network, AnUnknownAccountIsNotConnected) {
  start("{}");
  ASSERT_TRUE(network_.disconnect("account").ok());
  send("+62811", "x");
  EXPECT_EQ(outcomes_, std::vector<std::string>{"3"});
}

TEST(Numbers, OnlyThreeLeadingZerosFail) {
  EXPECT_EQ(behaviour_of("+0001"), Behaviour::unreachable);
  EXPECT_EQ(behaviour_of("00099992"), Behaviour::rate_limited);
  EXPECT_EQ(behaviour_of("+00055553"), Behaviour::mute);
  EXPECT_EQ(behaviour_of("+0004"), Behaviour::out_of_order);
  EXPECT_EQ(behaviour_of("+0005"), Behaviour::ordinary);
  EXPECT_EQ(behaviour_of("+000"), Behaviour::ordinary);
  EXPECT_EQ(behaviour_of("+0081234561"), Behaviour::ordinary);
  EXPECT_EQ(behaviour_of("+6281234561"), Behaviour::ordinary);
  EXPECT_EQ(behaviour_of("0001@g.us"), Behaviour::ordinary);
}

}  // namespace
}  // namespace gardu::loopback
