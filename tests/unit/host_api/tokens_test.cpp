// SPDX-License-Identifier: Apache-2.0
// A workspace's tokens: shown once, revoked at once, and never more than who made them.
#include "support.hpp"

namespace gardu::host {
namespace {

using nlohmann::json;

TEST(Tokens, OneIsMadeUsedAndRevoked) {
  Host host;
  const Tenant t(host, "one");
  const Reply r = host.post("/api/v1/tokens", t.admin,
                            {{"name", "crm"}, {"role", "agent"}, {"scopes", {"read", "send"}}});
  ASSERT_EQ(r.status, 201) << r.body;
  const std::string token = r.json()["token"], id = r.json()["id"];
  EXPECT_EQ(r.json()["scopes"], (json{"read", "send"}));
  EXPECT_EQ(host.get("/api/v1/me", token).json()["name"], "crm");
  EXPECT_EQ(host.get("/api/v1/tokens", t.admin).body.find(token), std::string::npos);
  EXPECT_EQ(host.remove("/api/v1/tokens/" + id, t.admin).status, 204);
  EXPECT_EQ(host.get("/api/v1/me", token).status, 401);
  EXPECT_EQ(host.remove("/api/v1/tokens/" + id, t.admin).status, 404);
}

TEST(Tokens, NoneIsMoreThanItsMaker) {
  Host host;
  const Tenant t(host, "one");
  const auto other = host.account(t.workspace, "+6281100000002");
  const auto scoped = host.token(t.workspace, "admin", {"manage"});
  const auto narrowed = host.token(t.workspace, "admin", nullptr, {t.account});
  const json plain{{"name", "x"}, {"role", "viewer"}};
  const auto with = [&](const char* name, json value) {
    json body = plain;
    body[name] = std::move(value);
    return body;
  };
  const struct {
    const char* what;
    std::string maker;
    json body;
    int status;
  } table[] = {
      {"an admin makes no owner", t.admin, with("role", "owner"), 403},
      {"an admin makes an admin", t.admin, with("role", "admin"), 201},
      {"an owner makes an owner", t.owner, with("role", "owner"), 201},
      {"scopes are not shed", scoped, plain, 403},
      {"scopes are not widened", scoped, with("scopes", {"manage", "send"}), 403},
      {"scopes are handed on", scoped, with("scopes", {"manage"}), 201},
      {"accounts are not shed", narrowed, plain, 403},
      {"accounts are not changed", narrowed, with("accounts", {other}), 403},
      {"accounts are handed on", narrowed, with("accounts", {t.account}), 201},
  };
  for (const auto& c : table)
    EXPECT_EQ(host.post("/api/v1/tokens", c.maker, c.body).status, c.status) << c.what;
}

TEST(Tokens, AnAdminRevokesNoOwner) {
  Host host;
  const Tenant t(host, "one");
  const std::string owner = host.get("/api/v1/me", t.owner).json()["token_id"];
  EXPECT_EQ(host.remove("/api/v1/tokens/" + owner, t.admin).status, 403);
  EXPECT_EQ(host.get("/api/v1/me", t.owner).status, 200);
}

TEST(Tokens, WhatIsWrongIsNamedByField) {
  Host host;
  const Tenant a(host, "a"), b(host, "b");
  const auto with = [](const char* name, json value) {
    json body{{"name", "x"}, {"role", "viewer"}};
    body[name] = std::move(value);
    return body;
  };
  const struct {
    json body;
    std::vector<std::string> fields;
  } table[] = {
      {json::object(), {"name", "role"}},
      {with("role", "platform"), {"role"}},
      {with("role", "king"), {"role"}},
      {with("scopes", {"write"}), {"scopes"}},
      {with("scopes", "read"), {"scopes"}},
      {with("accounts", {b.account}), {"accounts"}},
      {with("accounts", {1}), {"accounts"}},
      {with("expires_at", "2001-01-01T00:00:00Z"), {"expires_at"}},
      {with("expires_at", "soon"), {"expires_at"}},
      {with("scope", "read"), {"scope"}},
  };
  for (const auto& c : table) {
    const Reply r = host.post("/api/v1/tokens", a.owner, c.body);
    EXPECT_EQ(r.status, 422) << c.body << r.body;
    EXPECT_EQ(r.fields(), c.fields) << c.body;
  }
}

}  // namespace
}  // namespace gardu::host
