// SPDX-License-Identifier: Apache-2.0
//
// The whole sender on a host of the test's: who is told what, in which order, and what a hostile
// receiver can do to it.
#include <algorithm>

#include "protocol/crypto.hpp"
#include "webhook_support.hpp"

namespace gardu::pusher::testing {
namespace {

using Names = std::vector<std::string>;

std::string header(const HttpCall& call, std::string_view name) {
  for (const auto& [key, value] : call.headers)
    if (key == name) return value;
  return {};
}

class WebhookSenderTest : public WebhookTest {};

TEST_F(WebhookSenderTest, WithoutEndpointsNothingIsAskedOfTheHost) {
  fake::FakeHost host("pusher");
  host.without(GARDU_EXT_DB);
  host.without(GARDU_EXT_HTTP_CLIENT);
  const Host sdk(host.table());
  EXPECT_EQ(WebhookSender::start(sdk, webhook_settings("[]")), nullptr);
  EXPECT_TRUE(host.sql().empty());
  EXPECT_THROW((void)WebhookSender::start(sdk, webhook_settings(R"([{"url":"https://a.test/"}])")),
               Failure);
}

TEST_F(WebhookSenderTest, PostsSignedJsonAndForgetsIt) {
  const auto host =
      run(webhook_settings(R"([{"url":"https://a.test/hook?x=1","headers":{"X-Mine":"yes"}}])"));
  host->raise(WebhookKind::channel_occupied, "news");
  const auto call = host->request(0);
  EXPECT_EQ(call.method, "POST");
  EXPECT_EQ(call.url, "https://a.test/hook?x=1");
  EXPECT_EQ(call.body, R"({"time_ms":1327078148000,"events":[)"
                       R"({"name":"channel_occupied","channel":"news"}]})");
  EXPECT_EQ(header(call, "Content-Type"), "application/json");
  EXPECT_EQ(header(call, "X-Pusher-Key"), "278d425bdf160c739803");
  EXPECT_EQ(header(call, "X-Pusher-Signature"), hmac_sha256_hex("7ad3773142a6692b25b8", call.body));
  EXPECT_NE(header(call, "X-Gardu-Delivery"), "");
  EXPECT_EQ(header(call, "X-Mine"), "yes");
  EXPECT_TRUE(stored(*host, 1));
  host->answer(200);
  EXPECT_TRUE(stored(*host, 0));
  EXPECT_TRUE(host->counted(R"(webhook_events_total{app="3",endpoint="0",result="delivered"})", 1));
  EXPECT_EQ(host->metric(R"(webhook_requests_total{app="3",endpoint="0",result="2xx"})"), 1);
  host->stop();
  EXPECT_EQ(host->host().fault_text(), "");
}

TEST_F(WebhookSenderTest, EachEndpointHearsItsKindsOnly) {
  const auto host = run(webhook_settings(
      R"([{"url":"https://a.test/","events":["member_added"]},)"
      R"({"url":"https://b.test/","events":["channel_occupied","client_event"]}])"));
  host->raise(WebhookKind::channel_occupied, "presence-a");
  EXPECT_EQ(host->request(0).url, "https://b.test/");
  host->raise(WebhookKind::member_added, "presence-a", "1");
  EXPECT_EQ(host->request(1).url, "https://a.test/");
  host->raise(WebhookKind::cache_miss, "cache-a");
  host->raise(WebhookKind::client_event, "presence-a", "1");
  host->answer(200);
  host->answer(200);
  EXPECT_EQ(WebhookHost::names(host->request(2)), Names{"client_event presence-a"});
}

TEST_F(WebhookSenderTest, OrderOutlivesFailuresAndAFailingEndpointHoldsUpNobody) {
  const auto host =
      run(webhook_settings(R"([{"url":"https://bad.test/","events":["client_event"]},)"
                           R"({"url":"https://good.test/","events":["client_event"]}])"));
  Names bad, good;
  host->host().hold(GARDU_EXT_HTTP_CLIENT, false);
  int refusals = 0;
  host->host().on_http([&](const HttpCall& call) -> std::optional<fake::FakeAnswer> {
    const bool is_bad = call.url == "https://bad.test/";
    fake::FakeAnswer answer;
    if (is_bad && ++refusals % 3 != 0) answer.status = refusals % 2 == 0 ? 500 : 400;
    if (answer.status == 200)
      for (const auto& name : WebhookHost::names(call)) (is_bad ? bad : good).push_back(name);
    return answer;
  });
  Names expected;
  for (int i = 0; i < 20; ++i) {
    host->raise(WebhookKind::client_event, "private-" + std::to_string(i));
    expected.push_back("client_event private-" + std::to_string(i));
  }
  ASSERT_TRUE(host->host().wait([&] { return good.size() == 20; }));
  EXPECT_LT(bad.size(), 2U);
  for (int i = 0; i < 200 && bad.size() < 20; ++i) {
    const int before = refusals;
    host->pass(500);
    host->host().wait([&] { return refusals != before; }, std::chrono::milliseconds(50));
  }
  EXPECT_EQ(good, expected);
  EXPECT_EQ(bad, expected);
}

TEST_F(WebhookSenderTest, OneEventARequestUnlessTheEndpointTakesSeveral) {
  const auto host = run(webhook_settings(R"([{"url":"https://a.test/one"},)"
                                         R"({"url":"https://a.test/many","batch":true}])"));
  for (int i = 0; i < 5; ++i) host->raise(WebhookKind::cache_miss, "cache-" + std::to_string(i));
  std::map<std::string, std::vector<Names>> heard;
  host->host().hold(GARDU_EXT_HTTP_CLIENT, false);
  host->host().on_http([&](const HttpCall& call) -> std::optional<fake::FakeAnswer> {
    heard[call.url].push_back(WebhookHost::names(call));
    return fake::FakeAnswer{};
  });
  const auto total = [&](const std::string& url) {
    size_t n = 0;
    for (const Names& names : heard[url]) n += names.size();
    return n;
  };
  ASSERT_TRUE(host->host().wait(
      [&] { return total("https://a.test/one") == 5 && total("https://a.test/many") == 5; }));
  EXPECT_EQ(heard["https://a.test/one"].size(), 5U);
  EXPECT_LT(heard["https://a.test/many"].size(), 5U);
  for (const auto& [url, requests] : heard) {
    int i = 0;
    for (const Names& names : requests)
      for (const auto& name : names)
        EXPECT_EQ(name, "cache_miss cache-" + std::to_string(i++)) << url;
  }
}

TEST_F(WebhookSenderTest, WhoComesBackWithinTheGraceWasNeverAway) {
  const auto host = run(webhook_settings(R"([{"url":"https://a.test/"}])"));
  host->raise(WebhookKind::channel_occupied, "presence-a");
  host->raise(WebhookKind::member_added, "presence-a", "1");
  EXPECT_EQ(WebhookHost::names(host->request(0)), Names{"channel_occupied presence-a"});
  host->answer(200);
  EXPECT_EQ(WebhookHost::names(host->request(1)), Names{"member_added presence-a"});
  host->answer(200);
  host->raise(WebhookKind::member_removed, "presence-a", "1");
  host->raise(WebhookKind::channel_vacated, "presence-a");
  EXPECT_TRUE(stored(*host, 2));  // a restart would not lose them
  host->pass(2'999);
  host->raise(WebhookKind::channel_occupied, "presence-a");
  host->raise(WebhookKind::member_added, "presence-a", "1");
  EXPECT_TRUE(stored(*host, 0));
  host->pass(10'000);
  // Stays away this time.
  host->raise(WebhookKind::member_removed, "presence-a", "1");
  host->raise(WebhookKind::channel_vacated, "presence-a");
  EXPECT_TRUE(stored(*host, 2));
  EXPECT_EQ(host->requests(), 2U);
  host->pass(3'000);
  EXPECT_EQ(WebhookHost::names(host->request(2)), Names{"member_removed presence-a"});
  host->answer(200);
  EXPECT_EQ(WebhookHost::names(host->request(3)), Names{"channel_vacated presence-a"});
}

// What another node told at once must not be followed by what this one held.
TEST_F(WebhookSenderTest, WhoCameBackOnAnotherNodeIsNotToldToBeGone) {
  const auto host = run(webhook_settings(R"([{"url":"https://a.test/"}])"));
  host->present({"presence-a", "presence-a here"});
  host->raise(WebhookKind::member_removed, "presence-a", "here");
  host->raise(WebhookKind::member_removed, "presence-a", "gone");
  host->raise(WebhookKind::channel_vacated, "presence-a");
  host->raise(WebhookKind::channel_vacated, "presence-b");
  EXPECT_TRUE(stored(*host, 4));
  host->pass(3'000);
  EXPECT_EQ(WebhookHost::names(host->request(0)), Names{"member_removed presence-a"});
  EXPECT_NE(host->request(0).body.find("gone"), std::string::npos);
  host->answer(200);
  EXPECT_EQ(WebhookHost::names(host->request(1)), Names{"channel_vacated presence-b"});
  host->answer(200);
  EXPECT_TRUE(stored(*host, 0));
}

// The listener goes after that.
TEST_F(WebhookSenderTest, NobodyIsAskedAnyMoreOnceItLeaves) {
  const auto host = run(webhook_settings(R"([{"url":"https://a.test/"}])"));
  auto listener = std::make_shared<int>();
  host->sender().ask([listener](size_t, const auto&, const auto&) { return true; });
  host->raise(WebhookKind::channel_vacated, "a");
  host->sender().leave();
  EXPECT_EQ(listener.use_count(), 1);
}

TEST_F(WebhookSenderTest, AnEndpointThatWantsOnlyOccupiedDoesNotFlapEither) {
  const auto host =
      run(webhook_settings(R"([{"url":"https://a.test/","events":["channel_occupied"]}])"));
  host->raise(WebhookKind::channel_occupied, "a");
  (void)host->request(0);
  host->answer(200);
  host->raise(WebhookKind::channel_vacated, "a");
  host->raise(WebhookKind::channel_occupied, "a");
  host->raise(WebhookKind::channel_occupied, "b");
  EXPECT_EQ(WebhookHost::names(host->request(1)), Names{"channel_occupied b"});
}

TEST_F(WebhookSenderTest, GivesUpAfterFiveMinutesAndSaysSoWithoutTheUrl) {
  const auto host = run(webhook_settings(R"([{"url":"https://u:pw@a.test/SECRET?token=SECRET"}])"));
  for (const char* text : {"SECRET", "pw", "7ad3773142a6692b25b8"}) host->host().mark_secret(text);
  host->raise(WebhookKind::channel_occupied, "a");
  for (size_t n = 0; n < 5; ++n) {
    (void)host->request(n);
    host->answer(503);
    ASSERT_TRUE(host->counted(R"(webhook_requests_total{app="3",endpoint="0",result="5xx"})",
                              static_cast<int64_t>(n) + 1));
    host->pass(60'000);
  }
  EXPECT_TRUE(host->counted(R"(webhook_events_total{app="3",endpoint="0",result="expired"})", 1));
  EXPECT_TRUE(stored(*host, 0));
  EXPECT_TRUE(host->host().logged("webhooks of app 3 to https://a.test fail"));
  EXPECT_TRUE(host->host().wait([&] { return host->host().logged("1 events were given up"); }));
  host->raise(WebhookKind::channel_occupied, "b");
  host->pass(60'000);
  EXPECT_EQ(WebhookHost::names(host->request(5)), Names{"channel_occupied b"});
  host->answer(200);
  EXPECT_TRUE(stored(*host, 0));
  EXPECT_TRUE(host->host().wait([&] { return host->host().logged("are taken again"); }));
  host->stop();
  EXPECT_EQ(host->host().fault_text(), "");
}

TEST_F(WebhookSenderTest, HostileAnswersAreFailuresAndNothingMore) {
  const auto host = run(webhook_settings(R"([{"url":"https://a.test/"}])"));
  host->raise(WebhookKind::channel_occupied, "a");
  const auto answer = [](gardu_http_progress progress, int status, std::string retry_after = {}) {
    fake::FakeAnswer a;
    a.progress = progress;
    a.status = status;
    a.error = "the answer is larger than 1048576 bytes";
    if (!retry_after.empty()) a.headers = {{"retry-after", std::move(retry_after)}};
    return a;
  };
  const std::vector<fake::FakeAnswer> answers{
      answer(GARDU_HTTP_ANSWERED, 302),
      answer(GARDU_HTTP_ANSWERED, 100),
      answer(GARDU_HTTP_UNKNOWN, 0),
      answer(GARDU_HTTP_REFUSED, 0),
      answer(GARDU_HTTP_ANSWERED, 429, "99999999999999999999"),
      answer(GARDU_HTTP_ANSWERED, 503, "-1"),
      answer(GARDU_HTTP_ANSWERED, 429, "Wed, 21 Oct 2015 07:28:00 GMT"),
      answer(GARDU_HTTP_ANSWERED, 429, std::string(10'000, '9'))};
  size_t n = 0;
  for (const auto& a : answers) {
    const auto call = host->request(n++);
    EXPECT_EQ(call.max_answer, uint64_t{1} << 20U);
    EXPECT_LE(call.deadline, std::chrono::seconds(10));
    host->answer(a);
    // Until it was taken note of: only then does the clock's going on bring the next try.
    const auto failed = [&] {
      int64_t sum = 0;
      for (const char* result : {"3xx", "4xx", "5xx", "none"})
        sum += host->metric(R"(webhook_requests_total{app="3",endpoint="0",result=")" +
                            std::string(result) + "\"}");
      return sum;
    };
    for (int i = 0; i < 100 && failed() != static_cast<int64_t>(n); ++i)
      host->host().wait([&] { return failed() == static_cast<int64_t>(n); },
                        std::chrono::milliseconds(50));
    ASSERT_EQ(failed(), static_cast<int64_t>(n));
    host->pass(n < 6 ? 1'000 << (n - 1) : 60'000);
  }
  EXPECT_EQ(WebhookHost::names(host->request(n)), Names{"channel_occupied a"});
}

TEST_F(WebhookSenderTest, AClientThatIsFullIsAskedAgain) {
  const auto host = run(webhook_settings(R"([{"url":"https://a.test/"}])"));
  host->host().refuse(GARDU_EXT_HTTP_CLIENT, GARDU_FULL, 1);
  host->raise(WebhookKind::channel_occupied, "a");
  EXPECT_TRUE(stored(*host, 1));
  for (int i = 0; i < 100 && host->requests() == 0; ++i) {
    host->pass(1'000);
    host->host().wait([&] { return host->requests() != 0; }, std::chrono::milliseconds(50));
  }
  EXPECT_EQ(WebhookHost::names(host->request(0)), Names{"channel_occupied a"});
}

TEST_F(WebhookSenderTest, TwoEndpointsWithOneUrlAreTwo) {
  const auto host =
      run(webhook_settings(R"([{"url":"https://a.test/","events":["channel_occupied"]},)"
                           R"({"url":"https://a.test/","events":["cache_miss"]}])"));
  host->raise(WebhookKind::channel_occupied, "a");
  (void)host->request(0);
  host->raise(WebhookKind::cache_miss, "cache-a");  // while the first is under way
  EXPECT_EQ(WebhookHost::names(host->request(1)), Names{"cache_miss cache-a"});
}

}  // namespace
}  // namespace gardu::pusher::testing
