// SPDX-License-Identifier: Apache-2.0
//
// The plugin between a host of the test's own and a Graph API of the test's own.
#include <gtest/gtest.h>

#include <future>
#include <map>
#include <nlohmann/json.hpp>

#include "meta_cloud.hpp"
#include "signature.hpp"
#include "tcp_server.hpp"

namespace gardu::meta_cloud {
namespace {

using Json = nlohmann::json;

// Takes publications and routes; completes publications when told to.
struct TestHost {
  std::map<std::string, gardu_route> routes;
  std::string log;
  int32_t accept = GARDU_OK;
  struct Pending {
    uint32_t count;
    gardu_publish_done done;
    void* user;
  };
  std::vector<Pending> pending;
  std::vector<std::string> published;  // "<type> <account> <provider id>"

  static TestHost& of(void* context) { return *static_cast<TestHost*>(context); }

  static void write_log(void* c, int32_t, gardu_str text) {
    of(c).log += std::string(view(text)) + "\n";
  }
  static int32_t log_enabled(void*, int32_t) { return 1; }
  static int32_t add_route(void* c, const gardu_route* r, gardu_error*) {
    of(c).routes[std::string(view(r->method)) + " " + std::string(view(r->pattern))] = *r;
    return GARDU_OK;
  }
  static int32_t publish(void* c, const gardu_publication* const* items, uint32_t count,
                         gardu_publish_done done, void* user, gardu_error* error) {
    TestHost& self = of(c);
    if (self.accept != GARDU_OK)
      return Status(static_cast<gardu_status>(self.accept), "full").write_to(error);
    for (uint32_t i = 0; i < count; ++i) {
      const gardu_publication& p = *items[i];
      self.published.push_back(
          std::to_string(p.type) + " " + std::string(view(p.account_id)) + " " +
          std::string(p.message != nullptr ? view(p.message->provider_message_id) : view(p.data)));
    }
    self.pending.push_back({count, done, user});
    return GARDU_OK;
  }
  void complete(int32_t status, int32_t item_status = GARDU_OK) {
    for (const Pending& p : std::exchange(pending, {})) {
      std::vector<gardu_publish_result> results(p.count);
      for (auto& r : results) {
        r.size = sizeof r;
        r.status = item_status;
      }
      p.done(p.user, status, results.data(), p.count);
    }
  }
  static const void* extension(void*, const char* id) {
    static constexpr gardu_host_log kLog{sizeof(gardu_host_log), 0, &write_log, &log_enabled};
    static constexpr gardu_host_publish kPublish{sizeof(gardu_host_publish), 0, &publish};
    static constexpr gardu_host_http_routes kRoutes{sizeof(gardu_host_http_routes), 0, &add_route};
    const std::string_view name(id);
    if (name == GARDU_EXT_LOG) return &kLog;
    if (name == GARDU_EXT_PUBLISH) return &kPublish;
    if (name == GARDU_EXT_HTTP_ROUTES) return &kRoutes;
    return nullptr;
  }
  gardu_host table() {
    gardu_host h{};
    h.size = sizeof h;
    h.abi_major = GARDU_ABI_MAJOR;
    h.context = this;
    h.extension = &extension;
    return h;
  }
};

struct Answer {
  int status = 0;
  std::string body, type, headers;
};

class PluginTest : public ::testing::Test {
 protected:
  void start_with(const std::string& graph_url) {
    const Json settings{{"graph_url", graph_url},
                        {"app_secret", "s3cret"},
                        {"verify_token", "tok"},
                        {"timeout_s", 20}};
    ASSERT_TRUE(plugin_.start(settings.dump()).ok());
  }
  void TearDown() override {
    plugin_.stop();
    host_.complete(GARDU_STOPPED);
  }
  void connect(const std::string& credentials = R"({"access_token":"EAAtoken"})") {
    ASSERT_TRUE(plugin_.connect({"acc-1", "ws", "n", "777000111", credentials, "{}"}).ok());
    host_.complete(GARDU_OK);
    host_.published.clear();
  }
  // The answer arrives now or when the host completes.
  std::shared_ptr<Answer> call(const std::string& method, const std::string& query,
                               const std::string& body, const std::string& signature) {
    auto* answer = new std::shared_ptr<Answer>(std::make_shared<Answer>());
    const auto result = *answer;
    const gardu_header header{str("x-hub-signature-256"), str(signature)};
    gardu_http_request request{};
    request.size = sizeof request;
    request.method = str(method);
    request.query = str(query);
    request.body = str(body);
    request.headers = &header;
    request.header_count = signature.empty() ? 0 : 1;
    gardu_http_reply reply{};
    reply.size = sizeof reply;
    reply.context = answer;
    reply.send = [](void* c, const gardu_http_response* r) {
      const std::unique_ptr<std::shared_ptr<Answer>> owned(
          static_cast<std::shared_ptr<Answer>*>(c));
      Answer& a = **owned;
      a.status = r->status;
      a.body = view(r->body);
      a.type = view(r->content_type);
      for (uint32_t i = 0; i < r->header_count; ++i)
        a.headers +=
            std::string(view(r->headers[i].name)) + ": " + std::string(view(r->headers[i].value));
    };
    reply.drop = [](void* c) {
      const std::unique_ptr<std::shared_ptr<Answer>> owned(
          static_cast<std::shared_ptr<Answer>*>(c));
      (*owned)->status = 500;
    };
    const gardu_route& route = host_.routes.at(method + " /webhooks/meta_cloud");
    EXPECT_EQ(route.auth, static_cast<uint32_t>(GARDU_AUTH_NONE));
    route.handle(route.user, &request, &reply);
    return result;
  }
  std::shared_ptr<Answer> deliver(const std::string& body, const std::string& secret = "s3cret") {
    return call("POST", "", body, "sha256=" + hmac_sha256_hex(secret, body));
  }

