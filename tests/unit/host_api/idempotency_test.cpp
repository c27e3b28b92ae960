// SPDX-License-Identifier: Apache-2.0
// Idempotency-Key: the effect once, the first answer again.
#include "support.hpp"

namespace gardu::host {
namespace {

using nlohmann::json;

http::Headers key(const std::string& k) { return {{"Idempotency-Key", k}}; }

TEST(Idempotency, TheSameRequestSendsOnce) {
  Host host;
  const Tenant t(host, "one");
  const json body{{"contact_id", t.contact}, {"text", "once"}};
  const Reply first = host.post("/api/v1/messages", t.agent, body, key("k1"));
  const Reply again = host.post("/api/v1/messages", t.agent, body, key("k1"));
  ASSERT_EQ(first.status, 202);
  EXPECT_EQ(first.header("Idempotent-Replayed"), "");
  EXPECT_EQ(again.status, 202);
  EXPECT_EQ(again.header("Idempotent-Replayed"), "true");
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(host.get("/api/v1/outbox", t.viewer).json()["data"].size(), 1U);
  EXPECT_EQ(host.post("/api/v1/messages", t.agent, body, key("k2")).status, 202);
  EXPECT_EQ(host.get("/api/v1/outbox", t.viewer).json()["data"].size(), 2U);
}

TEST(Idempotency, AnotherBodyOrRouteIsRefused) {
  Host host;
  const Tenant t(host, "one");
  const json body{{"contact_id", t.contact}, {"text", "a"}};
  ASSERT_EQ(host.post("/api/v1/messages", t.agent, body, key("k")).status, 202);
  const json other{{"contact_id", t.contact}, {"text", "b"}};
  EXPECT_EQ(host.post("/api/v1/messages", t.agent, other, key("k")).status, 422);
  const json contact{{"account_id", t.account}, {"address", "+6281200000999"}};
  EXPECT_EQ(host.post("/api/v1/contacts", t.agent, contact, key("k")).status, 422);
  EXPECT_EQ(host.get("/api/v1/outbox", t.viewer).json()["data"].size(), 1U);
}

TEST(Idempotency, WorkspacesDoNotShareKeys) {
  Host host;
  const Tenant a(host, "a"), b(host, "b");
  EXPECT_EQ(
      host.post("/api/v1/messages", a.agent, {{"contact_id", a.contact}, {"text", "x"}}, key("k"))
          .status,
      202);
  const Reply r =
      host.post("/api/v1/messages", b.agent, {{"contact_id", b.contact}, {"text", "y"}}, key("k"));
  EXPECT_EQ(r.status, 202);
  EXPECT_EQ(r.header("Idempotent-Replayed"), "");
}

TEST(Idempotency, ARefusedRequestDoesNotTakeTheKey) {
  Host host;
  const Tenant t(host, "one");
  const json wrong{{"contact_id", t.contact}, {"text", "x"}, {"reply_to", "nothing"}};
  ASSERT_EQ(host.post("/api/v1/messages", t.agent, wrong, key("k")).status, 422);
  EXPECT_EQ(
      host.post("/api/v1/messages", t.agent, {{"contact_id", t.contact}, {"text", "x"}}, key("k"))
          .status,
      202);
}

TEST(Idempotency, AnAccountIsMadeOnceAndConnectedOnce) {
  Host host;
  const Tenant t(host, "one");
  const json body{{"transport", "loopback"}, {"name", "n"}, {"address", "+6281100000009"}};
  const Reply first = host.post("/api/v1/accounts", t.admin, body, key("k"));
  const Reply again = host.post("/api/v1/accounts", t.admin, body, key("k"));
  ASSERT_EQ(first.status, 201) << first.body;
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(host.changed.size(), 1U);
}

// A secret is shown once, and is nowhere in the database.
TEST(Idempotency, ATokensSecretIsNotGivenAgain) {
  Host host;
  const Tenant t(host, "one");
  const json body{{"name", "crm"}, {"role", "agent"}};
  const Reply first = host.post("/api/v1/tokens", t.admin, body, key("k"));
  ASSERT_EQ(first.status, 201) << first.body;
  const Reply again = host.post("/api/v1/tokens", t.admin, body, key("k"));
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(again.json()["id"], first.json()["id"]);
  EXPECT_FALSE(again.json().contains("token"));
  EXPECT_EQ(host.get("/api/v1/tokens", t.admin).json()["data"].size(), 5U);
}

TEST(Idempotency, AKeyMustBeText) {
  Host host;
  const Tenant t(host, "one");
  const json body{{"contact_id", t.contact}, {"text", "x"}};
  for (const std::string& bad : {std::string(256, 'k'), std::string("\xff\xfe")})
    EXPECT_EQ(host.post("/api/v1/messages", t.agent, body, key(bad)).status, 422);
}

}  // namespace
}  // namespace gardu::host
