// SPDX-License-Identifier: Apache-2.0
// What waits, and what runs.
#include "support.hpp"

namespace gardu::host {
namespace {

TEST(Operation, TheOutboxIsFilteredByStateAndAccount) {
  Host host;
  const Tenant t(host, "one");
  const auto other = host.account(t.workspace, "+6281100000002");
  ASSERT_EQ(
      host.post("/api/v1/messages", t.agent, {{"contact_id", t.contact}, {"text", "x"}}).status,
      202);
  const auto count = [&](const std::string& query) {
    return host.get("/api/v1/outbox?" + query, t.viewer).json()["data"].size();
  };
  EXPECT_EQ(count(""), 1U);
  EXPECT_EQ(count("state=queued&account_id=" + t.account), 1U);
  EXPECT_EQ(count("state=held"), 0U);
  EXPECT_EQ(count("account_id=" + other), 0U);
}

TEST(Operation, PluginsShowTheirState) {
  Host host;
  const Tenant t(host, "one");
  PluginView view;
  view.id = "loopback";
  view.name = "Loopback";
  view.state = "failed";
  view.reason = "no start today";
  view.roles = {"transport"};
  view.mailbox = 3;
  host.plugins = {view};
  const auto list = host.get("/api/v1/plugins", t.admin).json();
  ASSERT_EQ(list["data"].size(), 1U);
  EXPECT_EQ(list["next_cursor"], nullptr);
  const auto one = host.get("/api/v1/plugins/loopback", host.platform_token()).json();
  nlohmann::json brief = one;
  brief.erase("backlog");
  brief.erase("settings");
  EXPECT_EQ(brief, list["data"][0]);
  EXPECT_EQ(one["reason"], "no start today");
  EXPECT_EQ(one["last_error"], nullptr);
  EXPECT_EQ(one["mailbox"], 3);
  EXPECT_EQ(host.get("/api/v1/plugins/other", t.admin).status, 404);
}

TEST(Operation, HealthAsksForNoToken) {
  Host host;
  EXPECT_EQ(host.get("/healthz", "").status, 200);
  EXPECT_EQ(host.get("/readyz", "").json()["parts"]["storage"]["ready"], true);
  const Reply metrics = host.get("/metrics", "");
  EXPECT_EQ(metrics.status, 200);
  EXPECT_EQ(metrics.header("Content-Type").rfind("text/plain", 0), 0U);
}

}  // namespace
}  // namespace gardu::host
