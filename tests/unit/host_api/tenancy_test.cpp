// SPDX-License-Identifier: Apache-2.0
// What is another workspace's, or another account's for a narrowed token, is not there.
#include "support.hpp"

namespace gardu::host {
namespace {

using nlohmann::json;

// Every route with an id, asked for the ids of somebody else.
void expect_not_there(Host& host, const std::string& token, const std::string& account,
                      const std::string& contact, const std::string& message) {
  const struct {
    const char* method;
    std::string path;
    const char* body;
  } calls[] = {
      {"GET", "/accounts/" + account, ""},
      {"PATCH", "/accounts/" + account, "{}"},
      {"DELETE", "/accounts/" + account, ""},
      {"GET", "/contacts/" + contact, ""},
      {"PATCH", "/contacts/" + contact, "{}"},
      {"GET", "/contacts/" + contact + "/messages", ""},
      {"POST", "/contacts/" + contact + "/read", ""},
      {"PATCH", "/contacts/" + contact + "/conversation", "{}"},
      {"GET", "/messages/" + message, ""},
      {"GET", "/messages/" + message + "/timeline", ""},
      {"POST", "/messages/" + message + "/retry", ""},
  };
  for (const auto& c : calls) {
    const Reply r = host.call(c.method, "/api/v1" + c.path, token, c.body);
    EXPECT_EQ(r.status, 404) << c.method << " " << c.path << ": " << r.body;
    // The same answer as for an id that nobody has: existence does not leak.
    std::string nobody = c.path;
    nobody.replace(nobody.find('/', 1) + 1, 36, "01890000-0000-7000-8000-000000000000");
    EXPECT_EQ(host.call(c.method, "/api/v1" + nobody, token, c.body).body, r.body) << c.path;
  }
}

TEST(Tenancy, AnotherWorkspacesIdsAreNotThere) {
  Host host;
  const Tenant a(host, "a"), b(host, "b");
  expect_not_there(host, a.owner, b.account, b.contact, b.message);
  const auto tokens = host.get("/api/v1/tokens", b.owner).json()["data"];
  const std::string id = tokens[0]["id"];
  EXPECT_EQ(host.remove("/api/v1/tokens/" + id, a.owner).status, 404);
  // And nothing of it was changed or taken away.
  EXPECT_EQ(host.get("/api/v1/accounts/" + b.account, b.owner).status, 200);
  EXPECT_EQ(host.get("/api/v1/contacts/" + b.contact, b.owner).json()["unread"], 1);
  EXPECT_EQ(host.get("/api/v1/tokens", b.owner).json()["data"].size(), tokens.size());
}

TEST(Tenancy, ListsHoldTheOwnOnly) {
  Host host;
  const Tenant a(host, "a"), b(host, "b");
  for (const char* list :
       {"/accounts", "/contacts", "/messages", "/events", "/outbox", "/tokens"}) {
    const Reply r = host.get(std::string("/api/v1") + list, a.owner);
    ASSERT_EQ(r.status, 200) << list;
    EXPECT_EQ(r.body.find(b.workspace), std::string::npos) << list;
    EXPECT_EQ(r.body.find(b.contact), std::string::npos) << list;
    EXPECT_EQ(r.body.find(b.account), std::string::npos) << list;
  }
  for (const std::string& filter : {"account_id=" + b.account, "contact_id=" + b.contact})
    for (const char* list : {"/messages?", "/events?"})
      EXPECT_TRUE(host.get("/api/v1" + (list + filter), a.owner).json()["data"].empty()) << filter;
}

TEST(Tenancy, SendingToAnotherWorkspaceNamesTheField) {
  Host host;
  const Tenant a(host, "a"), b(host, "b");
  const auto send = [&](const json& body) { return host.post("/api/v1/messages", a.owner, body); };
  EXPECT_EQ(send({{"contact_id", b.contact}, {"text", "x"}}).fields(),
            std::vector<std::string>{"contact_id"});
  EXPECT_EQ(send({{"account_id", b.account}, {"to", "+6281200000555"}, {"text", "x"}}).fields(),
            std::vector<std::string>{"account_id"});
  EXPECT_EQ(send({{"contact_id", a.contact}, {"text", "x"}, {"reply_to", b.message}}).fields(),
            std::vector<std::string>{"reply_to"});
  EXPECT_EQ(host.post("/api/v1/contacts", a.owner,
                      {{"account_id", b.account}, {"address", "+6281200000999"}})
                .fields(),
            std::vector<std::string>{"account_id"});
}

TEST(Tenancy, ANarrowedTokenSeesItsAccountsOnly) {
  Host host;
  const Tenant t(host, "one");
  const auto mine = host.account(t.workspace, "+6281100000002");
  const auto my_contact = host.contact(t.workspace, mine, "+6281200000777");
  host.inbound(t.workspace, my_contact, "for me");
  const auto token = host.token(t.workspace, "owner", nullptr, {mine});
  expect_not_there(host, token, t.account, t.contact, t.message);
  for (const char* list : {"/accounts", "/contacts", "/messages", "/events"}) {
    const Reply r = host.get(std::string("/api/v1") + list, token);
    ASSERT_EQ(r.status, 200) << list;
    EXPECT_EQ(r.body.find(t.account), std::string::npos) << list;
    EXPECT_NE(r.body.find(mine), std::string::npos) << list;
  }
  const auto send = [&](const json& body) { return host.post("/api/v1/messages", token, body); };
  EXPECT_EQ(send({{"contact_id", t.contact}, {"text", "x"}}).fields(),
            std::vector<std::string>{"contact_id"});
  EXPECT_EQ(send({{"account_id", t.account}, {"to", "+6281200000555"}, {"text", "x"}}).fields(),
            std::vector<std::string>{"account_id"});
  EXPECT_EQ(send({{"contact_id", my_contact}, {"text", "x"}}).status, 202);
  EXPECT_EQ(host.post("/api/v1/accounts", token, {{"transport", "loopback"}, {"name", "n"}}).status,
            403);
}

}  // namespace
}  // namespace gardu::host