  TestHost host_;
  gardu_host table_ = host_.table();
  MetaCloud plugin_{table_};
};

const std::string kTextMessage =
    R"({"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"777000111"},"messages":[{"from":"628111","id":"wamid.1","timestamp":"1700000000","type":"text","text":{"body":"hi"}}]}}]}]})";

TEST_F(PluginTest, NamesTheSettingThatIsMissing) {
  Status s = plugin_.start(R"({"app_secret":"","verify_token":"x"})");
  EXPECT_EQ(s.code(), GARDU_UNCONFIGURED);
  EXPECT_NE(s.message().find("plugins.load.meta_cloud.app_secret"), std::string::npos);
  plugin_.stop();
  s = plugin_.start(R"({"app_secret":"x"})");
  EXPECT_EQ(s.code(), GARDU_UNCONFIGURED);
  EXPECT_NE(s.message().find("plugins.load.meta_cloud.verify_token"), std::string::npos);
  plugin_.stop();
  EXPECT_EQ(plugin_.start(R"({"graph_url":"nonsense","app_secret":"x","verify_token":"x"})").code(),
            GARDU_INVALID);
  EXPECT_TRUE(host_.routes.empty());
}

TEST_F(PluginTest, SaysWhatItCan) {
  const gardu_transport_info info = plugin_.describe();
  EXPECT_EQ(info.max_in_flight, 64U);
  EXPECT_EQ(info.max_per_second, 80U);
  EXPECT_EQ(info.text_limit, 4096U);
  EXPECT_NE(info.features & GARDU_REFERENCE_ECHOED, 0U);
}

TEST_F(PluginTest, ConnectsAnAccount) {
  start_with("http://127.0.0.1:1");
  const auto code = [&](const char* address, const char* credentials) {
    return plugin_.connect({"acc-1", "ws", "n", address, credentials, "{}"}).code();
  };
  EXPECT_EQ(code("777000111", "{}"), GARDU_UNCONFIGURED);
  EXPECT_EQ(code("777000111", ""), GARDU_UNCONFIGURED);
  EXPECT_EQ(code("777000111", "nonsense"), GARDU_UNCONFIGURED);
  EXPECT_EQ(code("777000111", R"({"access_token":"a\r\nX: y"})"), GARDU_UNCONFIGURED);
  EXPECT_EQ(code("../x", R"({"access_token":"a"})"), GARDU_UNCONFIGURED);
  EXPECT_TRUE(host_.published.empty());
  EXPECT_EQ(code("777000111", R"({"access_token":"a"})"), GARDU_OK);
  EXPECT_EQ(host_.published, std::vector<std::string>{R"(13 acc-1 {"status":"ready"})"});
}

