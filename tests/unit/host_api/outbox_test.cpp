// SPDX-License-Identifier: Apache-2.0
// What a person decides about messages that wait, are held or have failed.
#include <limits>

#include "storage/journal.hpp"
#include "storage/messages.hpp"
#include "storage/outbox.hpp"
#include "support.hpp"

namespace gardu::host {
namespace {

using nlohmann::json;

class RestOutbox : public ::testing::Test {
 protected:
  // A message of ours that waits.
  std::string sent() {
    const auto accepted =
        host.post("/api/v1/messages", t.agent, {{"contact_id", t.contact}, {"text", "a"}});
    EXPECT_EQ(accepted.status, 202) << accepted.body;
    return accepted.json().value("id", "");
  }
  storage::OutboxEntry entry(const std::string& message) {
    return *host.database.query(
        [&](storage::Session& s) { return storage::outbox::of_message(s, message); });
  }
  void set_state(const std::string& message, const std::string& state) {
    host.write([&](storage::Transaction& tx) {
      const storage::OutboxEntry seen = *storage::outbox::of_message(tx, message);
      if (state == "leased") {
        storage::Lease lease;
        lease.now = lease.until = std::numeric_limits<std::int64_t>::max();
        lease.holder = "another";
        ASSERT_EQ(storage::outbox::lease(tx, lease).size(), 1U);
      } else if (state == "held") {
        storage::outbox::hold(tx, seen, "no answer");
      } else if (state == "in_doubt") {
        storage::outbox::doubt(tx, seen, 3, 1, "no answer");
      } else if (state == "dead") {
        storage::outbox::dead(tx, seen, "refused");
      } else if (state == "done") {
        storage::outbox::done(tx, seen.id);
      }
    });
  }
  void set_status(const std::string& message, const char* status) {
    host.write([&](storage::Transaction& tx) {
      storage::messages::apply_status(tx, t.workspace, message, status, 5, R"({"code":"131026"})");
    });
  }
  Reply ask(const std::string& message, const std::string& what) {
    return host.call("POST", "/api/v1/outbox/" + std::to_string(entry(message).id) + "/" + what,
                     t.agent);
  }
  Reply again(const std::string& message) {
    return host.call("POST", "/api/v1/messages/" + message + "/retry", t.agent);
  }
  json message(const std::string& id) {
    return host.get("/api/v1/messages/" + id, t.viewer).json();
  }
  std::vector<json> status_events(const std::string& id) {
    std::vector<json> out;
    const auto all = host.database.query(
        [&](storage::Session& s) { return storage::journal::of_message(s, t.workspace, id); });
    for (const auto& e : all)
      if (e.type == "message.status.updated") out.push_back(json::parse(e.data));
    return out;
  }

  Host host;
  const Tenant t{host, "one"};
};

TEST_F(RestOutbox, WhatIsHeldGoesOutWhenAPersonSaysSo) {
  for (const char* state : {"held", "in_doubt", "queued"}) {
    SCOPED_TRACE(state);
    const auto id = sent();
    set_state(id, state);
    const int told = host.outbox_changes;
    const auto answer = ask(id, "retry");
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.json()["state"], "queued");
    EXPECT_EQ(answer.json()["message_id"], id);
    EXPECT_EQ(entry(id).attempts, 0);
    EXPECT_EQ(host.outbox_changes, told + 1);
    EXPECT_TRUE(status_events(id).empty());  // it is pending as before
  }
  const auto id = sent();
  set_state(id, "held");
  const auto answer = again(id);
  EXPECT_EQ(answer.status, 202) << answer.body;
  EXPECT_EQ(answer.json()["status"], "pending");
  EXPECT_EQ(entry(id).state, "queued");
}

TEST_F(RestOutbox, WhatIsCancelledHasFailedAndSaysWhy) {
  for (const char* state : {"held", "in_doubt", "queued"}) {
    SCOPED_TRACE(state);
    const auto id = sent();
    set_state(id, state);
    const int told = host.outbox_changes;
    const auto answer = ask(id, "cancel");
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.json()["state"], "dead");
    EXPECT_EQ(answer.json()["last_error"], "cancelled");
    EXPECT_EQ(host.outbox_changes, told + 1);
    EXPECT_EQ(message(id)["status"], "failed");
    EXPECT_EQ(message(id)["error"]["code"], "cancelled");
    const auto events = status_events(id);
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0]["status"], "failed");
    EXPECT_EQ(events[0]["previous"], "pending");
    EXPECT_EQ(ask(id, "cancel").status, 409);
  }
}

