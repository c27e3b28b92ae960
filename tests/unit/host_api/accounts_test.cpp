// SPDX-License-Identifier: Apache-2.0
// Accounts: credentials go in sealed and never come out, and transports hear of every change.
#include "storage/accounts.hpp"
#include "support.hpp"

namespace gardu::host {
namespace {

using nlohmann::json;

const json kNew{{"transport", "loopback"}, {"name", "Shop"}, {"address", "+6281100000009"}};

TEST(Accounts, CredentialsAreSealedAndWriteOnly) {
  Host host;
  const Tenant t(host, "one");
  json body = kNew;
  body["credentials"] = {{"access_token", "very-secret"}};
  const Reply r = host.post("/api/v1/accounts", t.admin, body);
  ASSERT_EQ(r.status, 201) << r.body;
  EXPECT_FALSE(r.json().contains("credentials"));
  EXPECT_EQ(r.body.find("secret"), std::string::npos);
  const std::string id = r.json()["id"];
  EXPECT_EQ(host.changed, std::vector<std::string>{id});
  const auto stored = [&] {
    return host.database
        .query([&](storage::Session& s) { return storage::accounts::get(s, t.workspace, id); })
        .value();
  };
  EXPECT_EQ(stored().credentials.value_or("").rfind("sealed:" + id, 0), 0U);
  EXPECT_EQ(stored().key_id, "key-1");
  const std::string path = "/api/v1/accounts/" + id;
  EXPECT_EQ(host.get(path, t.viewer).body.find("sealed"), std::string::npos);
  // A change of something else leaves them; null takes them away.
  EXPECT_EQ(host.patch(path, t.admin, {{"name", "Shop 2"}}).json()["name"], "Shop 2");
  EXPECT_TRUE(stored().credentials);
  EXPECT_EQ(host.patch(path, t.admin, {{"credentials", nullptr}}).status, 200);
  EXPECT_FALSE(stored().credentials);
  EXPECT_EQ(host.changed.size(), 3U);
}

TEST(Accounts, WhatIsWrongIsNamedByField) {
  Host host;
  const Tenant t(host, "one");
  const auto with = [](const char* name, json value) {
    json body = kNew;
    body[name] = std::move(value);
    return body;
  };
  const struct {
    json body;
    std::vector<std::string> fields;
  } table[] = {
      {json::object(), {"transport", "name", "address"}},
      {with("transport", "carrier_pigeon"), {"transport"}},
      {with("name", ""), {"name"}},
      {with("address", 5), {"address"}},
      {with("address", std::string(161, '1')), {"address"}},
      {with("credentials", "text"), {"credentials"}},
      {with("limits", json::array()), {"limits"}},
      {with("in_doubt", "guess"), {"in_doubt"}},
      {with("metadata", 1), {"metadata"}},
  };
  for (const auto& c : table) {
    const Reply r = host.post("/api/v1/accounts", t.admin, c.body);
    EXPECT_EQ(r.status, 422) << c.body;
    EXPECT_EQ(r.fields(), c.fields) << c.body;
  }
  EXPECT_TRUE(host.changed.empty());
}

TEST(Accounts, TheSameAddressTwiceIsAConflict) {
  Host host;
  const Tenant a(host, "a"), b(host, "b");
  EXPECT_EQ(host.post("/api/v1/accounts", a.admin, kNew).status, 201);
  const Reply r = host.post("/api/v1/accounts", a.admin, kNew);
  EXPECT_EQ(r.status, 409) << r.body;
  EXPECT_EQ(r.body.find("UNIQUE"), std::string::npos);  // nothing of the engine's words
  EXPECT_EQ(host.post("/api/v1/accounts", b.admin, kNew).status, 201);
}

TEST(Accounts, ThePlanLimitsHowMany) {
  Host host;
  const Tenant t(host, "one");
  ASSERT_EQ(
      host.patch("/api/v1/workspaces/" + t.workspace, host.platform_token(), {{"max_accounts", 1}})
          .status,
      200);
  EXPECT_EQ(host.post("/api/v1/accounts", t.admin, kNew).status, 409);
}

TEST(Accounts, ARemovedOneIsGoneAndItsTransportTold) {
  Host host;
  const Tenant t(host, "one");
  EXPECT_EQ(host.remove("/api/v1/accounts/" + t.account, t.admin).status, 204);
  EXPECT_EQ(host.changed, std::vector<std::string>{t.account});
  EXPECT_EQ(host.get("/api/v1/accounts/" + t.account, t.admin).status, 404);
  EXPECT_EQ(host.get("/api/v1/contacts/" + t.contact, t.admin).status, 404);
}

}  // namespace
}  // namespace gardu::host
