// SPDX-License-Identifier: Apache-2.0
// Pages of other origins.
#include "support.hpp"

namespace gardu::host {
namespace {

ApiLimits with_origins(std::vector<std::string> origins) {
  ApiLimits l;
  l.cors_origins = std::move(origins);
  return l;
}

Reply preflight(Host& host, const std::string& path, const std::string& origin) {
  return host.call("OPTIONS", path, "", "",
                   {{"Origin", origin},
                    {"Access-Control-Request-Method", "POST"},
                    {"Access-Control-Request-Headers", "authorization"}});
}

TEST(Cors, APreflightIsAnsweredOnAnyRoute) {
  Host host(with_origins({"https://app.example"}));
  for (const char* path :
       {"/api/v1/messages", "/broadcasting/auth", "/api/v1/campaign/x", "/none"}) {
    const Reply r = preflight(host, path, "https://app.example");
    EXPECT_EQ(r.status, 204) << path;
    EXPECT_EQ(r.header("Access-Control-Allow-Origin"), "https://app.example") << path;
    const auto allowed = r.header("Access-Control-Allow-Headers");
    for (const char* name : {"Authorization", "Content-Type", "X-Requested-With", "X-CSRF-TOKEN",
                             "X-Socket-Id", "Idempotency-Key", "Last-Event-ID"})
      EXPECT_NE(allowed.find(name), std::string::npos) << name;
    for (const char* method : {"GET", "POST", "PATCH", "DELETE"})
      EXPECT_NE(r.header("Access-Control-Allow-Methods").find(method), std::string::npos);
  }
}

TEST(Cors, AnotherOriginGetsNoPermission) {
  Host host(with_origins({"https://app.example"}));
  const Tenant t(host, "one");
  for (const char* origin : {"https://evil.example", "https://app.example.evil", "null",
                             "http://app.example", "https://app.example:444"}) {
    const Reply r = preflight(host, "/api/v1/messages", origin);
    EXPECT_EQ(r.status, 204);
    EXPECT_FALSE(r.headers.has("Access-Control-Allow-Origin")) << origin;
    EXPECT_FALSE(host.call("GET", "/api/v1/me", t.owner, "", {{"Origin", origin}})
                     .headers.has("Access-Control-Allow-Origin"));
  }
}

TEST(Cors, AnswersAndProblemsCarryTheOrigin) {
  Host host(with_origins({"https://app.example"}));
  const Tenant t(host, "one");
  const http::Headers origin{{"Origin", "https://app.example"}};
  for (const auto& token : {t.owner, std::string()})
    for (const char* path : {"/api/v1/me", "/api/v1/none"}) {
      const Reply r = host.call("GET", path, token, "", origin);
      EXPECT_EQ(r.header("Access-Control-Allow-Origin"), "https://app.example") << r.status;
      EXPECT_EQ(r.header("Vary"), "Origin");
    }
  EXPECT_EQ(host.get("/api/v1/me", t.owner).header("Vary"), "Origin");
}

TEST(Cors, AnyOriginMayBeAllowed) {
  Host host(with_origins({"*"}));
  EXPECT_EQ(preflight(host, "/api/v1/me", "https://x").header("Access-Control-Allow-Origin"), "*");
}

TEST(Cors, WithoutConfigurationNoneIs) {
  Host host;
  const Reply r = preflight(host, "/api/v1/me", "https://x");
  EXPECT_EQ(r.status, 204);
  EXPECT_FALSE(r.headers.has("Access-Control-Allow-Origin"));
}

}  // namespace
}  // namespace gardu::host
