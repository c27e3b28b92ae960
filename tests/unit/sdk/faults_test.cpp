// SPDX-License-Identifier: Apache-2.0
//
// What the contract forbids is noted by the FakeHost, with the function and the rule. The plugins
// here are wrong on purpose.
#include <gtest/gtest.h>

#include <functional>
#include <gardu/testing/harness.hpp>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace gardu::sdk_test {
namespace {

using testing::message_received;

// Does in each hook what the test put here.
struct Wrongs {
  std::function<void(const Host&)> in_constructor, in_start, in_stop, in_destructor;
  std::function<void(const Host&, const EventView&)> on_event;
  std::function<void(const Host&, HttpReply)> on_request;
};
Wrongs* g_wrongs = nullptr;  // of the running test: create takes no argument of ours

class Wrong final : public Plugin {
 public:
  explicit Wrong(const gardu_host& host) : Plugin(host) { run(g_wrongs->in_constructor); }
  ~Wrong() override { run(g_wrongs->in_destructor); }
  Status start(std::string_view) override {
    run(g_wrongs->in_start);
    return {};
  }
  void stop() override { run(g_wrongs->in_stop); }
  void on_event(const EventView& e) override {
    if (g_wrongs->on_event) g_wrongs->on_event(host(), e);
  }

 private:
  void run(const std::function<void(const Host&)>& f) const {
    if (f) f(host());
  }
};

class Faults : public ::testing::Test {
 protected:
  Faults() { g_wrongs = &wrongs_; }
  ~Faults() override {
    h_.destroy();
    g_wrongs = nullptr;
  }
  // The one fault, at its beginning.
  void expect_fault(const std::string& begin) {
    const auto faults = h_.host().faults();
    ASSERT_EQ(faults.size(), 1U) << h_.host().fault_text();
    EXPECT_EQ(faults.at(0).substr(0, begin.size()), begin) << faults.at(0);
  }
  Wrongs wrongs_;
  testing::Harness<Wrong> h_;
};

TEST_F(Faults, NoneWhereNothingIsWrong) {
  wrongs_.in_constructor = [](const Host& host) {
    host.info("made");
    (void)host.secret("s");
    host.counter("n", "N").add();
  };
  ASSERT_TRUE(h_.start().ok());
  EXPECT_EQ(h_.end(), "");
}

TEST_F(Faults, WorkBeforeStart) {
  int32_t code = GARDU_OK;
  wrongs_.in_constructor = [&](const Host& host) { code = host.publish({}).code(); };
  ASSERT_TRUE(h_.create().ok());
  EXPECT_EQ(code, GARDU_STOPPED);
  expect_fault("gardu.publish/1 publish: called before start (it is [started])");
}

TEST_F(Faults, ARouteBeforeStart) {
  wrongs_.in_constructor = [](const Host& host) {
    EXPECT_THROW(host.route({"GET", "/webhooks/tested", GARDU_AUTH_NONE, {}}), Failure);
  };
  ASSERT_TRUE(h_.create().ok());
  expect_fault("gardu.http-routes/1 add: called before start");
}

TEST_F(Faults, ACallAfterStop) {
  wrongs_.in_destructor = [](const Host& host) { host.info("good night"); };
  ASSERT_TRUE(h_.start().ok());
  h_.destroy();
  expect_fault("gardu.log/1 log: called after stop had returned");
}

TEST_F(Faults, AMigrationAfterStart) {
  wrongs_.on_event = [](const Host& host, const EventView&) {
    host.db().migrate({{1, "a", "create table tested_a (id bigint);"}});
  };
  ASSERT_TRUE(h_.start().ok());
  EXPECT_FALSE(h_.deliver(message_received("x")).ok());
  expect_fault("gardu.db/1 migrate: called while started (in start)");
}

TEST_F(Faults, AMigrationAfterAStatement) {
  wrongs_.in_start = [](const Host& host) {
    host.db().execute("delete from tested_a");
    host.db().migrate({{1, "a", "create table tested_a (id bigint);"}});
  };
  ASSERT_TRUE(h_.start().ok());
  expect_fault("gardu.db/1 migrate: called after a statement");
}

TEST_F(Faults, ThePluginsThreadIsOne) {
  wrongs_.on_event = [](const Host& host, const EventView&) {
    std::thread([&] {
      (void)host.counter("n", "N");
      host.info("this may be done anywhere");
    }).join();
  };
  ASSERT_TRUE(h_.start().ok());
  EXPECT_TRUE(h_.deliver(message_received("x")).ok());
  expect_fault("gardu.metrics/1 define: called on a thread that is not the plugin's");
}

TEST_F(Faults, TheEndOfAPublishIsNotThePluginsThread) {
  wrongs_.on_event = [](const Host& host, const EventView&) {
    (void)host.publish({}, [&host](int32_t, PublishResults) {
      host.route({"GET", "/webhooks/tested", GARDU_AUTH_NONE, {}});
    });
  };
  ASSERT_TRUE(h_.start().ok());
  EXPECT_TRUE(h_.deliver(message_received("x")).ok());
  expect_fault("gardu.http-routes/1 add: called on a thread that is not the plugin's");
}

TEST_F(Faults, APathOfSomebodyElse) {
  wrongs_.in_start = [](const Host& host) {
    for (const char* path : {"/api/v1/messages", "/webhooks/testedly", "/broadcasting"})
      EXPECT_THROW(host.route({"GET", path, GARDU_AUTH_NONE, {}}), Failure);
    host.route({"GET", "/broadcasting/auth", GARDU_AUTH_NONE, {}});
    host.route({"GET", "/api/v1/tested", GARDU_AUTH_NONE, {}});
    EXPECT_THROW(host.route({"GET", "/api/v1/tested", GARDU_AUTH_NONE, {}}), Failure);  // taken
  };
  ASSERT_TRUE(h_.start().ok());
  EXPECT_EQ(h_.host().faults().size(), 3U);
  EXPECT_NE(h_.end().find("/webhooks/testedly is not a path that this plugin may claim"),
            std::string::npos);
}

TEST_F(Faults, AnEventThatIsNeverReleased) {
  const gardu_event* kept = nullptr;
  wrongs_.on_event = [&](const Host& host, const EventView& e) {
    kept = host.raw().retain(host.raw().context, &e.raw());
  };
  ASSERT_TRUE(h_.start().ok());
  EXPECT_TRUE(h_.deliver(message_received("x")).ok());
  EXPECT_EQ(h_.host().retained(), 1U);
  EXPECT_EQ(view(kept->message->text), "x");
  h_.destroy();
  expect_fault("destroy: the event with seq 1 is still retained");
}

TEST_F(Faults, AViewThatIsKept) {
  const gardu_event* kept = nullptr;
  wrongs_.on_event = [&](const Host& host, const EventView& e) {
    if (kept == nullptr)
      kept = &e.raw();
    else
      host.raw().retain(host.raw().context, kept);
  };
  ASSERT_TRUE(h_.start().ok());
  EXPECT_TRUE(h_.deliver(message_received("x")).ok());
  EXPECT_TRUE(h_.deliver(message_received("y")).ok());
  expect_fault("gardu_host retain: of no event that is shown or kept");
}

TEST_F(Faults, OneReleaseTooMany) {
  wrongs_.on_event = [](const Host& host, const EventView& e) {
    const Event once(host.raw(), e);
    host.raw().release(host.raw().context, &e.raw());
  };
  ASSERT_TRUE(h_.start().ok());
  EXPECT_TRUE(h_.deliver(message_received("x")).ok());
  expect_fault("gardu_host release: of an event that is not kept");
}

TEST_F(Faults, ALoopOverARefusal) {
  wrongs_.on_event = [](const Host& host, const EventView&) {
    while (host.publish({}).code() == GARDU_FULL) {
    }
  };
  ASSERT_TRUE(h_.start().ok());
  h_.host().refuse(GARDU_EXT_PUBLISH, GARDU_FULL);
  EXPECT_TRUE(h_.deliver(message_received("x")).ok());  // it comes to an end
  expect_fault("gardu.publish/1 publish: refused with GARDU_FULL and called again more than 1000");
}

TEST_F(Faults, ASecretInALineOrAnError) {
  h_.host().mark_secret("hunter2");
  wrongs_.on_event = [](const Host& host, const EventView& e) {
    if (e.message().text() == "log") host.info("the password is hunter2");
    if (e.message().text() == "own") host.info("key: " + host.secret("key"));
  };
  ASSERT_TRUE(h_.start().ok());
  EXPECT_TRUE(h_.deliver(message_received("log")).ok());
  expect_fault("gardu.log/1 log: contains a secret");
  h_.host().forgive();
  EXPECT_TRUE(h_.deliver(message_received("own")).ok());
  expect_fault("gardu.log/1 log: contains a secret");
  h_.host().forgive();
  ASSERT_TRUE(h_.stop().ok());
  wrongs_.in_start = [](const Host&) { throw Failure(Status::auth("not with hunter2")); };
  EXPECT_EQ(h_.start().code(), GARDU_AUTH);
  expect_fault("start's error: contains a secret");
}

TEST_F(Faults, StructsThatAreTooShort) {
  wrongs_.on_event = [](const Host& host, const EventView&) {
    const gardu_host& t = host.raw();
    const auto* send = static_cast<const gardu_host_send*>(t.extension(t.context, GARDU_EXT_SEND));
    gardu_send_request request{};
    request.size = offsetof(gardu_send_request, scheduled_at);
    char id[40];
    EXPECT_EQ(send->send(t.context, &request, id, nullptr, nullptr, nullptr), GARDU_INVALID);
    const auto* publish =
        static_cast<const gardu_host_publish*>(t.extension(t.context, GARDU_EXT_PUBLISH));
    gardu_publication item{};
    item.size = 8;
    const gardu_publication* items[] = {&item};
    EXPECT_EQ(publish->publish(t.context, items, 1, nullptr, nullptr, nullptr), GARDU_INVALID);
  };
  ASSERT_TRUE(h_.start().ok());
  EXPECT_TRUE(h_.deliver(message_received("x")).ok());
  const auto faults = h_.host().faults();
  ASSERT_EQ(faults.size(), 2U);
  EXPECT_EQ(
      faults.at(0).rfind("gardu.send/1 send: gardu_send_request is shorter than version 1", 0), 0U);
  EXPECT_EQ(
      faults.at(1).rfind("gardu.publish/1 publish: gardu_publication is shorter than version 1", 0),
      0U);
}

TEST_F(Faults, TextThatIsNone) {
  wrongs_.on_event = [](const Host& host, const EventView&) {
    host.info("\xff");
    const auto* log =
        static_cast<const gardu_host_log*>(host.raw().extension(host.raw().context, GARDU_EXT_LOG));
    log->log(host.raw().context, GARDU_LOG_INFO, {nullptr, 3});
  };
  ASSERT_TRUE(h_.start().ok());
  EXPECT_TRUE(h_.deliver(message_received("x")).ok());
  const auto faults = h_.host().faults();
  ASSERT_EQ(faults.size(), 2U);
  EXPECT_EQ(faults.at(0), "gardu.log/1 log: message is not UTF-8 (abi.h, rule 3)");
  EXPECT_EQ(faults.at(1), "gardu.log/1 log: message has a size but no data (abi.h, rule 3)");
}

// A route of C, so that nothing of the C++ layer answers for it.
struct Replies {
  static inline gardu_http_reply kept;  // the last; a plugin in C keeps it where it likes
  static void keep(void*, const gardu_http_request*, const gardu_http_reply* r) { kept = *r; }
  static void mount(const Host& host) {
    const auto* routes = static_cast<const gardu_host_http_routes*>(
        host.raw().extension(host.raw().context, GARDU_EXT_HTTP_ROUTES));
    gardu_route route{};
    route.size = sizeof route;
    route.method = str("GET");
    route.pattern = str("/webhooks/tested");
    route.handle = &keep;
    EXPECT_EQ(routes->add(host.raw().context, &route, nullptr), GARDU_OK);
  }
};

TEST_F(Faults, AReplyThatIsNeverAnswered) {
  wrongs_.in_start = [](const Host& host) { Replies::mount(host); };
  ASSERT_TRUE(h_.start().ok());
  EXPECT_FALSE(h_.request("GET", "/webhooks/tested").answered());
  ASSERT_TRUE(h_.stop().ok());
  expect_fault("the reply to GET /webhooks/tested: never told, also not by the end of stop");
}

TEST_F(Faults, AReplyThatIsAnsweredTwice) {
  wrongs_.in_start = [](const Host& host) { Replies::mount(host); };
  ASSERT_TRUE(h_.start().ok());
  const auto answer = h_.request("GET", "/webhooks/tested");
  gardu_http_response response{};
  response.size = sizeof response;
  response.status = 204;
  Replies::kept.send(Replies::kept.context, &response);
  Replies::kept.drop(Replies::kept.context);
  EXPECT_EQ(answer.status(), 204);
  expect_fault("the reply to GET /webhooks/tested: told twice");
}

}  // namespace
}  // namespace gardu::sdk_test
