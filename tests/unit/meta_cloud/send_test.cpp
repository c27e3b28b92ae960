// SPDX-License-Identifier: Apache-2.0
//
// Sends: what goes out to the Graph API, and what its answers mean.
#include <nlohmann/json.hpp>

#include "graph.hpp"
#include "harness.hpp"

namespace gardu::meta_cloud {
namespace {

using gardu::testing::outbound_text;
using gardu::testing::SendOutcome;

class SendTest : public MetaCloudTest {
 protected:
  // A text, for which the Graph API has this answer.
  SendOutcome send(FakeAnswer answer, uint32_t attempt = 1) {
    plugin_.host().on_http("POST", std::string(kNumber) + "/messages", std::move(answer));
    auto out = outbound_text("Halo", "628111");
    out.attempt = attempt;
    SendOutcome outcome = plugin_.send(std::move(out));
    plugin_.host().run();
    return outcome;
  }
  int32_t code_of_send(FakeAnswer answer) { return send(std::move(answer)).status().code(); }
};

TEST_F(SendTest, GoesOutWithTokenAndReference) {
  connect();
  const auto outcome =
      send({.body = R"({"contacts": [{"wa_id": "628222"}], "messages": [{"id": "wamid.9"}]})"});
  EXPECT_TRUE(outcome.status().ok());
  EXPECT_EQ(outcome.provider_message_id(), "wamid.9");
  EXPECT_EQ(outcome.peer_address(), "628222");
  EXPECT_FALSE(outcome.confirmed());

  const HttpCall call = plugin_.host().http_calls().at(0);
  EXPECT_EQ(call.method, "POST");
  EXPECT_EQ(call.url, "https://graph.test/v23.0/777000111/messages");
  EXPECT_EQ(header_of(call, "Authorization"), "Bearer EAAtoken");
  EXPECT_EQ(header_of(call, "Content-Type"), "application/json");
  EXPECT_EQ(call.deadline, std::chrono::seconds(30));
  const auto body = nlohmann::json::parse(call.body);
  EXPECT_EQ(body.at("to"), "628111");
  EXPECT_EQ(body.at("biz_opaque_callback_data").get<std::string>().size(), 36U);
}

TEST_F(SendTest, SettingsSayWhereAndForHowLong) {
  start(R"({"graph_url": "http://127.0.0.1:9/base//", "version": "v25.0", "timeout_s": 7,
            "app_secret": "s3cret", "verify_token": "tok"})");
  connect();
  (void)send({});
  const HttpCall call = plugin_.host().http_calls().at(0);
  EXPECT_EQ(call.url, "http://127.0.0.1:9/base/v25.0/777000111/messages");
  EXPECT_EQ(call.deadline, std::chrono::seconds(7));
}

TEST_F(SendTest, TellsApartWhatWasCarriedOut) {
  connect();
  EXPECT_EQ(code_of_send({.progress = GARDU_HTTP_UNREACHABLE}), GARDU_NOT_CONNECTED);
  EXPECT_EQ(code_of_send({.progress = GARDU_HTTP_UNSENT}), GARDU_NOT_CONNECTED);
  EXPECT_EQ(code_of_send({.progress = GARDU_HTTP_REFUSED}), GARDU_NOT_CONNECTED);
  EXPECT_EQ(code_of_send({.progress = GARDU_HTTP_UNKNOWN}), GARDU_TIMEOUT);
  for (const char* body :
       {"", "{}", "<html>", "[]", R"({"messages":[]})", R"({"messages":[{"id":""}]})",
        R"({"messages":[{"id":{}}]})", R"({"messages":{"id":"x"}})"})
    EXPECT_EQ(code_of_send({.body = body}), GARDU_TIMEOUT) << body;
  for (const int status : {502, 504}) EXPECT_EQ(code_of_send({.status = status}), GARDU_TIMEOUT);
}

TEST_F(SendTest, SaysWhyItWasNotReached) {
  connect();
  const auto status = send({.progress = GARDU_HTTP_REFUSED, .error = "a private address"}).status();
  EXPECT_NE(status.message().find("a private address"), std::string::npos);
}

TEST_F(SendTest, TellsWhyItWasRefused) {
  connect();
  const auto status = send(refusal(400, 131047)).status();
  EXPECT_EQ(status.code(), GARDU_REJECTED);
  EXPECT_EQ(status.provider_code(), "131047");
  EXPECT_EQ(code_of_send(refusal(401, 190)), GARDU_AUTH);
  EXPECT_EQ(code_of_send(refusal(500, 131016)), GARDU_RETRY);
  EXPECT_EQ(send(refusal(400, 131052), 1).status().code(), GARDU_RETRY);
  EXPECT_EQ(send(refusal(400, 131052), 2).status().code(), GARDU_REJECTED);
}

TEST_F(SendTest, HeadersTellTheWait) {
  connect();
  FakeAnswer busy = refusal(429, 130429);
  busy.headers = {{"retry-after", "7"}};
  EXPECT_EQ(send(busy).status().retry_after(), std::chrono::seconds(7));
  busy.headers = {
      {"X-Business-Use-Case-Usage", R"({"880011": [{"estimated_time_to_regain_access": 3}]})"}};
  EXPECT_EQ(send(busy).status().retry_after(), std::chrono::minutes(3));
}

TEST_F(SendTest, APairWaitsLongerEachTime) {
  connect();
  for (const int seconds : {4, 16, 64}) {
    const auto status = send(refusal(400, 131056)).status();
    EXPECT_EQ(status.code(), GARDU_THROTTLED);
    EXPECT_EQ(status.scope(), static_cast<uint32_t>(GARDU_SCOPE_PAIR));
    EXPECT_EQ(status.retry_after(), std::chrono::seconds(seconds));
  }
  EXPECT_EQ(code_of_send({.body = R"({"messages": [{"id": "w"}]})"}), GARDU_OK);
  EXPECT_EQ(send(refusal(400, 131056)).status().retry_after(), std::chrono::seconds(4));
}

TEST_F(SendTest, ATokenThatMetaRepeatsIsCutOut) {
  connect();
  const auto status =
      send(refusal(400, 190, "Malformed access token EAAtoken (EAAtoken)")).status();
  EXPECT_EQ(status.code(), GARDU_AUTH);
  EXPECT_EQ(status.message(), "Malformed access token [token] ([token])");
}

TEST_F(SendTest, WhatNeedsNoNetworkIsTold) {
  EXPECT_EQ(code_of_send({}), GARDU_NOT_CONNECTED);  // no such account yet
  connect();
  EXPECT_EQ(plugin_.send(outbound_text(std::string(4097, 'x'))).status().code(), GARDU_INVALID);
  EXPECT_TRUE(plugin_.host().http_calls().empty());
}

TEST_F(SendTest, AFullHostSendsLater) {
  connect();
  plugin_.host().refuse(GARDU_EXT_HTTP_CLIENT, GARDU_FULL, 1);
  EXPECT_EQ(code_of_send({}), GARDU_FULL);
}

// It may have been carried out.
TEST_F(SendTest, StopLeavesInDoubtWhatIsUnderWay) {
  connect();
  plugin_.host().hold(GARDU_EXT_HTTP_CLIENT);
  const auto outcome = send({});
  EXPECT_FALSE(outcome.told());
  ASSERT_TRUE(plugin_.stop().ok());
  EXPECT_EQ(outcome.status().code(), GARDU_TIMEOUT);
}

TEST_F(SendTest, IsCounted) {
  connect();
  EXPECT_EQ(code_of_send({.body = R"({"messages": [{"id": "w"}]})"}), GARDU_OK);
  EXPECT_EQ(code_of_send(refusal(400, 131026)), GARDU_REJECTED);
  const auto metrics = plugin_.host().metrics();
  EXPECT_EQ(metrics.at("sends_total{outcome=\"accepted\"}"), 1);
  EXPECT_EQ(metrics.at("sends_total{outcome=\"failed\"}"), 1);
}

TEST(GraphUrl, IsABase) {
  for (const char* good : {"https://graph.facebook.com", "http://127.0.0.1:9", "http://[::1]:80/a"})
    EXPECT_EQ(*read_graph_url(good), good);
  EXPECT_EQ(*read_graph_url("https://a.b/c//"), "https://a.b/c");
  for (const char* bad :
       {"", "nonsense", "ftp://a", "https://", "http:///x", "https://u:p@a", "https://a/?b",
        "https://a#b", "https://a b", "https://a\n", "http://a:b", "http://a:0", "http://a:70000",
        "http://:80", "http://[::1", "http://[]", "http://[::1]x"})
    EXPECT_EQ(read_graph_url(bad).status().code(), GARDU_INVALID) << bad;
}

}  // namespace
}  // namespace gardu::meta_cloud