TEST_F(PluginTest, AnswersTheVerification) {
  start_with("http://127.0.0.1:1");
  connect(R"({"access_token":"t","verify_token":"own"})");
  auto a = call("GET", "hub.mode=subscribe&hub.verify_token=tok&hub.challenge=11582%2001", "", "");
  EXPECT_EQ(a->status, 200);
  EXPECT_EQ(a->body, "11582 01");
  EXPECT_EQ(a->type, "text/plain");
  EXPECT_EQ(call("GET", "hub.mode=subscribe&hub.verify_token=own&hub.challenge=1", "", "")->status,
            200);
  EXPECT_EQ(call("GET", "hub.mode=subscribe&hub.verify_token=no&hub.challenge=1", "", "")->status,
            403);
  EXPECT_EQ(call("GET", "", "", "")->status, 403);
}

TEST_F(PluginTest, RefusesWhatIsNotSigned) {
  start_with("http://127.0.0.1:1");
  connect();
  EXPECT_EQ(call("POST", "", kTextMessage, "")->status, 401);
  EXPECT_EQ(call("POST", "", kTextMessage, "sha256=00")->status, 403);
  EXPECT_EQ(deliver(kTextMessage, "other")->status, 403);
  EXPECT_EQ(deliver("{")->status, 400);
  EXPECT_EQ(deliver("{")->type, "application/problem+json");
  EXPECT_EQ(deliver(R"({"object":"page"})")->status, 400);
  EXPECT_TRUE(host_.published.empty());
  EXPECT_EQ(host_.log.find("s3cret"), std::string::npos);
}

TEST_F(PluginTest, AnAccountMayHaveItsOwnSecret) {
  start_with("http://127.0.0.1:1");
  connect(R"({"access_token":"t","app_secret":"own"})");
  const auto a = deliver(kTextMessage, "own");
  host_.complete(GARDU_OK);
  EXPECT_EQ(a->status, 200);
  ASSERT_TRUE(plugin_.disconnect("acc-1").ok());
  EXPECT_EQ(deliver(kTextMessage, "own")->status, 403);
}

TEST_F(PluginTest, AnswersWhenItIsStored) {
  start_with("http://127.0.0.1:1");
  connect();
  const auto a = deliver(kTextMessage);
  EXPECT_EQ(a->status, 0);
  EXPECT_EQ(host_.published, std::vector<std::string>{"1 acc-1 wamid.1"});
  host_.complete(GARDU_OK);
  EXPECT_EQ(a->status, 200);
}

TEST_F(PluginTest, AsksToComeAgainWhenItIsNot) {
  start_with("http://127.0.0.1:1");
  connect();
  for (const int32_t status : {GARDU_FULL, GARDU_STOPPED}) {
    host_.accept = status;
    const auto a = deliver(kTextMessage);
    EXPECT_EQ(a->status, 503);
    EXPECT_EQ(a->headers, "Retry-After: 1");
  }
  host_.accept = GARDU_OK;
  const auto a = deliver(kTextMessage);
  host_.complete(GARDU_INTERNAL);
  EXPECT_EQ(a->status, 503);
}

TEST_F(PluginTest, OneRefusedElementDoesNotRefuseTheRest) {
  start_with("http://127.0.0.1:1");
  connect();
  const auto a = deliver(kTextMessage);
  host_.complete(GARDU_OK, GARDU_INVALID);
  EXPECT_EQ(a->status, 200);
  EXPECT_NE(host_.log.find("not taken"), std::string::npos);
}

TEST_F(PluginTest, UnknownNumbersAreSaidOnce) {
  start_with("http://127.0.0.1:1");
  std::string body = kTextMessage;
  body.replace(body.find("777000111"), 9, "123456789");
  EXPECT_EQ(deliver(body)->status, 200);
  EXPECT_EQ(deliver(body)->status, 200);
  EXPECT_TRUE(host_.published.empty());
  const size_t first = host_.log.find("123456789");
  ASSERT_NE(first, std::string::npos);
  EXPECT_EQ(host_.log.find("123456789", first + 1), std::string::npos);
}

