// SPDX-License-Identifier: Apache-2.0
// The matrix of routes and roles, row by row, and the narrowing by scopes.
#include <array>

#include "support.hpp"

namespace gardu::host {
namespace {

using nlohmann::json;

struct Row {
  const char* method;
  const char* path;  // {account}, {contact}, {message} and {workspace} stand for the tenant's
  const char* body;
  std::array<bool, 5> allowed;  // viewer, agent, admin, owner, platform
};

constexpr std::array<bool, 5> kAll{true, true, true, true, true};
constexpr std::array<bool, 5> kMembers{true, true, true, true, false};
constexpr std::array<bool, 5> kAgents{false, true, true, true, false};
constexpr std::array<bool, 5> kAdmins{false, false, true, true, false};
constexpr std::array<bool, 5> kAdminsAndPlatform{false, false, true, true, true};
constexpr std::array<bool, 5> kPlatform{false, false, false, false, true};

const Row kRows[] = {
    {"GET", "/me", "", kAll},
    {"GET", "/workspaces", "", kPlatform},
    {"POST", "/workspaces", "{}", kPlatform},
    {"GET", "/workspaces/{workspace}", "", kPlatform},
    {"PATCH", "/workspaces/{workspace}", "{}", kPlatform},
    {"GET", "/tokens", "", kAdmins},
    {"POST", "/tokens", "{}", kAdmins},
    {"DELETE", "/tokens/{contact}", "", kAdmins},
    {"GET", "/accounts", "", kMembers},
    {"POST", "/accounts", "{}", kAdmins},
    {"GET", "/accounts/{account}", "", kMembers},
    {"PATCH", "/accounts/{account}", "{}", kAdmins},
    {"GET", "/contacts", "", kMembers},
    {"POST", "/contacts", "{}", kAgents},
    {"GET", "/contacts/{contact}", "", kMembers},
    {"PATCH", "/contacts/{contact}", "{}", kAgents},
    {"GET", "/contacts/{contact}/messages", "", kMembers},
    {"POST", "/contacts/{contact}/read", "", kAgents},
    {"PATCH", "/contacts/{contact}/conversation", "{}", kAgents},
    {"GET", "/messages", "", kMembers},
    {"POST", "/messages", "{}", kAgents},
    {"GET", "/messages/{message}", "", kMembers},
    {"GET", "/messages/{message}/timeline", "", kMembers},
    {"GET", "/events", "", kMembers},
    {"GET", "/outbox", "", kMembers},
    {"POST", "/outbox/1/retry", "", kAgents},
    {"POST", "/outbox/1/cancel", "", kAgents},
    {"POST", "/messages/{message}/retry", "", kAgents},
    {"GET", "/plugins", "", kAdminsAndPlatform},
    {"GET", "/plugins/none", "", kAdminsAndPlatform},
};

std::string path_for(const Tenant& t, std::string path) {
  const std::pair<const char*, const std::string*> names[] = {{"{account}", &t.account},
                                                              {"{contact}", &t.contact},
                                                              {"{message}", &t.message},
                                                              {"{workspace}", &t.workspace}};
  for (const auto& [name, value] : names)
    if (const auto at = path.find(name); at != std::string::npos)
      path.replace(at, std::string(name).size(), *value);
  return "/api/v1" + path;
}

TEST(Roles, EachRouteLetsInWhomItShould) {
  Host host;
  const Tenant t(host, "one");
  const std::string tokens[] = {t.viewer, t.agent, t.admin, t.owner, host.platform_token()};
  for (const Row& row : kRows) {
    for (std::size_t i = 0; i < 5; ++i) {
      const Reply r = host.call(row.method, path_for(t, row.path), tokens[i], row.body);
      if (row.allowed[i]) {
        EXPECT_TRUE(r.status != 401 && r.status != 403 && r.status < 500)
            << row.method << " " << row.path << " as " << i << ": " << r.status << " " << r.body;
      } else {
        EXPECT_EQ(r.status, 403) << row.method << " " << row.path << " as " << i;
      }
    }
  }
}

TEST(Roles, DeletingIsForAdminsAndThePlatform) {
  Host host;
  const Tenant t(host, "one");
  const auto platform = host.platform_token();
  const std::string account = "/api/v1/accounts/" + t.account;
  EXPECT_EQ(host.remove(account, t.viewer).status, 403);
  EXPECT_EQ(host.remove(account, t.agent).status, 403);
  EXPECT_EQ(host.remove(account, platform).status, 403);
  EXPECT_EQ(host.remove(account, t.admin).status, 204);
  EXPECT_EQ(host.remove(account, t.admin).status, 404);
  const std::string workspace = "/api/v1/workspaces/" + t.workspace;
  EXPECT_EQ(host.remove(workspace, t.owner).status, 403);
  EXPECT_EQ(host.remove(workspace, platform).status, 204);
  EXPECT_EQ(host.get("/api/v1/me", t.owner).status, 401);
}

TEST(Roles, ScopesNarrowAnOwner) {
  Host host;
  const Tenant t(host, "one");
  const auto read = host.token(t.workspace, "owner", {"read"});
  const auto send = host.token(t.workspace, "owner", {"send"});
  const auto manage = host.token(t.workspace, "owner", {"manage"});
  const auto none = host.token(t.workspace, "owner", json::array());
  const json message{{"contact_id", t.contact}, {"text", "halo"}};
  const json token{{"name", "x"}, {"role", "viewer"}, {"scopes", {"manage"}}};
  EXPECT_EQ(host.get("/api/v1/contacts", read).status, 200);
  EXPECT_EQ(host.post("/api/v1/messages", read, message).status, 403);
  EXPECT_EQ(host.post("/api/v1/tokens", read, token).status, 403);
  EXPECT_EQ(host.get("/api/v1/contacts", send).status, 403);
  EXPECT_EQ(host.post("/api/v1/messages", send, message).status, 202);
  EXPECT_EQ(host.post("/api/v1/tokens", manage, token).status, 201);
  EXPECT_EQ(host.post("/api/v1/messages", manage, message).status, 403);
  EXPECT_EQ(host.get("/api/v1/me", none).status, 403);
}

}  // namespace
}  // namespace gardu::host
