// SPDX-License-Identifier: Apache-2.0
// What is asked of transports: of accounts, messages and conversations; and what their answers are
// to a client.
#include "journal/events.hpp"
#include "storage/journal.hpp"
#include "storage/messages.hpp"
#include "support.hpp"

namespace gardu::host {
namespace {

class RestActions : public ::testing::Test {
 protected:
  std::string account(const std::string& action) const {
    return "/api/v1/accounts/" + t.account + "/" + action;
  }
  // The tenant's conversation with a message of ours in it, at the provider as "p-1".
  std::string sent(const char* provider_id = "p-1") {
    const auto accepted = host.post("/api/v1/messages", t.agent,
                                    {{"contact_id", t.contact}, {"type", "text"}, {"text", "a"}});
    EXPECT_EQ(accepted.status, 202) << accepted.body;
    const std::string id = accepted.json().value("id", "");
    if (provider_id != nullptr)
      host.write([&](storage::Transaction& tx) {
        storage::messages::set_provider_id(tx, id, provider_id, {});
      });
    return "/api/v1/messages/" + id;
  }
  std::vector<nlohmann::json> events(const std::string& type) {
    std::vector<nlohmann::json> out;
    storage::JournalQuery q;
    q.workspace_id = t.workspace;
    q.limit = 200;
    const auto all =
        host.database.query([&](storage::Session& s) { return storage::journal::read(s, q); });
    for (const auto& e : all)
      if (e.type == type) out.push_back(nlohmann::json::parse(e.data));
    return out;
  }
  void set_status(const char* status) {
    host.write([&](storage::Transaction& tx) {
      storage::accounts::set_status(tx, t.account, status, {}, {});
    });
  }
  Host host;
  const Tenant t{host, "one"};
};

TEST_F(RestActions, AnEditIsDoneAtTheProviderFirst) {
  const std::string message = sent();
  host.action_answer = Status::rejected("too late").with_code("131051", "Edit window closed");
  const auto refused = host.patch(message, t.agent, {{"text", "b"}});
  EXPECT_EQ(refused.status, 422);
  EXPECT_NE(refused.body.find("131051"), std::string::npos);
  EXPECT_EQ(host.get(message, t.agent).json()["text"], "a");

  host.action_answer = {};
  const auto edited = host.patch(message, t.agent, {{"text", "b"}});
  ASSERT_EQ(edited.status, 200) << edited.body;
  EXPECT_EQ(edited.json()["text"], "b");
  EXPECT_TRUE(edited.json()["edited_at"].is_string());
  ASSERT_EQ(host.asked.size(), 2U);
  EXPECT_EQ(host.asked[1].second.kind, static_cast<std::uint32_t>(GARDU_ACTION_EDIT));
  EXPECT_EQ(host.asked[1].second.target, "p-1");
  EXPECT_EQ(host.asked[1].second.text, "b");
  EXPECT_EQ(host.asked[1].second.account_id, t.account);
  ASSERT_EQ(events("message.updated").size(), 1U);
  EXPECT_EQ(events("message.updated")[0]["message"]["text"], "b");
}

TEST_F(RestActions, ARevokedMessageIsGoneOnce) {
  const std::string message = sent();
  EXPECT_EQ(host.remove(message, t.agent).status, 204);
  EXPECT_EQ(host.remove(message, t.agent).status, 409);
  ASSERT_EQ(events("message.deleted").size(), 1U);
  EXPECT_EQ(events("message.deleted")[0]["by"], "api");
  EXPECT_EQ(host.patch(message, t.agent, {{"text", "b"}}).status, 409);
}

TEST_F(RestActions, AReactionIsJournaled) {
  const std::string message = sent();
  const auto put = host.post(message + "/reactions", t.agent, {{"emoji", "👍"}});
  EXPECT_EQ(put.status, 201) << put.body;
  EXPECT_EQ(host.post(message + "/reactions", t.agent, {{"emoji", ""}}).status, 201);
  EXPECT_EQ(host.post(message + "/reactions", t.agent, nlohmann::json::object()).fields(),
            std::vector<std::string>{"emoji"});
  const auto told = events("message.reaction");
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0]["emoji"], "👍");
  EXPECT_EQ(told[1]["emoji"], "");
}