struct Outcome {
  int32_t status;
  std::string id, peer, code, text;
};

class SendTest : public PluginTest {
 protected:
  std::future<Outcome> send(const std::string& text = "Halo") {
    gardu_message m{};
    m.size = sizeof m;
    m.type = GARDU_MESSAGE_TEXT;
    m.id = str("0199aaaa-bbbb-7ccc-8ddd-0123456789ab");
    m.account_id = str("acc-1");
    m.text = str(text);
    gardu_outbound o{};
    o.size = sizeof o;
    o.attempt = 1;
    o.message = &m;
    o.to = str("628111");
    auto* promise = new std::promise<Outcome>;
    auto future = promise->get_future();
    gardu_completion done{};
    done.context = promise;
    done.done = [](void* c, const gardu_send_outcome* out) {
      const std::unique_ptr<std::promise<Outcome>> owned(static_cast<std::promise<Outcome>*>(c));
      owned->set_value({out->status, std::string(view(out->provider_message_id)),
                        std::string(view(out->peer_address)),
                        out->error == nullptr ? "" : out->error->provider_code,
                        out->error == nullptr ? "" : out->error->message});
    };
    plugin_.send(Outbound{o}, SendCompletion{done});
    return future;
  }
};

TEST_F(SendTest, GoesOutWithTokenAndReference) {
  std::promise<std::string> seen;
  TcpServer graph([&](TcpPeer& peer, int) {
    seen.set_value(peer.read_request());
    peer.write(
        http_answer(200, R"({"contacts":[{"wa_id":"628222"}],"messages":[{"id":"wamid.9"}]})"));
    peer.wait_for_close();
  });
  start_with(graph.url());
  connect();
  const Outcome outcome = send().get();
  EXPECT_EQ(outcome.status, GARDU_OK);
  EXPECT_EQ(outcome.id, "wamid.9");
  EXPECT_EQ(outcome.peer, "628222");
  const std::string request = seen.get_future().get();
  EXPECT_TRUE(request.starts_with("POST /v23.0/777000111/messages HTTP/1.1")) << request;
  EXPECT_NE(request.find("Authorization: Bearer EAAtoken"), std::string::npos);
  EXPECT_NE(request.find(R"("biz_opaque_callback_data":"0199aaaa-bbbb-7ccc-8ddd-0123456789ab")"),
            std::string::npos);
}

TEST_F(SendTest, TellsWhyItWasRefused) {
  TcpServer graph([](TcpPeer& peer, int) {
    while (!peer.read_request().empty())
      peer.write(http_answer(400, R"({"error":{"message":"Re-engagement","code":131047}})"));
  });
  start_with(graph.url());
  connect();
  const Outcome outcome = send().get();
  EXPECT_EQ(outcome.status, GARDU_REJECTED);
  EXPECT_EQ(outcome.code, "131047");
}

TEST_F(SendTest, WhatNeedsNoNetworkIsTold) {
  start_with(dead_url());
  EXPECT_EQ(send().get().status, GARDU_NOT_CONNECTED);  // no such account yet
  connect();
  EXPECT_EQ(send(std::string(4097, 'x')).get().status, GARDU_INVALID);
  const Outcome outcome = send().get();
  EXPECT_EQ(outcome.status, GARDU_NOT_CONNECTED);
  EXPECT_EQ(outcome.text.find("EAAtoken"), std::string::npos);
}

TEST_F(SendTest, StopCompletesWhatIsUnderWay) {
  std::promise<void> arrived;
  TcpServer graph([&](TcpPeer& peer, int) {
    peer.read_request();
    arrived.set_value();
    peer.wait_for_close();
  });
  start_with(graph.url());
  connect();
  auto outcome = send();
  arrived.get_future().wait();
  plugin_.stop();
  EXPECT_EQ(outcome.get().status, GARDU_NOT_CONNECTED);
}

}  // namespace
}  // namespace gardu::meta_cloud
