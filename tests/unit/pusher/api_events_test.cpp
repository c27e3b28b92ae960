// SPDX-License-Identifier: Apache-2.0
//
// Publishing over the HTTP API: what is taken, what is delivered, what is refused.
#include "api_caller.hpp"

namespace gardu::pusher::testing {
namespace {

class ApiEventsTest : public ApiCaller {
 protected:
  int status_of(const Json& event) {
    RawClient api(port);
    return publish(api, event).status;
  }
  static Json event(const Json& changes = Json::object()) {
    Json out{{"name", "n"}, {"channel", "news"}, {"data", "x"}};
    out.merge_patch(changes);
    return out;
  }
};

TEST_F(ApiEventsTest, AnyJsonIsData) {
  start();
  RawClient client = connected(), api(port);
  client.subscribe("news");
  const std::pair<const char*, const char*> cases[] = {
      {R"("text")", "text"},
      {R"("")", ""},
      {R"("{\"a\" : 1}")", R"({"a" : 1})"},
      {R"({ "b": [1, 2.5, "é"] })", R"({"b":[1,2.5,"é"]})"},
      {"[ ]", "[]"},
      {"7", "7"},
      {"true", "true"},
      {"null", "null"}};
  for (const auto& [sent, received] : cases) {
    const std::string body = R"({"name":"n","channel":"news","data":)" + std::string(sent) + '}';
    ASSERT_EQ(call(api, "POST", "/apps/3/events", body).body, "{}") << sent;
    EXPECT_EQ(client.message()["data"], received) << sent;
  }
}

TEST_F(ApiEventsTest, OneManyAHundredChannels) {
  start();
  RawClient client = connected(), api(port);
  client.subscribe("c-0");
  client.subscribe("c-99");
  Json channels = Json::array();
  for (int i = 0; i < 100; ++i) channels.push_back("c-" + std::to_string(i));
  EXPECT_EQ(publish(api, {{"name", "n"}, {"channels", channels}, {"data", "x"}}).body, "{}");
  EXPECT_EQ(client.message()["channel"], "c-0");
  EXPECT_EQ(client.message()["channel"], "c-99");
  channels.push_back("one-too-many");
  EXPECT_EQ(publish(api, {{"name", "n"}, {"channels", channels}, {"data", "x"}}).status, 400);
}

TEST_F(ApiEventsTest, OncePerDistinctChannel) {
  start();
  RawClient client = connected(), api(port);
  client.subscribe("news");
  const Reply reply = publish(api, {{"name", "n"},
                                    {"channels", {"news", "other", "news"}},
                                    {"data", "1"},
                                    {"info", "subscription_count"}});
  EXPECT_EQ(reply.body, R"({"channels":{"news":{"subscription_count":1},)"
                        R"("other":{"subscription_count":0}}})");
  publish(api, event({{"data", "2"}}));
  EXPECT_EQ(client.message()["data"], "1");
  EXPECT_EQ(client.message()["data"], "2");
}

TEST_F(ApiEventsTest, RefusesWhatMakesNoSense) {
  start();
  EXPECT_EQ(status_of(event()), 200);
  for (const char* missing : {"name", "channel", "data"}) {
    Json body = event();
    body.erase(missing);
    EXPECT_EQ(status_of(body), 400) << missing;
  }
  for (const Json& changes :
       {Json{{"name", "pusher:x"}}, Json{{"name", "pusher_internal:x"}}, Json{{"name", ""}},
        Json{{"name", 7}}, Json{{"name", std::string(201, 'n')}}, Json{{"channel", ""}},
        Json{{"channel", "a b"}}, Json{{"channel", "a/b"}}, Json{{"channel", 7}},
        Json{{"channel", std::string(201, 'c')}}, Json{{"channels", Json::array()}},
        Json{{"channels", "news"}}, Json{{"channels", {1}}}, Json{{"socket_id", "abc"}},
        Json{{"socket_id", "1"}}, Json{{"socket_id", "1.2.3"}}, Json{{"socket_id", 1.5}},
        Json{{"socket_id", "1.2 "}}})
    EXPECT_EQ(status_of(event(changes)), 400) << changes;
  EXPECT_EQ(status_of(event({{"name", "pusherx"}})), 200);
  EXPECT_EQ(status_of(event({{"socket_id", "123.456"}})), 200);  // nobody's
  EXPECT_EQ(status_of(event({{"unknown", {1, 2}}})), 200);
  RawClient api(port);
  for (const char* body : {"{", "[]", "7", "\"x\"", "{}x", "\xff"})
    EXPECT_EQ(call(api, "POST", "/apps/3/events", body).status, 400) << body;
  const std::string deep = std::string(5000, '[') + std::string(5000, ']');
  EXPECT_EQ(call(api, "POST", "/apps/3/events", R"({"data":)" + deep + '}').status, 400);
}

TEST_F(ApiEventsTest, TooMuchData) {
  start();
  RawClient api(port);
  EXPECT_EQ(publish(api, event({{"data", std::string(10240, 'x')}})).status, 200);
  for (const Json& data : {Json(std::string(10241, 'x')), Json{{"a", std::string(10240, 'x')}}}) {
    const Reply reply = publish(api, event({{"data", data}}));
    EXPECT_EQ(reply.status, 413);
    EXPECT_NE(reply.body.find("content of this event"), std::string::npos) << reply.body;
  }
  const Reply batch = post(api, "/apps/3/batch_events",
                           {{"batch", {event(), event({{"data", std::string(10241, 'x')}})}}});
  EXPECT_EQ(batch.status, 413);
  EXPECT_NE(batch.body.find("content of this event"), std::string::npos) << batch.body;
}

TEST_F(ApiEventsTest, ParametersInTheQuery) {
  start();
  RawClient client = connected(), other = connected(), api(port);
  client.subscribe("news");
  client.subscribe("more");
  other.subscribe("news");
  const std::string body = R"({"data":"x"})";
  const std::string md5 = "&body_md5=" + md5_hex(body);
  // As the PHP library signs lists.
  const Reply reply = api.request(
      "POST",
      target_as(
          "POST", "/apps/3/events",
          "channels[]=news&channels[]=more&info=subscription_count&name=n&socket_id=" +
              other.socket_id + md5,
          "body_md5=" + md5_hex(body) +
              "&channels=news,more&info=subscription_count&name=n&socket_id=" + other.socket_id),
      body);
  EXPECT_EQ(reply.body, R"({"channels":{"news":{"subscription_count":2},)"
                        R"("more":{"subscription_count":1}}})");
  EXPECT_EQ(client.message(), (Json{{"event", "n"}, {"channel", "news"}, {"data", "x"}}));
  EXPECT_EQ(client.message()["channel"], "more");
  // Without a body at all; what the body says goes before the query.
  EXPECT_EQ(call(api, "POST", "/apps/3/events", {}, "channel=news&data=y&name=n").body, "{}");
  EXPECT_EQ(client.message()["data"], "y");
  EXPECT_EQ(other.message()["data"], "y");
  EXPECT_EQ(call(api, "POST", "/apps/3/events", event().dump(), "channel=more&name=m").body, "{}");
  EXPECT_EQ(client.message(), (Json{{"event", "n"}, {"channel", "news"}, {"data", "x"}}));
  EXPECT_EQ(call(api, "POST", "/apps/3/events", {}, "channel=news&name=n").status, 400);
}

TEST_F(ApiEventsTest, DeprecatedPathOfAChannel) {
  start();
  RawClient client = connected(), other = connected(), api(port);
  client.subscribe("news");
  other.subscribe("news");
  const std::string path = "/apps/3/channels/news/events";
  EXPECT_EQ(call(api, "POST", path, R"({"a": 1})", "name=foo").status, 202);
  EXPECT_EQ(client.message(),
            (Json{{"event", "foo"}, {"channel", "news"}, {"data", R"({"a": 1})"}}));
  EXPECT_EQ(other.message()["event"], "foo");
  EXPECT_EQ(call(api, "POST", path, "x", "name=bar&socket_id=" + other.socket_id).status, 202);
  EXPECT_EQ(call(api, "POST", path, "y", "name=bar").status, 202);
  EXPECT_EQ(client.message()["data"], "x");
  EXPECT_EQ(other.message()["data"], "y");
  EXPECT_EQ(call(api, "POST", path, "x").status, 400);
  EXPECT_EQ(call(api, "POST", path, "x", "name=pusher:x").status, 400);
  EXPECT_EQ(call(api, "POST", path, "x", "name=n&socket_id=abc").status, 400);
  EXPECT_EQ(call(api, "POST", path, std::string(10241, 'x'), "name=n").status, 413);
}

TEST_F(ApiEventsTest, ToTheConnectionsOfAUser) {
  start();
  RawClient first = connected(), second = connected(), other = connected(), api(port);
  sign_in(first, "7");
  sign_in(second, "7");
  sign_in(other, "8");
  for (RawClient* client : {&first, &second, &other}) {
    const std::string channel = client == &other ? "#server-to-user-8" : "#server-to-user-7";
    client->say({{"event", "pusher:subscribe"}, {"data", {{"channel", channel}, {"auth", ""}}}});
    ASSERT_EQ(client->message()["event"], "pusher_internal:subscription_succeeded");
  }
  EXPECT_EQ(publish(api, event({{"channel", "#server-to-user-7"}, {"data", "for 7"}})).body, "{}");
  EXPECT_EQ(publish(api, event({{"channel", "#server-to-user-8"}, {"data", "for 8"}})).body, "{}");
  EXPECT_EQ(first.message()["data"], "for 7");
  EXPECT_EQ(second.message()["data"], "for 7");
  EXPECT_EQ(other.message()["data"], "for 8");
}

TEST_F(ApiEventsTest, AppsDoNotHearEachOther) {
  Json settings = basic_settings();
  settings["apps"].push_back({{"id", "4"}, {"key", "other-key"}, {"secret", kSecret}});
  start(settings);
  RawClient here = connected(), there(port), api(port);
  there.open("/app/other-key");
  here.subscribe("news");
  there.say({{"event", "pusher:subscribe"}, {"data", {{"channel", "news"}}}});
  there.message();
  publish(api, event());
  EXPECT_EQ(here.message()["data"], "x");
  there.say({{"event", "pusher:ping"}});
  EXPECT_EQ(there.message()["event"], "pusher:pong");
  EXPECT_EQ(get(api, "/apps/3/connections").body, R"({"connections":1})");
}

TEST_F(ApiEventsTest, BatchesAnswerForEachEvent) {
  start();
  RawClient client = connected(), member = connected(), api(port);
  client.subscribe("news");
  join(member, "presence-room", "7");
  const Json asking = event({{"info", "subscription_count"}});
  const Json presence =
      event({{"channel", "presence-room"}, {"info", "user_count,subscription_count"}});
  const auto batch = [&](const Json& events) {
    return post(api, "/apps/3/batch_events", {{"batch", events}});
  };
  EXPECT_EQ(batch({asking, event(), presence}).body,
            R"({"batch":[{"subscription_count":1},{},{"user_count":1,"subscription_count":1}]})");
  EXPECT_EQ(batch({event(), asking}).body, R"({"batch":[{},{"subscription_count":1}]})");
  EXPECT_EQ(batch(Json::array({event({{"info", "cache"}})})).body, R"({"batch":[{}]})");
  EXPECT_EQ(batch(Json::array({event()})).body, "{}");
  const Reply large = batch(Json(11, event()));
  EXPECT_EQ(large.status, 400);
  EXPECT_NE(large.body.find("Batch too large"), std::string::npos);
  EXPECT_EQ(batch({event(), event({{"name", "pusher:x"}})}).status, 400);
  for (int i = 0; i < 6; ++i) EXPECT_EQ(client.message()["data"], "x");
  publish(api, event({{"data", "last"}}));
  EXPECT_EQ(client.message()["data"], "last");  // of the refused ones nothing was sent
}

}  // namespace
}  // namespace gardu::pusher::testing