TEST_F(RestActions, OnlyWhatIsAtTheProviderAndOursCanBeChanged) {
  const std::string pending = sent(nullptr);
  EXPECT_EQ(host.patch(pending, t.agent, {{"text", "b"}}).status, 409);
  EXPECT_EQ(host.remove(pending, t.agent).status, 409);
  const std::string inbound = "/api/v1/messages/" + t.message;
  EXPECT_EQ(host.patch(inbound, t.agent, {{"text", "b"}}).status, 409);
  EXPECT_EQ(host.remove(inbound, t.agent).status, 409);
  EXPECT_TRUE(host.asked.empty());
}

TEST_F(RestActions, WhatATransportAnswersHasAStatusOfItsOwn) {
  const std::string message = sent();
  const std::pair<Status, int> answers[] = {
      {Status::unsupported("no"), 409}, {Status::auth("no"), 409},
      {Status::invalid("no"), 422},     {Status::not_connected("no"), 503},
      {Status::timeout("no"), 504},     {Status::internal("no"), 502},
      {Status::retry("no"), 502}};
  for (const auto& [answer, status] : answers) {
    host.action_answer = answer;
    EXPECT_EQ(host.remove(message, t.agent).status, status);
  }
  host.action_answer =
      Status::throttled("slowly", std::chrono::milliseconds(1500), GARDU_SCOPE_ACCOUNT);
  const auto throttled = host.remove(message, t.agent);
  EXPECT_EQ(throttled.status, 429);
  EXPECT_EQ(throttled.header("Retry-After"), "2");
  host.begun = Status::unsupported("no");
  EXPECT_EQ(host.remove(message, t.agent).status, 409);
  EXPECT_TRUE(events("message.deleted").empty());
}

TEST_F(RestActions, TheProviderIsToldWhatWasReadOnce) {
  const std::string path = "/api/v1/contacts/" + t.contact + "/read";
  host.action_answer = Status::internal("nobody waits for this");
  EXPECT_EQ(host.post(path, t.agent, nlohmann::json::object()).status, 200);
  EXPECT_EQ(host.post(path, t.agent, nlohmann::json::object()).status, 200);
  ASSERT_EQ(host.asked.size(), 1U);
  EXPECT_EQ(host.asked[0].second.kind, static_cast<std::uint32_t>(GARDU_ACTION_MARK_READ));
}

TEST_F(RestActions, TypingIsShownToBothSides) {
  const std::string path = "/api/v1/contacts/" + t.contact + "/typing";
  EXPECT_EQ(host.call("POST", path, t.agent).status, 202);  // without a body
  const auto ended = host.post(path, t.agent, {{"typing", false}, {"kind", "recording"}});
  EXPECT_EQ(ended.status, 202) << ended.body;
  EXPECT_EQ(host.post(path, t.agent, {{"kind", "dancing"}}).status, 422);
  EXPECT_EQ(host.post(path, t.viewer, nlohmann::json::object()).status, 403);
  ASSERT_EQ(host.raised.size(), 2U);
  EXPECT_EQ(host.raised[0].type, "typing.started");
  EXPECT_EQ(host.raised[1].type, "typing.stopped");
  EXPECT_EQ(nlohmann::json::parse(host.raised[1].data)["kind"], "recording");
  ASSERT_EQ(host.asked.size(), 2U);
  EXPECT_EQ(host.asked[0].second.value, 1);
  EXPECT_EQ(host.asked[1].second.value, 0);
}

