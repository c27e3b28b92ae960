// SPDX-License-Identifier: Apache-2.0
//
// HttpReply and routes: answered or dropped, exactly once, also when a handler throws.
#include <gtest/gtest.h>

#include <array>
#include <gardu/host.hpp>
#include <gardu/testing/fake_host.hpp>
#include <optional>
#include <stdexcept>
#include <string>

namespace gardu::sdk_test {
namespace {

struct Answers {
  int sent = 0, dropped = 0, status = 0;
  std::string body, type, headers;

  gardu_http_reply reply() {
    gardu_http_reply r{};
    r.size = sizeof r;
    r.context = this;
    r.send = [](void* context, const gardu_http_response* response) {
      auto& self = *static_cast<Answers*>(context);
      ++self.sent;
      self.status = response->status;
      self.body = view(response->body);
      self.type = view(response->content_type);
      for (std::uint32_t i = 0; i < response->header_count; ++i)
        self.headers += std::string(view(response->headers[i].name)) + ": " +
                        std::string(view(response->headers[i].value)) + "\n";
    };
    r.drop = [](void* context) { ++static_cast<Answers*>(context)->dropped; };
    return r;
  }
};

TEST(Reply, SentOnce) {
  Answers answers;
  {
    HttpReply reply(answers.reply());
    HttpResponse response = HttpResponse::json(202, "{}");
    response.headers.emplace_back("Retry-After", "1");
    reply.send(response);
    reply.send(HttpResponse::text(500, "again"));
  }
  EXPECT_EQ(answers.sent, 1);
  EXPECT_EQ(answers.dropped, 0);
  EXPECT_EQ(answers.status, 202);
  EXPECT_EQ(answers.body, "{}");
  EXPECT_EQ(answers.type, "application/json");
  EXPECT_EQ(answers.headers, "Retry-After: 1\n");
}

TEST(Reply, DroppedOnceWhenForgotten) {
  Answers answers;
  {
    HttpReply first(answers.reply());
    const HttpReply second(std::move(first));
  }
  EXPECT_EQ(answers.sent, 0);
  EXPECT_EQ(answers.dropped, 1);
}

TEST(Reply, AssignmentDropsWhatItReplaces) {
  Answers old_one, new_one;
  {
    HttpReply reply(old_one.reply());
    HttpReply other(new_one.reply());
    reply = std::move(other);
    reply.send(HttpResponse::text(200, "new"));
  }
  EXPECT_EQ(new_one.sent, 1);
  EXPECT_EQ(new_one.dropped, 0);
  EXPECT_EQ(old_one.sent, 0);
  EXPECT_EQ(old_one.dropped, 1);
}

class Routes : public ::testing::Test {
 protected:
  void call(std::size_t route, const gardu_http_request& request) {
    const gardu_http_reply reply = answers_.reply();
    const auto mounted = fake_.routes().at(route);
    mounted.handle(mounted.user, &request, &reply);
  }
  testing::FakeHost fake_;
  Host host_{fake_.table()};
  Answers answers_;
};

TEST_F(Routes, AHandlerSeesTheRequest) {
  const std::array<gardu_header, 1> headers{{{str("X-Hub-Signature"), str("sha256=1")}}};
  const std::array<gardu_header, 1> params{{{str("name"), str("a b")}}};
  gardu_principal principal{};
  principal.size = sizeof principal;
  principal.auth = GARDU_AUTH_AGENT;
  principal.workspace_id = str("w");
  gardu_http_request request{};
  request.size = sizeof request;
  request.method = str("POST");
  request.body = str("raw");
  request.headers = headers.data();
  request.header_count = 1;
  request.params = params.data();
  request.param_count = 1;
  request.principal = &principal;

  host_.route({"POST", "/api/v1/tested/{name}", GARDU_AUTH_AGENT,
               [](const HttpRequest& r, HttpReply reply) {
                 const Principal p = r.principal();
                 EXPECT_EQ(p.auth, GARDU_AUTH_AGENT);
                 EXPECT_EQ(p.workspace_id, "w");
                 reply.send(HttpResponse::text(
                     200, std::string(r.method()) + " " + std::string(r.param("name")) + " " +
                              std::string(r.header("x-hub-signature")) + " " +
                              std::string(r.body()) + std::string(r.header("absent")) +
                              std::string(r.param("absent"))));
               },
               10, std::chrono::seconds(3)});
  EXPECT_EQ(fake_.routes().at(0).body_limit, 10U);
  EXPECT_EQ(fake_.routes().at(0).deadline, 3000000);
  EXPECT_EQ(fake_.routes().at(0).pattern, "/api/v1/tested/{name}");
  call(0, request);
  EXPECT_EQ(answers_.body, "POST a b sha256=1 raw");
}

TEST_F(Routes, AHandlerThatThrowsIsA500AndALine) {
  host_.route({"GET", "/api/v1/tested/x", GARDU_AUTH_VIEWER,
               [](const HttpRequest&, HttpReply) { throw std::runtime_error("oh"); }, 0,
               Micros{0}});
  gardu_http_request request{};
  request.size = sizeof request;
  call(0, request);
  EXPECT_EQ(answers_.dropped, 1);
  EXPECT_EQ(answers_.sent, 0);
  EXPECT_EQ(fake_.logs().size(), 1U);
  EXPECT_EQ(fake_.logs().at(0).text, "a route threw: oh");
}

TEST_F(Routes, AReplyMayOutliveItsHandler) {
  std::optional<HttpReply> kept;
  host_.route({"GET", "/api/v1/tested/later", GARDU_AUTH_VIEWER,
               [&](const HttpRequest&, HttpReply reply) { kept.emplace(std::move(reply)); }, 0,
               Micros{0}});
  gardu_http_request request{};
  request.size = sizeof request;
  call(0, request);
  EXPECT_EQ(answers_.sent + answers_.dropped, 0);
  kept->send(HttpResponse::text(200, "late"));
  kept.reset();
  EXPECT_EQ(answers_.sent, 1);
  EXPECT_EQ(answers_.dropped, 0);
}

TEST_F(Routes, ARefusedRouteThrows) {
  EXPECT_THROW(host_.route({"GET", "/elsewhere", GARDU_AUTH_NONE, {}, 0, Micros{0}}), Failure);
}

}  // namespace
}  // namespace gardu::sdk_test
