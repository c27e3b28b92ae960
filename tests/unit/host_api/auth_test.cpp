// SPDX-License-Identifier: Apache-2.0
// Who is let in at all.
#include "auth/passwords.hpp"
#include "auth/users.hpp"
#include "base/crypto.hpp"
#include "base/time.hpp"
#include "storage/tokens.hpp"
#include "support.hpp"

namespace gardu::host {
namespace {

TEST(Auth, NoTokenIsAProblemWithAChallenge) {
  Host host;
  const Reply r = host.get("/api/v1/me", "");
  EXPECT_EQ(r.status, 401);
  EXPECT_EQ(r.header("WWW-Authenticate"), "Bearer");
  EXPECT_EQ(r.header("Content-Type"), "application/problem+json");
  const auto j = r.json();
  EXPECT_EQ(j["status"], 401);
  EXPECT_EQ(j["instance"], "request-1");
  EXPECT_TRUE(j.contains("type") && j.contains("title") && j.contains("detail"));
}

TEST(Auth, OtherSchemesAndUnknownTokensAreRefused) {
  Host host;
  const Tenant t(host, "one");
  for (const std::string& value :
       {"Basic " + t.owner, t.owner, std::string("Bearer "), std::string("Bearer short"),
        "Bearer " + t.owner + "x", "Bearer " + std::string(5000, 'a')}) {
    const Reply r = host.call("GET", "/api/v1/me", "", "", {{"Authorization", value}});
    EXPECT_EQ(r.status, 401) << value.substr(0, 20);
  }
}

TEST(Auth, TheSchemeIsReadWithoutCase) {
  Host host;
  const Tenant t(host, "one");
  EXPECT_EQ(host.call("GET", "/api/v1/me", "", "", {{"Authorization", "bEARER " + t.owner}}).status,
            200);
}

TEST(Auth, MeSaysWhoOneIs) {
  Host host;
  const Tenant t(host, "one");
  const auto me = host.get("/api/v1/me", t.agent).json();
  EXPECT_EQ(me["role"], "agent");
  EXPECT_EQ(me["workspace_id"], t.workspace);
  EXPECT_EQ(host.get("/api/v1/me", host.platform_token()).json()["role"], "platform");
}

TEST(Auth, AnExpiredTokenIsRefused) {
  Host host;
  const auto w = host.workspace("one");
  EXPECT_EQ(host.get("/api/v1/me", host.token(w, "owner", nullptr, nullptr, now_ms() - 1)).status,
            401);
  const auto later = host.token(w, "owner", nullptr, nullptr, now_ms() + 3'600'000);
  EXPECT_EQ(host.get("/api/v1/me", later).status, 200);
}

TEST(Auth, OnlyTheHashIsStored) {
  Host host;
  const Tenant t(host, "one");
  EXPECT_EQ(t.owner.rfind("gardu_", 0), 0U);
  const auto stored = host.database.query(
      [&](storage::Session& s) { return storage::tokens::find_by_hash(s, sha256_hex(t.owner)); });
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->hash.size(), 64U);
  EXPECT_EQ(stored->hash.find(t.owner), std::string::npos);
}

TEST(Auth, ASuspendedWorkspaceIsForbiddenEverywhere) {
  Host host;
  const Tenant t(host, "one");
  EXPECT_EQ(host.get("/api/v1/me", t.owner).status, 200);
  const auto platform = host.platform_token();
  const auto path = "/api/v1/workspaces/" + t.workspace;
  ASSERT_EQ(host.patch(path, platform, {{"status", "suspended"}}).status, 200);
  for (const char* route : {"/api/v1/me", "/api/v1/contacts", "/api/v1/events", "/api/v1/messages"})
    EXPECT_EQ(host.get(route, t.owner).status, 403) << route;
  ASSERT_EQ(host.patch(path, platform, {{"status", "active"}}).status, 200);
  EXPECT_EQ(host.get("/api/v1/me", t.owner).status, 200);
}

TEST(Auth, FollowingIsHeldToTheTokensAccounts) {
  Host host;
  const Tenant a(host, "a"), b(host, "b");
  const auto other = host.account(a.workspace, "+6281100000002");
  const auto other_contact = host.contact(a.workspace, other, "+6281200000777");
  const auto id_of = [&](const std::string& token) {
    return host.get("/api/v1/me", token).json()["token_id"].get<std::string>();
  };
  const auto wide = id_of(a.viewer);
  const auto narrow = id_of(host.token(a.workspace, "viewer", nullptr, {a.account}));
  const auto may = [&](const std::string& token, const std::string& workspace,
                       const std::string& contact, const std::string& account) {
    return host.database.query(
        [&](storage::Session& s) { return may_follow(s, token, workspace, contact, account); });
  };
  EXPECT_TRUE(may(wide, a.workspace, "", ""));
  EXPECT_TRUE(may(wide, a.workspace, other_contact, ""));
  EXPECT_FALSE(may(wide, b.workspace, "", ""));
  EXPECT_FALSE(may(wide, a.workspace, b.contact, ""));
  EXPECT_FALSE(may(wide, a.workspace, "", b.account));
  EXPECT_FALSE(may(narrow, a.workspace, "", ""));
  EXPECT_TRUE(may(narrow, a.workspace, a.contact, ""));
  EXPECT_TRUE(may(narrow, a.workspace, "", a.account));
  EXPECT_FALSE(may(narrow, a.workspace, other_contact, ""));
  EXPECT_FALSE(may(narrow, a.workspace, "", other));
  EXPECT_FALSE(may("", a.workspace, "", ""));
}

// A user of the workspace with that role there, and a token of its own.
struct Somebody {
  Somebody(Host& host, const std::string& workspace, const std::string& role,
           const std::string& token_role) {
    host.write([&](storage::Transaction& tx) {
      id = put_member(tx, {workspace, "ann@example.org", role, "Ann", hash_password("a password")})
               ->id;
      TokenSpec spec;
      spec.workspace_id = workspace;
      spec.user_id = id;
      spec.name = "laptop";
      spec.role = token_role;
      token = issue_token(tx, spec);
    });
  }
  std::string id, token;
};

TEST(Auth, AUsersTokenIsTheUsers) {
  Host host;
  const Tenant t(host, "one");
  const Somebody ann(host, t.workspace, "agent", "owner");
  const auto principal = host.tokens.authenticate(ann.token);
  ASSERT_TRUE(principal);
  EXPECT_EQ(principal->kind, "user");
  EXPECT_EQ(principal->user_id, ann.id);
  EXPECT_EQ(principal->name, "Ann");
  EXPECT_EQ(principal->role, Role::agent);  // no more than the user
}

TEST(Auth, ATokenMayLessThanItsUser) {
  Host host;
  const Tenant t(host, "one");
  const Somebody ann(host, t.workspace, "owner", "viewer");
  EXPECT_EQ(host.tokens.authenticate(ann.token)->role, Role::viewer);
}

TEST(Auth, WhoHasLeftIsNotLetIn) {
  Host host;
  const Tenant t(host, "one");
  const Somebody ann(host, t.workspace, "agent", "agent");
  const std::string id = host.get("/api/v1/me", ann.token).json()["token_id"];
  const auto follows = [&] {
    return host.database.query(
        [&](storage::Session& s) { return may_follow(s, id, t.workspace, "", ""); });
  };
  EXPECT_TRUE(follows());
  host.write(
      [&](storage::Transaction& tx) { storage::memberships::remove(tx, t.workspace, ann.id); });
  EXPECT_FALSE(follows());
  host.tokens.forget();  // what was read a moment ago counts for some seconds
  EXPECT_FALSE(host.tokens.authenticate(ann.token));
  EXPECT_EQ(host.get("/api/v1/me", ann.token).status, 401);
}

TEST(Auth, PasswordsAreSaltedHashes) {
  const std::string one = hash_password("correct horse"), other = hash_password("correct horse");
  EXPECT_NE(one, other);
  EXPECT_EQ(one.find("correct"), std::string::npos);
  EXPECT_TRUE(verify_password("correct horse", one));
  EXPECT_FALSE(verify_password("correct horsf", one));
  EXPECT_FALSE(verify_password("", one));
  for (const char* wrong : {"", "x", "scrypt$15$8$1$$", "scrypt$99$8$1$YQ$YQ",
                            "scrypt$-1$8$1$YQ$YQ", "bcrypt$15$8$1$YQ$YQ"})
    EXPECT_FALSE(verify_password("", wrong)) << wrong;
}

TEST(Auth, Emails) {
  for (const char* good : {"a@b", "ann.o'neill+x@example.org"}) EXPECT_TRUE(is_email(good)) << good;
  for (const char* bad : {"", "a", "@b", "a@", "a@b@c", "a b@c", "a@b\n"})
    EXPECT_FALSE(is_email(bad)) << bad;
}

}  // namespace
}  // namespace gardu::host