TEST_F(RestOutbox, AFailedMessageIsPendingAgainWhateverBecameOfItsEntry) {
  const auto by_entry = [&](const std::string& id) { return ask(id, "retry"); };
  const auto by_message = [&](const std::string& id) { return again(id); };
  for (const std::function<Reply(const std::string&)>& how :
       {std::function<Reply(const std::string&)>(by_entry),
        std::function<Reply(const std::string&)>(by_message)}) {
    for (const char* state : {"dead", "done"}) {  // done: the provider took it, and told later
      const auto id = sent();
      set_state(id, state);
      set_status(id, "failed");
      const auto answer = how(id);
      ASSERT_LT(answer.status, 300) << answer.body;
      EXPECT_EQ(entry(id).state, "queued");
      EXPECT_EQ(message(id)["status"], "pending");
      EXPECT_FALSE(message(id).contains("error") && !message(id)["error"].is_null());
      const auto events = status_events(id);
      ASSERT_EQ(events.size(), 1U);
      EXPECT_EQ(events[0]["status"], "pending");
      EXPECT_EQ(events[0]["previous"], "failed");
      EXPECT_EQ(again(id).status, 409);  // it waits
    }
  }
}

TEST_F(RestOutbox, AFailedMessageWhoseEntryIsGoneGetsANewOne) {
  const auto id = sent();
  set_state(id, "done");
  set_status(id, "failed");
  host.write([&](storage::Transaction& tx) {
    storage::outbox::purge(tx, std::numeric_limits<std::int64_t>::max(), 10);
  });
  EXPECT_EQ(again(id).status, 202);
  EXPECT_EQ(entry(id).state, "queued");
  EXPECT_EQ(entry(id).contact_id, t.contact);
}

TEST_F(RestOutbox, WhatIsOutOrArrivedIsLeftAlone) {
  const auto out = sent();
  set_state(out, "leased");
  const auto arrived = sent();
  set_state(arrived, "done");
  set_status(arrived, "delivered");
  const auto told = sent();  // a status without a provider's id was quicker
  set_state(told, "held");
  set_status(told, "sent");
  for (const auto& id : {out, arrived, told}) {
    EXPECT_EQ(ask(id, "retry").status, 409);
    EXPECT_EQ(ask(id, "cancel").status, 409);
    EXPECT_EQ(again(id).status, 409);
    EXPECT_TRUE(status_events(id).empty());
  }
  EXPECT_EQ(entry(out).state, "leased");
  EXPECT_EQ(again(t.message).status, 409);  // one that came in
  EXPECT_EQ(host.outbox_changes, 0);
}

TEST_F(RestOutbox, AnotherTenantsEntriesAreNotThere) {
  const Tenant other(host, "two");
  const auto id = sent();
  set_state(id, "held");
  const std::string path = "/api/v1/outbox/" + std::to_string(entry(id).id);
  const auto narrowed =
      host.token(t.workspace, "owner", nullptr, {host.account(t.workspace, "+6281100000002")});
  for (const auto& token : {other.owner, narrowed})
    for (const char* what : {"/retry", "/cancel"})
      EXPECT_EQ(host.call("POST", path + what, token).status, 404);
  EXPECT_EQ(entry(id).state, "held");
  for (const char* nobody : {"999999", "-1", "1x", "99999999999999999999"})
    EXPECT_EQ(host.call("POST", std::string("/api/v1/outbox/") + nobody + "/retry", t.agent).status,
              404);
  EXPECT_EQ(host.post(path + "/retry", t.agent, {{"when", "now"}}).status, 422);
  const auto reader = host.token(t.workspace, "owner", {"read"});
  EXPECT_EQ(host.call("POST", path + "/retry", reader).status, 403);
}

}  // namespace
}  // namespace gardu::host
