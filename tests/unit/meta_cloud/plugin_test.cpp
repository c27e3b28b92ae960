// SPDX-License-Identifier: Apache-2.0
//
// The plugin's settings, its accounts, and its webhook.
#include "harness.hpp"
#include "signature.hpp"

namespace gardu::meta_cloud {
namespace {

using gardu::testing::RouteAnswer;

constexpr const char* kPath = "/webhooks/meta_cloud";

const std::string kTextMessage =
    R"({"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"777000111"},"messages":[{"from":"628111","id":"wamid.1","timestamp":"1700000000","type":"text","text":{"body":"hi"}}]}}]}]})";

class PluginTest : public MetaCloudTest {
 protected:
  RouteAnswer post(const std::string& body, const std::string& signature) {
    const auto answer = plugin_.request("POST", kPath, body, {{"x-hub-signature-256", signature}});
    plugin_.host().run();
    return answer;
  }
  RouteAnswer deliver(const std::string& body, const std::string& secret = kAppSecret) {
    return post(body, "sha256=" + hmac_sha256_hex(secret, body));
  }
  RouteAnswer verify(const std::string& query) {
    return plugin_.request("GET", std::string(kPath) + "?" + query);
  }
};

TEST_F(PluginTest, NamesTheSettingThatIsMissing) {
  const auto start_with = [&](std::string_view settings) {
    (void)plugin_.stop();
    const Status s = plugin_.start(settings);
    EXPECT_TRUE(plugin_.host().routes().empty());
    return s;
  };
  Status s = start_with(R"({"app_secret":"","verify_token":"x"})");
  EXPECT_EQ(s.code(), GARDU_UNCONFIGURED);
  EXPECT_NE(s.message().find("plugins.load.meta_cloud.app_secret"), std::string::npos);
  s = start_with(R"({"app_secret":"x"})");
  EXPECT_EQ(s.code(), GARDU_UNCONFIGURED);
  EXPECT_NE(s.message().find("plugins.load.meta_cloud.verify_token"), std::string::npos);
  s = start_with(R"({"graph_url":"nonsense","app_secret":"x","verify_token":"x"})");
  EXPECT_EQ(s.code(), GARDU_INVALID);
  EXPECT_EQ(start_with("[]").code(), GARDU_INVALID);
}

TEST_F(PluginTest, SaysWhatItCan) {
  gardu_transport_info info = plugin_.describe();
  EXPECT_EQ(info.max_in_flight, 256U);
  EXPECT_EQ(info.max_per_second, 80U);
  EXPECT_EQ(info.text_limit, 4096U);
  EXPECT_NE(info.features & GARDU_REFERENCE_ECHOED, 0U);
  start(R"({"max_in_flight":5,"max_per_second":1000,"app_secret":"x","verify_token":"x"})");
  info = plugin_.describe();
  EXPECT_EQ(info.max_in_flight, 5U);
  EXPECT_EQ(info.max_per_second, 1000U);
}

TEST_F(PluginTest, ConnectsAnAccount) {
  const auto code = [&](const char* address, const char* credentials) {
    Account a = account(credentials);
    a.address = address;
    return plugin_.connect(a).code();
  };
  EXPECT_EQ(code("777000111", "{}"), GARDU_UNCONFIGURED);
  EXPECT_EQ(code("777000111", ""), GARDU_UNCONFIGURED);
  EXPECT_EQ(code("777000111", "nonsense"), GARDU_UNCONFIGURED);
  EXPECT_EQ(code("777000111", R"({"access_token":"a\r\nX: y"})"), GARDU_UNCONFIGURED);
  EXPECT_EQ(code("../x", R"({"access_token":"a"})"), GARDU_UNCONFIGURED);
  EXPECT_TRUE(plugin_.host().published().empty());
  EXPECT_EQ(code("777000111", R"({"access_token":"a"})"), GARDU_OK);
  const auto ready = plugin_.host().published().at(0);
  EXPECT_EQ(ready.type, GARDU_EVENT_ACCOUNT_STATUS);
  EXPECT_EQ(ready.account_id, account().id);
  EXPECT_EQ(ready.data, R"({"status":"ready"})");
}

TEST_F(PluginTest, AnswersTheVerification) {
  connect(R"({"access_token":"t","verify_token":"own"})");
  const auto a = verify("hub.mode=subscribe&hub.verify_token=tok&hub.challenge=11582%2001");
  EXPECT_EQ(a.status(), 200);
  EXPECT_EQ(a.body(), "11582 01");
  EXPECT_EQ(a.content_type(), "text/plain");
  EXPECT_EQ(verify("hub.mode=subscribe&hub.verify_token=own&hub.challenge=1").status(), 200);
  EXPECT_EQ(verify("hub.mode=subscribe&hub.verify_token=no&hub.challenge=1").status(), 403);
  EXPECT_EQ(verify("").status(), 403);
}