TEST_F(RestActions, TheQrCodeIsAPictureOrText) {
  host.qr = R"({"qr": "2@abc", "expires_at": "2026-01-01T00:00:20.000Z"})";
  EXPECT_EQ(host.get(account("qr"), t.admin).status, 409);  // the account is not waiting for it
  set_status("qr_ready");
  const auto picture = host.get(account("qr"), t.admin);
  ASSERT_EQ(picture.status, 200);
  EXPECT_EQ(picture.header("Content-Type"), "image/png");
  EXPECT_EQ(picture.header("Cache-Control"), "no-store");
  ASSERT_GT(picture.body.size(), 100U);
  EXPECT_EQ(picture.body.substr(0, 8), "\x89PNG\r\n\x1a\n");
  const auto text = host.call("GET", account("qr"), t.admin, "", {{"Accept", "application/json"}});
  EXPECT_EQ(text.json()["qr"], "2@abc");
  EXPECT_EQ(text.json()["pairing_code"], nullptr);
  EXPECT_EQ(host.get(account("qr"), t.agent).status, 403);
  host.qr.clear();
  EXPECT_EQ(host.get(account("qr"), t.admin).status, 409);
}

TEST_F(RestActions, AnAccountIsConnectedPairedAndSynced) {
  host.changed.clear();
  EXPECT_EQ(host.call("POST", account("connect"), t.admin).status, 202);
  EXPECT_EQ(host.changed, std::vector<std::string>{t.account});
  EXPECT_TRUE(host.asked.empty());
  EXPECT_EQ(host.post(account("connect"), t.admin, {{"phone", "+62811"}}).status, 202);
  ASSERT_EQ(host.asked.size(), 1U);
  EXPECT_EQ(host.asked[0].second.text, "+62811");
  host.action_data = R"({"messages": 12})";
  const auto synced = host.call("POST", account("sync"), t.admin);
  EXPECT_EQ(synced.status, 202);
  EXPECT_EQ(synced.json()["result"]["messages"], 12);
  EXPECT_EQ(host.call("POST", account("restart"), t.admin).status, 202);
  host.begun = Status::unsupported("no device is linked");
  EXPECT_EQ(host.call("POST", account("logout"), t.admin).status, 409);
  for (const char* action : {"connect", "restart", "logout", "sync"})
    EXPECT_EQ(host.call("POST", account(action), t.agent).status, 403) << action;
}

TEST_F(RestActions, HealthIsWhatIsKnownHereAndThere) {
  (void)sent();
  host.action_data = R"({"quality": "GREEN"})";
  const auto good = host.get(account("health"), t.viewer).json();
  EXPECT_EQ(good["provider"]["quality"], "GREEN");
  EXPECT_EQ(good["outbox"]["queued"], 1);
  EXPECT_EQ(good["transport"]["running"], true);
  host.action_answer = Status::auth("the token was revoked");
  host.action_data.clear();
  const auto bad = host.get(account("health"), t.viewer).json();
  EXPECT_EQ(bad["provider"], nullptr);
  EXPECT_EQ(bad["provider_error"], "the token was revoked");
  host.begun = Status::unsupported("no");
  EXPECT_FALSE(host.get(account("health"), t.viewer).json().contains("provider_error"));
}

TEST_F(RestActions, AnotherTenantsAreNotThere) {
  const Tenant other(host, "two");
  const std::string message = sent();
  EXPECT_EQ(host.remove(message, other.agent).status, 404);
  EXPECT_EQ(host.post(message + "/reactions", other.agent, {{"emoji", "👍"}}).status, 404);
  EXPECT_EQ(host.get(account("health"), other.admin).status, 404);
  EXPECT_EQ(host.get(account("qr"), other.admin).status, 404);
  EXPECT_EQ(host.call("POST", account("logout"), other.admin).status, 404);
  EXPECT_EQ(host.call("POST", "/api/v1/contacts/" + t.contact + "/typing", other.agent).status,
            404);
  EXPECT_TRUE(host.asked.empty());
}

}  // namespace
}  // namespace gardu::host
