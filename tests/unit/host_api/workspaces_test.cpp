// SPDX-License-Identifier: Apache-2.0
// Workspaces, for the platform.
#include "support.hpp"

namespace gardu::host {
namespace {

using nlohmann::json;

TEST(Workspaces, OneIsMadeChangedAndRemoved) {
  Host host;
  const auto platform = host.platform_token();
  const Reply r = host.post("/api/v1/workspaces", platform,
                            {{"name", "Acme Inc."}, {"plan", "pro"}, {"settings", {{"a", 1}}}});
  ASSERT_EQ(r.status, 201) << r.body;
  EXPECT_EQ(r.json()["slug"], "acme-inc");
  EXPECT_EQ(r.json()["plan"], "pro");
  EXPECT_EQ(r.json()["status"], "active");
  const std::string path = "/api/v1/workspaces/" + r.json()["id"].get<std::string>();
  const auto changed = host.patch(path, platform, {{"name", "Acme"}, {"slug", "acme"}}).json();
  EXPECT_EQ(changed["slug"], "acme");
  EXPECT_EQ(changed["plan"], "pro");
  EXPECT_EQ(host.get(path, platform).json(), changed);
  EXPECT_EQ(host.remove(path, platform).status, 204);
  EXPECT_EQ(host.get(path, platform).status, 404);
  EXPECT_EQ(host.remove(path, platform).status, 404);
}

TEST(Workspaces, ASlugIsUniqueAndPlain) {
  Host host;
  const auto platform = host.platform_token();
  const auto make = [&](const json& body) {
    return host.post("/api/v1/workspaces", platform, body);
  };
  EXPECT_EQ(make({{"name", "A"}, {"slug", "same"}}).status, 201);
  EXPECT_EQ(make({{"name", "B"}, {"slug", "same"}}).status, 409);
  EXPECT_EQ(make({{"name", "Same"}}).status, 201);  // one that is made up gives way
  for (const char* bad : {"", "Big", "a b", "a/b", "ä"})
    EXPECT_EQ(make({{"name", "C"}, {"slug", bad}}).fields(), std::vector<std::string>{"slug"});
}

TEST(Workspaces, WhatIsWrongIsNamedByField) {
  Host host;
  const auto platform = host.platform_token();
  const struct {
    json body;
    std::vector<std::string> fields;
  } table[] = {
      {json::object(), {"name"}},
      {{{"name", std::string(201, 'n')}}, {"name"}},
      {{{"name", "x"}, {"max_accounts", -1}}, {"max_accounts"}},
      {{{"name", "x"}, {"max_accounts", 1.5}}, {"max_accounts"}},
      {{{"name", "x"}, {"max_accounts", 18446744073709551615U}}, {"max_accounts"}},
      {{{"name", "x"}, {"status", "gone"}}, {"status"}},
      {{{"name", "x"}, {"settings", "y"}}, {"settings"}},
  };
  for (const auto& c : table)
    EXPECT_EQ(host.post("/api/v1/workspaces", platform, c.body).fields(), c.fields) << c.body;
}

TEST(Workspaces, TheDaysThatAreKeptAreANumber) {
  Host host;
  const auto platform = host.platform_token();
  const std::string path = "/api/v1/workspaces/" + host.workspace("one");
  for (const json& wrong : {json("soon"), json(-1), json(1.5), json(36'501), json(nullptr)}) {
    const Reply r = host.patch(path, platform, {{"settings", {{"retention_days", wrong}}}});
    EXPECT_EQ(r.status, 422) << wrong;
    EXPECT_EQ(r.fields(), std::vector<std::string>{"settings.retention_days"}) << wrong;
  }
  EXPECT_EQ(host.patch(path, platform, {{"settings", {{"retention_days", 30}, {"own", 1}}}}).status,
            200);
}

TEST(Workspaces, ARemovedOnesTransportsAreTold) {
  Host host;
  const Tenant t(host, "one");
  const auto second = host.account(t.workspace, "+6281100000002");
  ASSERT_EQ(host.remove("/api/v1/workspaces/" + t.workspace, host.platform_token()).status, 204);
  EXPECT_EQ(host.changed, (std::vector<std::string>{t.account, second}));
}

}  // namespace
}  // namespace gardu::host
