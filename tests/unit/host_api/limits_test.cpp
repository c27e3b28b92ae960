// SPDX-License-Identifier: Apache-2.0
// Rates, draining, and what the metrics say of it.
#include "support.hpp"

namespace gardu::host {
namespace {

TEST(Limits, ATokensRequestsAreCounted) {
  ApiLimits limits;
  limits.requests_per_minute = 3;
  Host host(limits);
  const Tenant t(host, "one");
  for (int left = 2; left >= 0; --left) {
    const Reply r = host.get("/api/v1/me", t.viewer);
    EXPECT_EQ(r.status, 200);
    EXPECT_EQ(r.header("RateLimit-Limit"), "3");
    EXPECT_EQ(r.header("RateLimit-Remaining"), std::to_string(left));
    EXPECT_FALSE(r.header("RateLimit-Reset").empty());
  }
  const Reply r = host.get("/api/v1/me", t.viewer);
  EXPECT_EQ(r.status, 429);
  EXPECT_EQ(r.header("RateLimit-Remaining"), "0");
  EXPECT_EQ(r.header("Retry-After"), r.header("RateLimit-Reset"));
  // Another token of the same workspace is not held back.
  EXPECT_EQ(host.get("/api/v1/me", t.agent).status, 200);
}

TEST(Limits, RefusalsCountToo) {
  ApiLimits limits;
  limits.requests_per_minute = 2;
  Host host(limits);
  const Tenant t(host, "one");
  EXPECT_EQ(host.get("/api/v1/tokens", t.viewer).status, 403);
  EXPECT_EQ(host.get("/api/v1/tokens", t.viewer).status, 403);
  EXPECT_EQ(host.get("/api/v1/tokens", t.viewer).status, 429);
}

TEST(Limits, AWorkspacesSendsADayAreCountedOverItsTokens) {
  ApiLimits limits;
  limits.sends_per_day = 2;
  Host host(limits);
  const Tenant a(host, "a"), b(host, "b");
  const nlohmann::json body{{"contact_id", a.contact}, {"text", "x"}};
  EXPECT_EQ(host.post("/api/v1/messages", a.agent, body, {{"Idempotency-Key", "k"}}).status, 202);
  // What was answered before, or is refused, is no send.
  EXPECT_EQ(host.post("/api/v1/messages", a.agent, body, {{"Idempotency-Key", "k"}}).status, 202);
  EXPECT_EQ(host.post("/api/v1/messages", a.agent, {{"text", "x"}}).status, 422);
  EXPECT_EQ(host.post("/api/v1/messages", a.admin, body).status, 202);
  const Reply r = host.post("/api/v1/messages", a.owner, body);
  EXPECT_EQ(r.status, 429);
  EXPECT_GT(std::stoi(r.header("Retry-After")), 3600);
  EXPECT_EQ(
      host.post("/api/v1/messages", b.agent, {{"contact_id", b.contact}, {"text", "x"}}).status,
      202);
}

TEST(Limits, AWindowHasSoManyAndThenNone) {
  Rates rates;
  EXPECT_TRUE(rates.take("a", 1, std::chrono::hours(1)).allowed);
  const auto refused = rates.take("a", 1, std::chrono::hours(1));
  EXPECT_FALSE(refused.allowed);
  EXPECT_EQ(refused.remaining, 0);
  EXPECT_TRUE(rates.take("b", 1, std::chrono::hours(1)).allowed);
  EXPECT_TRUE(rates.take("a", 0, std::chrono::hours(1)).allowed);  // no limit
}

TEST(Limits, WhileDrainingOnlyHealthAnswers) {
  Host host;
  const Tenant t(host, "one");
  EXPECT_EQ(host.get("/readyz", "").json()["status"], "ready");
  host.draining = true;
  const Reply r = host.get("/api/v1/me", t.owner);
  EXPECT_EQ(r.status, 503);
  EXPECT_FALSE(r.header("Retry-After").empty());
  EXPECT_EQ(host.get("/healthz", "").status, 200);
  EXPECT_EQ(host.get("/readyz", "").status, 503);
  EXPECT_EQ(host.get("/readyz", "").json()["status"], "draining");
}

TEST(Limits, AFullPoolSaysSo) {
  WorkerPool pool(1, 1);
  std::mutex gate;
  std::condition_variable changed;
  bool started = false, go = false;
  ASSERT_TRUE(pool.post([&] {
    std::unique_lock lock(gate);
    started = true;
    changed.notify_all();
    changed.wait(lock, [&] { return go; });
  }));
  {
    std::unique_lock lock(gate);
    changed.wait(lock, [&] { return started; });
  }
  bool ran = false;
  EXPECT_TRUE(pool.post([&] { ran = true; }));
  EXPECT_FALSE(pool.post([] {}));
  {
    const std::lock_guard lock(gate);
    go = true;
  }
  changed.notify_all();
  pool.stop();
  EXPECT_TRUE(ran);  // what was taken is finished
  EXPECT_FALSE(pool.post([] {}));
}

TEST(Limits, RequestsAreCountedByRouteMethodAndStatus) {
  Host host;
  const Tenant t(host, "one");
  host.get("/api/v1/contacts/" + t.contact, t.viewer);
  host.get("/api/v1/contacts/" + t.account, t.viewer);
  host.get("/api/v1/me", "");
  const std::string text = host.get("/metrics", "").body;
  for (const char* line :
       {R"(gardu_http_requests_total{route="/api/v1/contacts/{id}",method="GET",status="2xx"} 1)",
        R"(gardu_http_requests_total{route="/api/v1/contacts/{id}",method="GET",status="4xx"} 1)",
        R"(gardu_http_requests_total{route="/api/v1/me",method="GET",status="4xx"} 1)"})
    EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
}

}  // namespace
}  // namespace gardu::host
