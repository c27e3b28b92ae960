// SPDX-License-Identifier: Apache-2.0
//
// Looking at a channel: what is shown, to whom, and how much of it is kept.
#include "server/tap.hpp"

#include "api_caller.hpp"
#include "gateway_event.hpp"

namespace gardu::pusher::testing {
namespace {

using What = Taps::What;

Taps::Record sent(const std::string& data) {
  Taps::Record record;
  record.event = "n";
  record.data = data;
  return record;
}

const std::vector<std::string> kNews{"news"};

TEST(Taps, KeepNothingOfWhatNobodyLooksAt) {
  Taps taps;
  EXPECT_FALSE(taps.watching());
  taps.sent(0, kNews, sent("early"));
  EXPECT_TRUE(taps.look(0, "news", 0, Taps::Clock::now()).opened);
  EXPECT_TRUE(taps.watching());
  taps.sent(0, kNews, sent("x"));
  taps.sent(1, kNews, sent("of another app"));
  taps.came(0, "other", "1.1");
  taps.came(0, "news", "1.1");
  taps.went(0, "news", "1.1");
  const auto look = taps.look(0, "news", 0, Taps::Clock::now());
  EXPECT_FALSE(look.opened);
  EXPECT_FALSE(look.missed);
  ASSERT_EQ(look.records.size(), 3U);
  EXPECT_EQ(look.records[0].data, "x");
  EXPECT_EQ(look.records[1].what, What::subscribed);
  EXPECT_EQ(look.records[2].what, What::unsubscribed);
  EXPECT_EQ(taps.look(0, "news", look.records[1].id, Taps::Clock::now()).records.size(), 1U);
}

TEST(Taps, CloseWhenNobodyLooksAnyMore) {
  Taps taps;
  taps.look(0, "news", 0, Taps::Clock::now() - Taps::kIdle - std::chrono::seconds(1));
  EXPECT_TRUE(taps.watching());
  taps.sent(0, kNews, sent("x"));
  EXPECT_FALSE(taps.watching());
  EXPECT_TRUE(taps.look(0, "news", 0, Taps::Clock::now()).records.empty());
}

TEST(Taps, AreBounded) {
  Taps taps;
  const auto now = Taps::Clock::now();
  taps.look(0, "news", 0, now);
  for (size_t i = 0; i < Taps::kRecords + 1; ++i) taps.sent(0, kNews, sent(std::to_string(i)));
  const auto look = taps.look(0, "news", 0, now);
  EXPECT_TRUE(look.missed);
  EXPECT_EQ(look.records.size(), Taps::kRecords);
  EXPECT_EQ(look.records.front().data, "1");
  EXPECT_FALSE(taps.look(0, "news", look.records.front().id, now).missed);
  std::string large(Taps::kDataKept - 1, 'x');
  large += "é and more";
  taps.sent(0, kNews, sent(large));
  const auto cut = taps.look(0, "news", look.records.back().id, now);
  ASSERT_EQ(cut.records.size(), 1U);
  EXPECT_EQ(cut.records[0].data, std::string(Taps::kDataKept - 1, 'x'));
  EXPECT_EQ(cut.records[0].data_size, large.size());
  for (size_t i = 0; i < Taps::kTaps; ++i)
    taps.look(0, "c" + std::to_string(i), 0, now + std::chrono::seconds(1));
  EXPECT_TRUE(taps.look(0, "news", 0, now + std::chrono::seconds(2)).opened);
  for (size_t i = 0; i < 2 * Taps::kRefusals; ++i) taps.refused(0, "private-a", "1.1", "why");
  EXPECT_EQ(taps.refusals(0).size(), Taps::kRefusals);
}

class TapRouteTest : public ApiCaller {
 protected:
  struct Answer {
    int status = 0;
    Json body;
  };
  // As if the host had let the caller through.
  Answer ask(const std::string& pattern, const std::string& app, const std::string& channel,
             const std::string& query = {}) {
    for (const gardu_route& route : host.mounted)
      if (view(route.pattern) == "/api/v1/pusher/" + pattern)
        return ask(route, app, channel, query);
    return {};
  }
  static Answer ask(const gardu_route& route, const std::string& app, const std::string& channel,
                    const std::string& query) {
    const gardu_header params[] = {{str("app"), str(app)}, {str("channel"), str(channel)}};
    gardu_principal principal{};
    principal.size = sizeof principal;
    principal.auth = route.auth;
    gardu_http_request request{};
    request.size = sizeof request;
    request.params = params;
    request.param_count = 2;
    request.query = str(query);
    request.principal = &principal;
    Answer answer;
    gardu_http_reply reply{};
    reply.size = sizeof reply;
    reply.context = &answer;
    reply.send = [](void* context, const gardu_http_response* response) {
      *static_cast<Answer*>(context) = {response->status, Json::parse(view(response->body))};
    };
    reply.drop = [](void* context) { static_cast<Answer*>(context)->status = 500; };
    route.handle(route.user, &request, &reply);
    return answer;
  }
  Answer look(const std::string& channel, const std::string& query = {}) {
    return ask("apps/{app}/channels/{channel}", "4", channel, query);
  }
  void start_with_app() {
    Json settings = basic_settings();
    settings["apps"].push_back({{"id", "4"}, {"key", "key-4"}, {"secret", kSecret}});
    start(settings);
  }
  uint32_t auth_of(const std::string& pattern) const {
    for (const gardu_route& route : host.mounted)
      if (view(route.pattern) == "/api/v1/pusher/" + pattern) return route.auth;
    return GARDU_AUTH_NONE;
  }
};

TEST_F(TapRouteTest, ShowsWhatHappensOnAChannel) {
  start_with_app();
  EXPECT_EQ(look("news").body["opened"], true);
  RawClient client(port), api(port);
  client.open("/app/key-4");
  client.say({{"event", "pusher:subscribe"}, {"data", {{"channel", "news"}}}});
  client.message();
  const std::string body = R"({"name":"foo","channels":["news"],"data":"{\"a\":\"é\"}"})";
  const std::string text = "auth_key=key-4&auth_timestamp=" + std::to_string(std::time(nullptr)) +
                           "&auth_version=1.0&body_md5=" + md5_hex(body);
  ASSERT_EQ(api.request("POST",
                        "/apps/4/events?" + text + "&auth_signature=" +
                            hmac_sha256_hex(kSecret, "POST\n/apps/4/events\n" + text),
                        body)
                .status,
            200);
  const Answer answer = look("news");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body["subscription_count"], 1);
  ASSERT_EQ(answer.body["records"].size(), 2U);
  const Json& came = answer.body["records"][0];
  EXPECT_EQ(came["what"], "subscribed");
  EXPECT_EQ(came["socket_id"].get<std::string>().find('.') != std::string::npos, true);
  const Json& event = answer.body["records"][1];
  EXPECT_EQ(event["what"], "event");
  EXPECT_EQ(event["event"], "foo");
  EXPECT_EQ(event["data"], R"({"a":"é"})");
  EXPECT_EQ(event["data_size"], 10);
  EXPECT_EQ(event["at"].get<std::string>().size(), 24U);
  EXPECT_EQ(answer.body["last"], event["id"]);
  const std::string after = "after=" + event["id"].dump();
  EXPECT_TRUE(look("news", after).body["records"].empty());
  EXPECT_EQ(look("news", "after=x").status, 422);
  EXPECT_EQ(look("a b").status, 422);
}

