// SPDX-License-Identifier: Apache-2.0
//
// Read receipts, typing, reactions and the state of a number.
#include "actions.hpp"

#include <nlohmann/json.hpp>

#include "harness.hpp"

namespace gardu::meta_cloud {
namespace {

using gardu::testing::ActionOutcome;
using gardu::testing::FakeAction;
using Json = nlohmann::json;

constexpr const char* kTaken =
    R"({"contacts": [{"wa_id": "628111"}], "messages": [{"id": "wamid.R"}]})";
constexpr const char* kDone = R"({"success": true})";

class ActionTest : public MetaCloudTest {
 protected:
  ActionOutcome act(FakeAction action, FakeAnswer answer) {
    plugin_.host().on_http("", kNumber, std::move(answer));
    ActionOutcome outcome = plugin_.act(action);
    plugin_.host().run();
    return outcome;
  }
  static FakeAction about(gardu_action_kind kind, std::string target = "wamid.IN") {
    return {.kind = kind, .to = "628111", .target = std::move(target), .value = 1};
  }
  static FakeAction reaction(std::string emoji) {
    FakeAction out = about(GARDU_ACTION_REACT);
    out.text = std::move(emoji);
    return out;
  }
  // The body of the only request.
  Json body() {
    const auto calls = plugin_.host().http_calls();
    EXPECT_EQ(calls.size(), 1U);
    EXPECT_EQ(calls.at(0).method, "POST");
    EXPECT_EQ(calls.at(0).url, std::string(kNumber) + "/messages");
    EXPECT_EQ(header_of(calls.at(0), "Authorization"), "Bearer EAAtoken");
    return Json::parse(calls.at(0).body);
  }
};

TEST_F(ActionTest, TheFeaturesAreWhatIsTaken) {
  EXPECT_EQ(plugin_.describe().features & kActionFeatures, kActionFeatures);
  const uint64_t refused =
      GARDU_CAN_EDIT | GARDU_CAN_REVOKE | GARDU_CAN_SYNC | GARDU_CAN_LOGOUT | GARDU_CAN_PAIR;
  EXPECT_EQ(plugin_.describe().features & refused, 0U);
  connect();
  for (const auto kind : {GARDU_ACTION_EDIT, GARDU_ACTION_REVOKE, GARDU_ACTION_SYNC,
                          GARDU_ACTION_LOGOUT, GARDU_ACTION_RESTART, GARDU_ACTION_PAIR,
                          static_cast<gardu_action_kind>(0), static_cast<gardu_action_kind>(15)})
    EXPECT_EQ(plugin_.act(about(kind)).status().code(), GARDU_UNSUPPORTED) << kind;
  EXPECT_TRUE(plugin_.host().http_calls().empty());
}

TEST_F(ActionTest, AnUnknownAccountIsNotConnected) {
  for (const auto kind :
       {GARDU_ACTION_MARK_READ, GARDU_ACTION_TYPING, GARDU_ACTION_REACT, GARDU_ACTION_HEALTH})
    EXPECT_EQ(plugin_.act(about(kind)).status().code(), GARDU_NOT_CONNECTED) << kind;
  connect();
  FakeAction other = about(GARDU_ACTION_MARK_READ);
  other.account_id = "0190c0de-0000-7000-8000-0000000000aa";
  EXPECT_EQ(plugin_.act(other).status().code(), GARDU_NOT_CONNECTED);
  EXPECT_TRUE(plugin_.host().http_calls().empty());
}

TEST_F(ActionTest, MarksAsRead) {
  connect();
  const auto outcome = act(about(GARDU_ACTION_MARK_READ), {.body = kDone});
  EXPECT_TRUE(outcome.status().ok());
  EXPECT_EQ(outcome.data(), "");
  EXPECT_EQ(body(), Json::parse(R"({"messaging_product": "whatsapp", "status": "read",
                                    "message_id": "wamid.IN"})"));
}

TEST_F(ActionTest, ShowsTypingWithTheReceipt) {
  connect();
  EXPECT_TRUE(act(about(GARDU_ACTION_TYPING), {.body = kDone}).status().ok());
  EXPECT_EQ(body(), Json::parse(R"({"messaging_product": "whatsapp", "status": "read",
                                    "message_id": "wamid.IN",
                                    "typing_indicator": {"type": "text"}})"));
}

TEST_F(ActionTest, TypingEndsByItself) {
  connect();
  FakeAction end = about(GARDU_ACTION_TYPING);
  end.value = 0;
  EXPECT_TRUE(plugin_.act(end).status().ok());
  EXPECT_TRUE(plugin_.host().http_calls().empty());
}

TEST_F(ActionTest, NeedsTheMessage) {
  connect();
  for (const auto kind : {GARDU_ACTION_MARK_READ, GARDU_ACTION_TYPING, GARDU_ACTION_REACT})
    EXPECT_EQ(plugin_.act(about(kind, "")).status().code(), GARDU_INVALID) << kind;
  EXPECT_TRUE(plugin_.host().http_calls().empty());
}

TEST_F(ActionTest, Reacts) {
  connect();
  const auto outcome = act(reaction("\U0001F600"), {.body = kTaken});
  EXPECT_TRUE(outcome.status().ok());
  EXPECT_EQ(outcome.data(), R"({"provider_message_id":"wamid.R"})");
  EXPECT_EQ(body(), Json::parse(R"({"messaging_product": "whatsapp", "recipient_type": "individual",
                                    "to": "628111", "type": "reaction",
                                    "reaction": {"message_id": "wamid.IN", "emoji": "😀"}})"));
}

TEST_F(ActionTest, AnEmptyEmojiTakesItBack) {
  connect();
  EXPECT_TRUE(act(reaction(""), {.body = kTaken}).status().ok());
  EXPECT_EQ(body().at("reaction"), Json::parse(R"({"message_id": "wamid.IN", "emoji": ""})"));
}

TEST_F(ActionTest, ReactsToWhoeverItIs) {
  connect();
  const auto recipient = [&](const char* to) {
    plugin_.host().forget();
    FakeAction action = reaction("x");
    action.to = to;
    EXPECT_TRUE(act(action, {.body = kTaken}).status().ok()) << to;
    Json out = body();
    for (const char* key : {"messaging_product", "type", "reaction"}) out.erase(key);
    return out.dump();
  };
  EXPECT_EQ(recipient("+628111"), R"({"recipient_type":"individual","to":"628111"})");
  EXPECT_EQ(recipient("ID.abc"), R"({"recipient":"ID.abc","recipient_type":"individual"})");
  EXPECT_EQ(recipient("Y2FwaV9n"), R"({"recipient_type":"group","to":"Y2FwaV9n"})");
  FakeAction nobody = reaction("x");
  nobody.to.clear();
  EXPECT_EQ(plugin_.act(nobody).status().code(), GARDU_INVALID);
}

// As a sent reaction does: the body is the same but for the reference of the message.
TEST_F(ActionTest, ReactsAsASendOfTypeReactionDoes) {
  connect();
  (void)act(reaction("x"), {.body = kTaken});
  auto out = gardu::testing::outbound_text("", "628111");
  out.message.type = GARDU_MESSAGE_REACTION;
  out.message.content = R"({"reaction": {"provider_message_id": "wamid.IN", "emoji": "x"}})";
  (void)plugin_.send(std::move(out));
  const auto calls = plugin_.host().http_calls();
  Json sent = Json::parse(calls.at(1).body);
  sent.erase("biz_opaque_callback_data");
  EXPECT_EQ(Json::parse(calls.at(0).body), sent);
}

TEST_F(ActionTest, TellsTheStateOfTheNumber) {
  connect();
  const auto outcome = act({.kind = GARDU_ACTION_HEALTH},
                           {.body = R"({"quality_rating": "GREEN", "status": "CONNECTED",
                                        "throughput": {"level": "STANDARD"}, "id": "777000111"})"});
  EXPECT_TRUE(outcome.status().ok());
  EXPECT_EQ(outcome.data(),
            R"({"quality_rating":"GREEN","status":"CONNECTED","throughput":{"level":"STANDARD"}})");
  const HttpCall call = plugin_.host().http_calls().at(0);
  EXPECT_EQ(call.method, "GET");
  EXPECT_EQ(call.url, std::string(kNumber) + "?fields=" + health_fields());
  EXPECT_EQ(call.body, "");
  EXPECT_EQ(header_of(call, "Authorization"), "Bearer EAAtoken");
  for (const char* body : {"", "{}", "[]", "<html>", R"({"id": "777000111"})"})
    EXPECT_EQ(act({.kind = GARDU_ACTION_HEALTH}, {.body = body}).status().code(), GARDU_RETRY)
        << body;
}

TEST_F(ActionTest, ErrorsAreThoseOfSends) {
  connect();
  for (const auto kind :
       {GARDU_ACTION_MARK_READ, GARDU_ACTION_TYPING, GARDU_ACTION_REACT, GARDU_ACTION_HEALTH}) {
    const auto code = [&](FakeAnswer answer) {
      return act(about(kind), std::move(answer)).status().code();
    };
    const auto status = act(about(kind), refusal(400, 131009, "no such message")).status();
    EXPECT_EQ(status.code(), GARDU_REJECTED) << kind;
    EXPECT_EQ(status.provider_code(), "131009");
    EXPECT_EQ(status.message(), "no such message");
    EXPECT_EQ(code(refusal(401, 190)), GARDU_AUTH) << kind;
    EXPECT_EQ(code(refusal(429, 130429)), GARDU_THROTTLED) << kind;
    EXPECT_EQ(code(refusal(503, 2)), GARDU_RETRY) << kind;
    EXPECT_EQ(code({.status = 504}), GARDU_TIMEOUT) << kind;
    EXPECT_EQ(code({.progress = GARDU_HTTP_UNREACHABLE}), GARDU_NOT_CONNECTED) << kind;
    EXPECT_EQ(code({.progress = GARDU_HTTP_UNKNOWN}), GARDU_TIMEOUT) << kind;
    const auto told = act(about(kind), refusal(400, 190, "Malformed EAAtoken")).status();
    EXPECT_EQ(told.message(), "Malformed [token]") << kind;
  }
}

TEST_F(ActionTest, ASuccessThatSaysNothingIsInDoubt) {
  connect();
  for (const char* body : {"", "{}", "<html>", R"({"success": false})"})
    for (const auto kind : {GARDU_ACTION_MARK_READ, GARDU_ACTION_TYPING, GARDU_ACTION_REACT})
      EXPECT_EQ(act(about(kind), {.body = body}).status().code(), GARDU_TIMEOUT) << kind << body;
}

TEST_F(ActionTest, AReactionIsThrottledLikeASend) {
  connect();
  EXPECT_EQ(act(reaction("x"), refusal(400, 131056)).status().retry_after(),
            std::chrono::seconds(4));
  EXPECT_EQ(act(reaction("x"), refusal(400, 131056)).status().retry_after(),
            std::chrono::seconds(16));
}

TEST_F(ActionTest, AFullHostDoesItLater) {
  connect();
  plugin_.host().refuse(GARDU_EXT_HTTP_CLIENT, GARDU_FULL, 1);
  EXPECT_EQ(plugin_.act(about(GARDU_ACTION_MARK_READ)).status().code(), GARDU_FULL);
}

TEST_F(ActionTest, StopEndsWhatIsUnderWay) {
  connect();
  plugin_.host().hold(GARDU_EXT_HTTP_CLIENT);
  const auto outcome = plugin_.act(about(GARDU_ACTION_MARK_READ));
  ASSERT_TRUE(plugin_.stop().ok());
  EXPECT_EQ(outcome.status().code(), GARDU_TIMEOUT);
}

TEST_F(ActionTest, IsCounted) {
  connect();
  (void)act(about(GARDU_ACTION_MARK_READ), {.body = kDone});
  (void)act(about(GARDU_ACTION_MARK_READ), refusal(400, 131009));
  (void)act(about(GARDU_ACTION_MARK_READ, ""), {});
  const auto metrics = plugin_.host().metrics();
  EXPECT_EQ(metrics.at("actions_total{outcome=\"accepted\"}"), 1);
  EXPECT_EQ(metrics.at("actions_total{outcome=\"failed\"}"), 2);
}

}  // namespace
}  // namespace gardu::meta_cloud
