// SPDX-License-Identifier: Apache-2.0
//
// Harness: a plugin driven as the gateway does it, from create to destroy.
#include <gtest/gtest.h>

#include <atomic>
#include <gardu/testing/harness.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace gardu::sdk_test {
namespace {

using testing::Harness;
using testing::message_received;

// Answers "ping"; with "fail" it throws after it sent; with "later" it waits a second.
class Echo final : public Plugin {
 public:
  using Plugin::Plugin;
  Status start(std::string_view settings) override {
    if (settings.find("missing") != std::string_view::npos) return Status::unconfigured("token");
    starts.emplace_back(settings);
    host().route({"GET", "/api/v1/tested/{who}/x", GARDU_AUTH_AGENT,
                  [](const HttpRequest& r, HttpReply reply) {
                    reply.send(HttpResponse::text(
                        200, std::string(r.param("who")) + "|" + std::string(r.query()) + "|" +
                                 std::string(r.header("x-a")) + "|" + r.principal().workspace_id));
                  },
                  4});
    host().route({"POST", "/webhooks/tested", GARDU_AUTH_NONE,
                  [this](const HttpRequest&, HttpReply reply) { kept.emplace(std::move(reply)); }});
    host().route({"GET", "/webhooks/tested", GARDU_AUTH_NONE,
                  [](const HttpRequest&, HttpReply) { throw std::runtime_error("route"); }});
    return {};
  }
  void stop() override {
    kept.reset();
    ++stops;
  }
  void on_message(const MessageView& m) override {
    if (m.text() == "fail") {
      host().kv().put("failed", "1");
      host().send(m.reply("undone"), [this](const Status& s) { ends.push_back(s.code()); });
      throw Failure(Status::retry("not now"));
    }
    if (m.text() == "later") {
      auto reply = m.reply("late");
      host().after(std::chrono::seconds(1), [this, reply] { host().send(reply); });
    }
    if (m.text() == "ping")
      host().send(m.reply("pong"), [this](const Status& s) { ends.push_back(s.code()); });
  }
  std::vector<std::string> starts;
  std::vector<int32_t> ends;
  std::optional<HttpReply> kept;
  int stops = 0;
};

TEST(HarnessLife, FromCreateToDestroy) {
  Harness<Echo> h;
  EXPECT_EQ(h.table(), nullptr);
  ASSERT_TRUE(h.start(R"({"a":1})").ok());
  EXPECT_EQ(h.plugin().starts, std::vector<std::string>{R"({"a":1})"});
  EXPECT_EQ(h.host().routes().size(), 3U);
  ASSERT_TRUE(h.stop().ok());
  EXPECT_TRUE(h.host().routes().empty());
  ASSERT_TRUE(h.start().ok());  // it may start again
  EXPECT_EQ(h.plugin().stops, 1);
  EXPECT_EQ(h.end(), "");
  EXPECT_EQ(h.table(), nullptr);
}

TEST(HarnessLife, AFailedStartIsStopped) {
  Harness<Echo> h;
  const Status status = h.start(R"({"missing":true})");
  EXPECT_EQ(status.code(), GARDU_UNCONFIGURED);
  EXPECT_EQ(status.message(), "token");
  EXPECT_FALSE(h.started());
  EXPECT_EQ(h.plugin().stops, 1);
  EXPECT_EQ(h.deliver(message_received("ping")).results, std::vector<int32_t>{GARDU_STOPPED});
  EXPECT_EQ(h.end(), "");
}

TEST(HarnessLife, AnyCreateFunctionWillDo) {
  testing::PluginHarness h(
      [](const gardu_host*, gardu_plugin*, gardu_error* error) -> int32_t {
        return Status::internal("cannot be").write_to(error);
      },
      {"other"});
  EXPECT_EQ(h.start().message(), "cannot be");
  EXPECT_EQ(view(h.host().table().plugin_id), "other");
  EXPECT_EQ(h.end(), "");
}

TEST(HarnessLife, ItRunsOnASmallerAndALargerHost) {
  Harness<Echo> small, large;
  small.host().smaller_host();
  large.host().larger_host();
  for (Harness<Echo>* h : {&small, &large}) {
    ASSERT_TRUE(h->start().ok());
    EXPECT_TRUE(h->deliver(message_received("ping")).ok());
    EXPECT_EQ(h->host().sent().size(), 1U);
    EXPECT_EQ(h->end(), "");
  }
}

TEST(HarnessEvents, EachHasItsStatus) {
  Harness<Echo> h;
  ASSERT_TRUE(h.start().ok());
  const auto first = h.host().filled(message_received("ping"));
  const auto d = h.deliver(first, message_received("fail"), message_received("ping"),
                           testing::unknown_event(), testing::typing(true));
  EXPECT_EQ(d.results, (std::vector<int32_t>{0, GARDU_RETRY, 0, 0, 0}));
  EXPECT_EQ(d.why.code(), GARDU_RETRY);
  ASSERT_EQ(h.host().sent().size(), 3U);  // a live subscriber's sends are not undone
  EXPECT_EQ(h.host().sent().at(0).reply_to, first.message->id);
  EXPECT_EQ(h.host().sent().at(0).contact_id, testing::fake_contact().id);
  EXPECT_EQ(h.plugin().ends, (std::vector<int32_t>{0, 0, 0}));
  EXPECT_EQ(h.end(), "");
}

TEST(HarnessEvents, ADurableFailureUndoesWhatTheHookDid) {
  testing::HarnessOptions options;
  options.delivery = Delivery::durable;
  Harness<Echo> h(options);
  ASSERT_TRUE(h.start().ok());
  const auto one = h.deliver(message_received("fail"));
  EXPECT_EQ(one.results, std::vector<int32_t>{GARDU_RETRY});
  EXPECT_TRUE(h.host().sent().empty());
  EXPECT_TRUE(h.host().kv().empty());
  EXPECT_EQ(h.plugin().ends, std::vector<int32_t>{GARDU_RETRY});
  // Of several all are undone, and come again one by one.
  h.plugin().ends.clear();
  const auto two = h.deliver(message_received("ping"), message_received("fail"));
  EXPECT_EQ(two.results, (std::vector<int32_t>{0, GARDU_RETRY}));
  EXPECT_EQ(h.host().sent().size(), 1U);
  EXPECT_EQ(h.plugin().ends,
            (std::vector<int32_t>{GARDU_RETRY, GARDU_RETRY, GARDU_OK, GARDU_RETRY}));
  EXPECT_EQ(h.end(), "");
}

TEST(HarnessEvents, TimersFireWhenTimePasses) {
  Harness<Echo> h;
  ASSERT_TRUE(h.start().ok());
  EXPECT_TRUE(h.deliver(message_received("later"), message_received("later")).ok());
  h.host().pass(Micros{999'999});
  EXPECT_TRUE(h.host().sent().empty());
  EXPECT_EQ(h.host().timers().at(0), 1);
  h.host().pass(Micros{1});
  EXPECT_EQ(h.host().sent().size(), 2U);
  EXPECT_TRUE(h.deliver(message_received("later")).ok());
  EXPECT_EQ(h.end(), "");  // dropped at stop
  EXPECT_EQ(h.host().sent().size(), 2U);
}

TEST(HarnessEvents, TheBuildersFillInWhatIsEmpty) {
  testing::FakeHost host;
  const auto e = host.filled(message_received("a \"quote\"", "+628111"));
  EXPECT_EQ(e.seq, 1);
  EXPECT_EQ(e.type_name, "message.received");
  EXPECT_EQ(e.id.size(), 36U);
  EXPECT_EQ(e.message->contact_id, e.contact_id);
  EXPECT_EQ(e.contact->phone, "+628111");
  EXPECT_NE(e.data.find(R"("text":"a \"quote\"")"), std::string::npos);
  EXPECT_NE(host.filled(message_received("a")).message->id, e.message->id);
  EXPECT_EQ(host.filled(testing::contact_presence(true)).seq, 0);
  EXPECT_EQ(host.filled(testing::own_event("tested.thing")).type_name, "tested.thing");
  EXPECT_EQ(testing::message_status("m", GARDU_STATUS_READ).data,
            R"({"message_id":"m","contact_id":")" + testing::fake_contact().id +
                R"(","status":"read","previous":"pending"})");
}

TEST(HarnessRoutes, ARequestGoesAsThroughTheGateway) {
  Harness<Echo> h;
  ASSERT_TRUE(h.start().ok());
  const auto a = h.request("GET", "/api/v1/tested/a%20b/x?q=1", "", {{"X-A", "yes"}});
  EXPECT_EQ(a.status(), 200);
  EXPECT_EQ(a.body(), "a b|q=1|yes|" + std::string(testing::kWorkspace));
  EXPECT_EQ(a.content_type(), "text/plain; charset=utf-8");
  EXPECT_EQ(h.request("GET", "/api/v1/tested/a/x", "", {}, Principal{}).status(), 401);
  Principal viewer;
  viewer.auth = GARDU_AUTH_VIEWER;
  EXPECT_EQ(h.request("GET", "/api/v1/tested/a/x", "", {}, viewer).status(), 403);
  EXPECT_EQ(h.request("GET", "/api/v1/tested/a/x", "12345").status(), 413);
  EXPECT_EQ(h.request("PUT", "/api/v1/tested/a/x").status(), 405);
  EXPECT_EQ(h.request("GET", "/api/v1/tested/a").status(), 404);
  EXPECT_EQ(h.request("GET", "/api/v1/tested//x").status(), 404);
  const auto thrown = h.request("GET", "/webhooks/tested");
  EXPECT_TRUE(thrown.dropped());
  EXPECT_EQ(thrown.status(), 500);
  EXPECT_EQ(h.end(), "");
}

TEST(HarnessRoutes, AnAnswerMayComeLaterAndFromAnotherThread) {
  Harness<Echo> h;
  ASSERT_TRUE(h.start().ok());
  const auto a = h.request("POST", "/webhooks/tested", "body");
  EXPECT_FALSE(a.answered());
  std::thread([&] { h.plugin().kept->send(HttpResponse::json(202, "{}")); }).join();
  EXPECT_EQ(a.status(), 202);
  const auto dropped = h.request("POST", "/webhooks/tested");
  EXPECT_EQ(h.end(), "");  // stop drops it
  EXPECT_TRUE(dropped.dropped());
}

// A transport with a thread of its own.
class Courier final : public Plugin, public Transport {
 public:
  using Plugin::Plugin;
  void stop() override {
    if (thread_.joinable()) thread_.join();
    waiting.clear();
  }
  gardu_transport_info describe() const override {
    gardu_transport_info info{};
    info.size = sizeof info;
    info.features = GARDU_CAN_TYPING;
    return info;
  }
  Status connect(const Account& a) override {
    if (a.credentials == "{}") return Status::unconfigured("access_token");
    Publication p;
    p.type = GARDU_EVENT_ACCOUNT_STATUS;
    p.account_id = a.id;
    p.data = R"({"status":"ready"})";
    return host().publish({p}, [this](int32_t status, PublishResults results) {
      published = status == GARDU_OK && results.size() == 1 && results[0].seq > 0;
      was_plugin_thread = host().on_plugin_thread();
    });
  }
  Status disconnect(std::string_view) override { return {}; }
  void send(const Outbound& out, SendCompletion completion) override {
    const std::string text(out.message().text());
    if (text == "throw") throw std::runtime_error("send");
    if (text == "hold") return waiting.push_back(std::move(completion));
    if (thread_.joinable()) thread_.join();
    thread_ = std::thread([id = "p." + std::string(out.message().id()), to = std::string(out.to()),
                           c = std::move(completion)]() mutable {
      c.accepted({id, "raw", to, true});
    });
  }
  void act(const Action& action, ActionCompletion completion) override {
    if (action.kind() == GARDU_ACTION_TYPING)
      completion.finish({}, R"({"shown":true})");
    else
      Transport::act(action, std::move(completion));
  }
  std::vector<SendCompletion> waiting;
  bool published = false, was_plugin_thread = true;

 private:
  std::thread thread_;
};

TEST(HarnessTransport, ConnectsSendsAndActs) {
  Harness<Courier> h;
  ASSERT_TRUE(h.start().ok());
  ASSERT_TRUE(h.is_transport());
  EXPECT_EQ(h.describe().features, uint64_t{GARDU_CAN_TYPING});
  EXPECT_EQ(h.connect().code(), GARDU_UNCONFIGURED);
  EXPECT_TRUE(h.connect(testing::fake_account(R"({"access_token":"x"})")).ok());
  EXPECT_EQ(h.host().published().at(0).data, R"({"status":"ready"})");
  EXPECT_TRUE(h.plugin().published);
  EXPECT_FALSE(h.plugin().was_plugin_thread);

  const auto sent = h.send(testing::outbound_text("hi", "+628111"));
  ASSERT_TRUE(h.host().wait([&] { return sent.told(); }));
  EXPECT_TRUE(sent.status().ok());
  EXPECT_EQ(sent.raw_id(), "raw");
  EXPECT_EQ(sent.peer_address(), "+628111");
  EXPECT_TRUE(sent.confirmed());
  EXPECT_EQ(h.send(testing::outbound_text("throw")).status().code(), GARDU_INTERNAL);
  const auto held = h.send(testing::outbound_text("hold"));
  EXPECT_FALSE(held.told());

  testing::FakeAction action;
  action.kind = GARDU_ACTION_TYPING;
  EXPECT_EQ(h.act(action).data(), R"({"shown":true})");
  action.kind = GARDU_ACTION_LOGOUT;
  EXPECT_EQ(h.act(action).status().code(), GARDU_UNSUPPORTED);
  EXPECT_TRUE(h.disconnect().ok());
  EXPECT_EQ(h.end(), "");
  EXPECT_EQ(held.status().code(), GARDU_INTERNAL);  // dropped by stop
}

TEST(HarnessTransport, WhatIsNoTransportSaysSo) {
  Harness<Echo> h;
  ASSERT_TRUE(h.start().ok());
  EXPECT_FALSE(h.is_transport());
  EXPECT_EQ(h.connect().code(), GARDU_UNSUPPORTED);
  EXPECT_EQ(h.send(testing::outbound_text("x")).status().code(), GARDU_UNSUPPORTED);
  EXPECT_EQ(h.act({}).status().code(), GARDU_UNSUPPORTED);
}

}  // namespace
}  // namespace gardu::sdk_test