TEST_F(PluginTest, RefusesWhatIsNotSigned) {
  connect();
  EXPECT_EQ(plugin_.request("POST", kPath, kTextMessage).status(), 401);
  EXPECT_EQ(post(kTextMessage, "sha256=00").status(), 403);
  EXPECT_EQ(deliver(kTextMessage, "other").status(), 403);
  EXPECT_EQ(deliver("{").status(), 400);
  EXPECT_EQ(deliver("{").content_type(), "application/problem+json");
  EXPECT_EQ(deliver(R"({"object":"page"})").status(), 400);
  EXPECT_TRUE(plugin_.host().published().empty());
  EXPECT_EQ(plugin_.host().metrics().at("webhooks_refused_total"), 6);
}

TEST_F(PluginTest, AnAccountMayHaveItsOwnSecret) {
  connect(R"({"access_token":"t","app_secret":"own"})");
  EXPECT_EQ(deliver(kTextMessage, "own").status(), 200);
  ASSERT_TRUE(plugin_.disconnect().ok());
  EXPECT_EQ(deliver(kTextMessage, "own").status(), 403);
}

TEST_F(PluginTest, AnswersWhenItIsStored) {
  connect();
  plugin_.host().hold(GARDU_EXT_PUBLISH);
  const auto answer = deliver(kTextMessage);
  EXPECT_FALSE(answer.answered());
  const auto published = plugin_.host().published();
  ASSERT_EQ(published.size(), 1U);
  EXPECT_EQ(published[0].account_id, account().id);
  EXPECT_EQ(published[0].message->provider_message_id, "wamid.1");
  EXPECT_TRUE(plugin_.host().complete_publish());
  EXPECT_EQ(answer.status(), 200);
}

TEST_F(PluginTest, AsksToComeAgainForANumberThatAnotherHostMayJustHaveMade) {
  for (int times = 0; times < 2; ++times) {
    const auto answer = deliver(kTextMessage);
    EXPECT_EQ(answer.status(), 503);
    EXPECT_EQ(answer.header("Retry-After"), "1");
  }
  EXPECT_TRUE(plugin_.host().published().empty());
  connect();
  EXPECT_EQ(deliver(kTextMessage).status(), 200);
  EXPECT_EQ(plugin_.host().published().size(), 1U);
}

TEST_F(PluginTest, AsksToComeAgainWhenItIsNot) {
  connect();
  for (const auto status : {GARDU_FULL, GARDU_STOPPED}) {
    plugin_.host().refuse(GARDU_EXT_PUBLISH, status, 1);
    const auto answer = deliver(kTextMessage);
    EXPECT_EQ(answer.status(), 503);
    EXPECT_EQ(answer.header("Retry-After"), "1");
  }
  plugin_.host().hold(GARDU_EXT_PUBLISH);
  const auto answer = deliver(kTextMessage);
  EXPECT_TRUE(plugin_.host().complete_publish(GARDU_INTERNAL));
  EXPECT_EQ(answer.status(), 503);
}

TEST_F(PluginTest, AStopAsksToComeAgain) {
  connect();
  plugin_.host().hold(GARDU_EXT_PUBLISH);
  const auto answer = deliver(kTextMessage);
  ASSERT_TRUE(plugin_.stop().ok());
  EXPECT_EQ(answer.status(), 503);
}

TEST_F(PluginTest, OneRefusedElementDoesNotRefuseTheRest) {
  connect();
  plugin_.host().on_publish([](const Publication&) {
    gardu_publish_result r{};
    r.status = GARDU_INVALID;
    return r;
  });
  EXPECT_EQ(deliver(kTextMessage).status(), 200);
  EXPECT_TRUE(plugin_.host().logged("not taken"));
}

TEST_F(PluginTest, UnknownNumbersAreSaidOnce) {
  start(R"({"app_secret": "s3cret", "verify_token": "tok", "unknown_number_retry_s": 0})");
  std::string body = kTextMessage;
  body.replace(body.find("777000111"), 9, "123456789");
  EXPECT_EQ(deliver(body).status(), 200);
  EXPECT_EQ(deliver(body).status(), 200);
  EXPECT_TRUE(plugin_.host().published().empty());
  int said = 0;
  for (const auto& line : plugin_.host().logs())
    said += line.text.find("123456789") == std::string::npos ? 0 : 1;
  EXPECT_EQ(said, 1);
}

}  // namespace
}  // namespace gardu::meta_cloud