TEST_F(TapRouteTest, TellsWhoWasRefusedAndWhy) {
  start_with_app();
  RawClient client(port);
  client.open("/app/key-4");
  client.say(
      {{"event", "pusher:subscribe"}, {"data", {{"channel", "private-a"}, {"auth", "key-4:00"}}}});
  client.message();
  const std::string id = client.socket_id;
  const Answer of_channel = look("private-a");
  ASSERT_EQ(of_channel.body["records"].size(), 1U);
  EXPECT_EQ(of_channel.body["records"][0]["what"], "refused");
  EXPECT_EQ(of_channel.body["records"][0]["socket_id"], id);
  EXPECT_NE(of_channel.body["records"][0]["why"].get<std::string>().find("private-a"),
            std::string::npos);
  const Answer all = ask("apps/{app}/refusals", "4", "");
  ASSERT_EQ(all.body["records"].size(), 1U);
  EXPECT_EQ(all.body["records"][0]["channel"], "private-a");
  EXPECT_TRUE(ask("apps/{app}/refusals", "3", "").body["records"].empty());
  EXPECT_EQ(ask("apps/{app}/refusals", "9", "").status, 404);
  EXPECT_EQ(host.metric("subscriptions_refused_total"), 1);
}

TEST_F(TapRouteTest, AWorkspacesChannelsAreItsOwnToLookAt) {
  start_with_app();
  host.may_follow = {"w1//"};
  EXPECT_EQ(auth_of("channels/{channel}"), static_cast<uint32_t>(GARDU_AUTH_ADMIN));
  EXPECT_EQ(auth_of("apps/{app}/channels/{channel}"), static_cast<uint32_t>(GARDU_AUTH_PLATFORM));
  EXPECT_EQ(auth_of("apps/{app}/refusals"), static_cast<uint32_t>(GARDU_AUTH_PLATFORM));
  const auto as_admin = [&](const std::string& channel) {
    return ask("channels/{channel}", "", channel);
  };
  EXPECT_EQ(as_admin("private-workspace.w1").status, 200);
  EXPECT_EQ(as_admin("private-workspace.w2").status, 403);
  EXPECT_EQ(as_admin("news").status, 403);
  const auto as_platform = [&](const std::string& app, const std::string& channel) {
    return ask("apps/{app}/channels/{channel}", app, channel).status;
  };
  EXPECT_EQ(as_platform("3", "private-workspace.w1"), 403);
  EXPECT_EQ(as_platform("3", "news"), 200);
  EXPECT_EQ(as_platform("4", "private-workspace.w1"), 200);
  EXPECT_EQ(as_platform("9", "news"), 404);
  // Also what nobody hears.
  gardu_event event = gateway_event(GARDU_EVENT_MESSAGE_RECEIVED, "message.received", "{}");
  const gardu_event* pointer = &event;
  int32_t result = 0;
  Batch batch(&pointer, 1, &result);
  plugin->on_events(batch);
  const Answer answer = as_admin("private-workspace.w1");
  ASSERT_EQ(answer.body["records"].size(), 1U);
  EXPECT_EQ(answer.body["records"][0]["event"], "message.received");
}

}  // namespace
}  // namespace gardu::pusher::testing
