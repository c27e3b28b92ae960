// SPDX-License-Identifier: Apache-2.0
//
// What the network does beyond messages: linking by QR or pairing code, and the actions, on a fake
// host whose clock the test moves.
#include <gtest/gtest.h>

#include <gardu/testing/fake_host.hpp>
#include <nlohmann/json.hpp>

#include "loopback.hpp"

namespace gardu::loopback {
namespace {

using nlohmann::json;

class Actions : public ::testing::Test {
 protected:
  struct Answer {
    std::int32_t status = -1;
    std::string data, code;
    int times = 0;
  };

  void start(const std::string& settings) {
    ASSERT_TRUE(network_.start(settings).ok());
    ASSERT_TRUE(network_.connect({"account", "workspace", "n", "+62800", "{}", "{}"}).ok());
  }
  Answer act(std::uint32_t kind, const std::string& to = "+6281234567890",
             const std::string& target = "loop.m1", const std::string& text = {},
             const std::string& account = "account") {
    Answer answer;
    gardu_action action{};
    action.size = sizeof action;
    action.kind = kind;
    action.account_id = str(account);
    action.to = str(to);
    action.target = str(target);
    action.text = str(text);
    network_.act(Action{action},
                 ActionCompletion{{&answer, [](void* context, std::int32_t status, gardu_str data,
                                               const gardu_error* error) {
                                     auto& out = *static_cast<Answer*>(context);
                                     out.status = status;
                                     out.data = view(data);
                                     if (status != GARDU_OK) out.code = error->provider_code;
                                     ++out.times;
                                   }}});
    EXPECT_EQ(answer.times, 1);
    return answer;
  }
  std::vector<std::string> states() const {
    std::vector<std::string> out;
    for (const auto& p : host_.published())
      if (p.type == GARDU_EVENT_ACCOUNT_STATUS)
        out.push_back(json::parse(p.data).at("status").get<std::string>());
    return out;
  }
  json code() const {
    for (const auto& p : host_.published())
      if (p.type == GARDU_EVENT_ACCOUNT_QR) return json::parse(p.data);
    return nullptr;
  }

  testing::FakeHost host_{"loopback"};
  Loopback network_{host_.table()};
};

using Words = std::vector<std::string>;

TEST_F(Actions, PromisesWhatItTakes) {
  start("{}");
  const std::uint64_t features = network_.describe().features;
  for (const auto feature :
       {GARDU_CAN_MARK_READ, GARDU_CAN_TYPING, GARDU_CAN_EDIT, GARDU_CAN_REVOKE, GARDU_CAN_REACTION,
        GARDU_CAN_SYNC, GARDU_CAN_HEALTH, GARDU_CAN_LOGOUT, GARDU_CAN_PAIR})
    EXPECT_NE(features & feature, 0U) << feature;
  for (const auto kind : {GARDU_ACTION_MARK_READ, GARDU_ACTION_TYPING, GARDU_ACTION_EDIT,
                          GARDU_ACTION_REVOKE, GARDU_ACTION_REACT, GARDU_ACTION_HEALTH})
    EXPECT_EQ(act(kind).status, GARDU_OK) << kind;
  EXPECT_EQ(act(99).status, GARDU_UNSUPPORTED);
}

TEST_F(Actions, ShowsAQrCodeUntilItCountsAsScanned) {
  start(R"({"login_ms": 5000})");
  EXPECT_EQ(states(), Words{"qr_ready"});
  ASSERT_TRUE(code().is_object());
  EXPECT_EQ(code().at("qr").get<std::string>().rfind("loopback:account:", 0), 0U);
  EXPECT_FALSE(code().contains("pairing_code"));
  EXPECT_EQ(act(GARDU_ACTION_TYPING).status, GARDU_NOT_CONNECTED);
  host_.pass(std::chrono::seconds(5));
  EXPECT_EQ(states(), (Words{"qr_ready", "authenticated", "ready"}));
  EXPECT_EQ(act(GARDU_ACTION_TYPING).status, GARDU_OK);
  EXPECT_EQ(act(GARDU_ACTION_PAIR).status, GARDU_REJECTED);
}

TEST_F(Actions, PairsByCodeAndForgetsTheFirstQr) {
  start(R"({"login_ms": 5000})");
  host_.pass(std::chrono::seconds(3));
  host_.forget();
  EXPECT_EQ(act(GARDU_ACTION_PAIR, "", "", "+62800").status, GARDU_OK);
  EXPECT_EQ(code().value("pairing_code", ""), "LOOP-BACK");
  host_.pass(std::chrono::seconds(3));  // the first login's time is over
  EXPECT_EQ(states(), Words{"qr_ready"});
  host_.pass(std::chrono::seconds(2));
  EXPECT_EQ(states(), (Words{"qr_ready", "authenticated", "ready"}));
}

TEST_F(Actions, LogsOutAndLinksAnew) {
  start(R"({"login_ms": 10})");
  host_.pass(std::chrono::seconds(1));
  host_.forget();
  EXPECT_EQ(act(GARDU_ACTION_LOGOUT).status, GARDU_OK);
  EXPECT_EQ(states(), Words{"disconnected"});
  EXPECT_EQ(act(GARDU_ACTION_HEALTH).status, GARDU_NOT_CONNECTED);
  ASSERT_TRUE(network_.connect({"account", "workspace", "n", "+62800", "{}", "{}"}).ok());
  host_.pass(std::chrono::seconds(1));
  EXPECT_EQ(states(), (Words{"disconnected", "qr_ready", "authenticated", "ready"}));
}

TEST_F(Actions, RestartsWithoutANewLink) {
  start(R"({"login_ms": 10})");
  host_.pass(std::chrono::seconds(1));
  host_.forget();
  EXPECT_EQ(act(GARDU_ACTION_RESTART).status, GARDU_OK);
  EXPECT_EQ(states(), (Words{"connecting", "ready"}));
}

TEST_F(Actions, FailsAsTheNumbersDo) {
  start("{}");
  EXPECT_EQ(act(GARDU_ACTION_TYPING, "+000000001").status, GARDU_REJECTED);
  EXPECT_EQ(act(GARDU_ACTION_REACT, "+000000002").status, GARDU_THROTTLED);
  EXPECT_EQ(act(GARDU_ACTION_EDIT, "+000000003").status, GARDU_TIMEOUT);
  EXPECT_EQ(act(GARDU_ACTION_REVOKE, "+6281234567890", "elsewhere").code, "131009");
  EXPECT_EQ(act(GARDU_ACTION_TYPING, "+6281234567890", "", "", "another").status,
            GARDU_NOT_CONNECTED);
}

TEST_F(Actions, PlaysTheSameHistoryEachTime) {
  start("{}");
  host_.forget();
  const auto ids = [&] {
    Words out;
    for (const auto& p : host_.published()) out.push_back(p.message->provider_message_id);
    host_.forget();
    return out;
  };
  EXPECT_EQ(json::parse(act(GARDU_ACTION_SYNC).data), (json{{"messages", 3}}));
  const Words first = ids();
  EXPECT_EQ(first.size(), 3U);
  act(GARDU_ACTION_SYNC);
  EXPECT_EQ(ids(), first);
}

}  // namespace
}  // namespace gardu::loopback
