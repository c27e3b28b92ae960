// SPDX-License-Identifier: Apache-2.0
// Plugins' routes: where they may be, who gets through, and what their answers are given on the
// way.
#include "support.hpp"

namespace gardu::host {
namespace {

PluginRoute route(const std::string& method, const std::string& pattern, std::uint32_t auth) {
  PluginRoute r;
  r.method = method;
  r.pattern = pattern;
  r.auth = auth;
  r.handle = [](RoutedRequest in, http::Responder responder) {
    const nlohmann::json seen{{"workspace", in.workspace_id},
                              {"token", in.token_id},
                              {"name", in.principal_name},
                              {"auth", in.auth},
                              {"bearer", in.request.headers.has("Authorization")},
                              {"body", in.request.body},
                              {"params", in.params.size()}};
    responder.send(http::Response::json(200, seen.dump()));
  };
  return r;
}

TEST(PluginRoutes, OnlyBelowTheirOwnPaths) {
  Host host;
  const struct {
    const char *plugin, *pattern;
    bool fine;
  } table[] = {
      {"p", "/api/v1/p/x", true},
      {"p", "/api/v1/p/{id}/{rest...}", true},
      {"p", "/webhooks/p", true},
      {"p", "/webhooks/p/in", true},
      {"p", "/broadcasting/p", true},
      {"p", "/api/v1/q/x", false},
      {"p", "/api/v1/pq", false},
      {"p", "/webhooks/pq", false},
      {"p", "/webhooks", false},
      {"p", "/api/v1/messages", false},
      {"p", "/healthz", false},
      {"p", "/", false},
      {"p", "api/v1/p/x", false},
      {"p", "/api/v1/p/{", false},
      {"messages", "/api/v1/messages/bulk", false},
      {"plugins", "/api/v1/plugins/x/y", false},
  };
  for (const auto& c : table)
    EXPECT_EQ(host.api->add_plugin_route(c.plugin, route("POST", c.pattern, GARDU_AUTH_NONE)).ok(),
              c.fine)
        << c.plugin << " " << c.pattern;
  EXPECT_FALSE(host.api->add_plugin_route("p", route("POST", "/api/v1/p/x", GARDU_AUTH_NONE)).ok());
}

TEST(PluginRoutes, TheRolesAreChecked) {
  Host host;
  const Tenant t(host, "one");
  const std::string tokens[] = {"", t.viewer, t.agent, t.admin, t.owner};
  for (std::uint32_t auth = GARDU_AUTH_NONE; auth <= GARDU_AUTH_OWNER; ++auth) {
    const std::string path = "/api/v1/p/" + std::to_string(auth);
    ASSERT_TRUE(host.api->add_plugin_route("p", route("POST", path, auth)).ok());
    for (std::uint32_t i = 0; i < 5; ++i) {
      const Reply r = host.call("POST", path, tokens[i], "{}");
      EXPECT_EQ(r.status, auth <= i ? 200 : i == 0 ? 401 : 403) << auth << " " << i;
    }
    EXPECT_EQ(host.call("POST", path, host.platform_token(), "{}").status,
              auth == GARDU_AUTH_NONE ? 200 : 403);
  }
}

TEST(PluginRoutes, ThePluginIsToldWhoCalls) {
  Host host;
  const Tenant t(host, "one");
  ASSERT_TRUE(
      host.api->add_plugin_route("p", route("POST", "/api/v1/p/{id}", GARDU_AUTH_AGENT)).ok());
  const auto fine = host.call("POST", "/api/v1/p/7", t.admin, "raw").json();
  EXPECT_EQ(fine["workspace"], t.workspace);
  EXPECT_EQ(fine["auth"], GARDU_AUTH_ADMIN);
  EXPECT_EQ(fine["name"], "admin");
  EXPECT_EQ(fine["body"], "raw");
  EXPECT_EQ(fine["params"], 1);
  EXPECT_EQ(fine["bearer"], false);  // the token itself stays with the host
  ASSERT_TRUE(host.api->add_plugin_route("p", route("POST", "/webhooks/p", GARDU_AUTH_NONE)).ok());
  const auto open = host.call("POST", "/webhooks/p", "a-providers-own-secret").json();
  EXPECT_EQ(open["bearer"], true);
  EXPECT_EQ(open["workspace"], "");
}

TEST(PluginRoutes, ScopesAndAccountsNarrow) {
  Host host;
  const Tenant t(host, "one");
  const auto reader = host.token(t.workspace, "owner", {"read"});
  const auto narrowed = host.token(t.workspace, "owner", nullptr, {t.account});
  const struct {
    std::uint32_t auth;
    int reader;
  } table[] = {{GARDU_AUTH_VIEWER, 200}, {GARDU_AUTH_AGENT, 403}, {GARDU_AUTH_ADMIN, 403}};
  for (const auto& c : table) {
    const std::string path = "/api/v1/p/" + std::to_string(c.auth);
    ASSERT_TRUE(host.api->add_plugin_route("p", route("POST", path, c.auth)).ok());
    EXPECT_EQ(host.call("POST", path, reader).status, c.reader) << c.auth;
    EXPECT_EQ(host.call("POST", path, narrowed).status, c.auth == GARDU_AUTH_VIEWER ? 200 : 403)
        << c.auth;
  }
}

TEST(PluginRoutes, AnswersCarryWhatEveryAnswerDoes) {
  ApiLimits limits;
  limits.cors_origins = {"https://app.example"};
  Host host(limits);
  const Tenant t(host, "one");
  ASSERT_TRUE(
      host.api->add_plugin_route("p", route("POST", "/broadcasting/auth", GARDU_AUTH_VIEWER)).ok());
  const Reply r =
      host.call("POST", "/broadcasting/auth", t.viewer, "", {{"Origin", "https://app.example"}});
  EXPECT_EQ(r.status, 200);
  EXPECT_EQ(r.header("Access-Control-Allow-Origin"), "https://app.example");
  EXPECT_EQ(r.header("RateLimit-Limit"), "600");
  EXPECT_NE(host.metrics.text().find(R"(route="/broadcasting/auth",method="POST",status="2xx"} 1)"),
            std::string::npos);
}

TEST(PluginRoutes, BodyLimitAndDeadlineAreAsDeclared) {
  Host host;
  PluginRoute r = route("POST", "/webhooks/p", GARDU_AUTH_NONE);
  r.body_limit = 10;
  r.deadline = 5'000'000;
  ASSERT_TRUE(host.api->add_plugin_route("p", r).ok());
  ASSERT_TRUE(
      host.api->add_plugin_route("p", route("POST", "/webhooks/p/2", GARDU_AUTH_NONE)).ok());
  EXPECT_EQ(host.call("POST", "/webhooks/p", "", std::string(11, 'x')).status, 413);
  http::RequestHead head;
  head.method = "POST";
  head.path = "/webhooks/p";
  EXPECT_EQ(host.api->on_head(head).deadline, std::chrono::milliseconds(5000));
  head.path = "/webhooks/p/2";
  EXPECT_EQ(host.api->on_head(head).deadline, std::chrono::seconds(30));
  EXPECT_EQ(host.api->on_head(head).body_limit, ApiLimits{}.max_body);
}

TEST(PluginRoutes, AHandlerThatForgetsIsA500) {
  Host host;
  PluginRoute r = route("GET", "/webhooks/p", GARDU_AUTH_NONE);
  r.handle = [](RoutedRequest, http::Responder) {};
  ASSERT_TRUE(host.api->add_plugin_route("p", r).ok());
  EXPECT_EQ(host.get("/webhooks/p", "").status, 500);
}

TEST(PluginRoutes, OnlyTheFirstAnswerCounts) {
  Host host;
  PluginRoute r = route("GET", "/webhooks/p", GARDU_AUTH_NONE);
  r.handle = [](RoutedRequest, http::Responder responder) {
    EXPECT_TRUE(responder.send(http::Response::text(200, "first")));
    EXPECT_FALSE(responder.send(http::Response::text(201, "second")));
  };
  ASSERT_TRUE(host.api->add_plugin_route("p", r).ok());
  EXPECT_EQ(host.get("/webhooks/p", "").body, "first");
  EXPECT_EQ(host.metrics.text().find(R"(status="2xx"} 2)"), std::string::npos);
}

TEST(PluginRoutes, TheyGoWithTheirPlugin) {
  Host host;
  ASSERT_TRUE(host.api->add_plugin_route("p", route("GET", "/webhooks/p", GARDU_AUTH_NONE)).ok());
  ASSERT_TRUE(host.api->add_plugin_route("q", route("GET", "/webhooks/q", GARDU_AUTH_NONE)).ok());
  host.api->remove_plugin_routes("p");
  EXPECT_EQ(host.get("/webhooks/p", "").status, 404);
  EXPECT_EQ(host.get("/webhooks/q", "").status, 200);
  host.draining = true;
  EXPECT_EQ(host.get("/webhooks/q", "").status, 503);
}

}  // namespace
}  // namespace gardu::host
