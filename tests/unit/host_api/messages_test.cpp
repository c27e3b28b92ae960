// SPDX-License-Identifier: Apache-2.0
// Sending: what is accepted, what is stored and journaled with it, and what is refused by field.
#include "storage/messages.hpp"
#include "base/time.hpp"
#include "storage/outbox.hpp"
#include "support.hpp"

namespace gardu::host {
namespace {

using nlohmann::json;

TEST(Messages, ASendIsStoredQueuedAndJournaledAtOnce) {
  Host host;
  const Tenant t(host, "one");
  const Reply r = host.post("/api/v1/messages", t.agent,
                            {{"contact_id", t.contact},
                             {"type", "text"},
                             {"text", "selamat datang"},
                             {"client_ref", "crm-7"},
                             {"priority", "high"},
                             {"reply_to", {{"message_id", t.message}}},
                             {"metadata", {{"ticket", 42}}}});
  ASSERT_EQ(r.status, 202) << r.body;
  const json m = r.json();
  EXPECT_EQ(m["status"], "pending");
  EXPECT_EQ(m["direction"], "outbound");
  EXPECT_EQ(m["text"], "selamat datang");
  EXPECT_EQ(m["client_ref"], "crm-7");
  EXPECT_EQ(m["priority"], "high");
  EXPECT_EQ(m["metadata"], (json{{"ticket", 42}}));
  EXPECT_EQ(m["reply_to"]["message_id"], t.message);
  EXPECT_EQ(m["sent_by"]["kind"], "api");
  EXPECT_EQ(m["sent_by"]["name"], "agent");
  EXPECT_TRUE(parse_rfc3339(m["created_at"].get<std::string>()));
  const std::string id = m["id"];
  EXPECT_EQ(host.get("/api/v1/messages/" + id, t.viewer).json(), m);
  const auto outbox = host.get("/api/v1/outbox?state=queued", t.viewer).json()["data"];
  ASSERT_EQ(outbox.size(), 1U);
  EXPECT_EQ(outbox[0]["message_id"], id);
  EXPECT_EQ(outbox[0]["priority"], "high");
  const auto timeline = host.get("/api/v1/messages/" + id + "/timeline", t.viewer).json()["data"];
  ASSERT_EQ(timeline.size(), 1U);
  EXPECT_EQ(timeline[0]["type"], "message.sent");
  EXPECT_EQ(timeline[0]["source"], "api");
  EXPECT_EQ(timeline[0]["data"]["message"], m);
}

TEST(Messages, ToANumberMakesItsContact) {
  Host host;
  const Tenant t(host, "one");
  const json body{{"account_id", t.account}, {"to", "+62 812-0000-0888"}, {"text", "halo"}};
  const auto first = host.post("/api/v1/messages", t.agent, body).json();
  const auto second = host.post("/api/v1/messages", t.agent, body).json();
  EXPECT_EQ(first["contact_id"], second["contact_id"]);
  const std::string id = first["contact_id"];
  EXPECT_EQ(host.get("/api/v1/contacts/" + id, t.viewer).json()["phone"], "+6281200000888");
}

TEST(Messages, TypesCarryTheirOwnObject) {
  Host host;
  const Tenant t(host, "one");
  const json bodies[] = {
      {{"type", "image"}, {"media", {{"url", "https://x/y.png"}, {"caption", "c"}}}},
      {{"type", "location"}, {"location", {{"latitude", -6.2}, {"longitude", 106.8}}}},
      {{"type", "contacts"}, {"contacts", json::array({{{"name", "Ayu"}}})}},
      {{"type", "template"}, {"template", {{"name", "hello"}, {"language", "id"}}}},
      {{"type", "interactive"}, {"interactive", {{"type", "button"}}}},
      {{"type", "reaction"}, {"reaction", {{"emoji", "👍"}, {"message_id", t.message}}}},
  };
  for (json body : bodies) {
    body["contact_id"] = t.contact;
    const Reply r = host.post("/api/v1/messages", t.agent, body);
    ASSERT_EQ(r.status, 202) << r.body;
    const std::string type = body["type"];
    const std::string part = type == "image" ? "media" : type;
    EXPECT_EQ(r.json()[part], body[part]) << type;
  }
}

TEST(Messages, AScheduledOneWaits) {
  Host host;
  const Tenant t(host, "one");
  ASSERT_EQ(host.post("/api/v1/messages", t.agent,
                      {{"contact_id", t.contact},
                       {"text", "later"},
                       {"scheduled_at", "2099-01-01T07:00:00+07:00"}})
                .status,
            202);
  const auto entry = host.get("/api/v1/outbox", t.viewer).json()["data"][0];
  EXPECT_EQ(entry["not_before"], "2099-01-01T00:00:00.000Z");
}

TEST(Messages, TheSocketThatSentIsKnownToTheFeed) {
  Host host;
  const Tenant t(host, "one");
  auto feed = host.feed.subscribe(~std::uint64_t{0}, -1, [] {});
  ASSERT_EQ(host.post("/api/v1/messages", t.agent, {{"contact_id", t.contact}, {"text", "x"}},
                      {{"X-Socket-ID", "123.456"}})
                .status,
            202);
  // The answer was given after the commit, and the feed hears of it before.
  const auto events = feed->poll(10);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0]->entry().type, "message.sent");
  EXPECT_EQ(events[0]->entry().origin_socket, "123.456");
}

TEST(Messages, WhatIsNoSocketIdCountsAsNone) {
  Host host;
  const Tenant t(host, "one");
  auto feed = host.feed.subscribe(~std::uint64_t{0}, -1, [] {});
  for (const auto& text : {std::string("undefined"), std::string("12"), std::string(".5"),
                           std::string("5."), std::string("1.2.3"), std::string("1.\xff"),
                           "1." + std::string(100, '1'), std::string("1.2' or '1'='1")}) {
    ASSERT_EQ(host.post("/api/v1/messages", t.agent, {{"contact_id", t.contact}, {"text", "x"}},
                        {{"X-Socket-ID", text}})
                  .status,
              202);
    const auto events = feed->poll(10);
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0]->entry().origin_socket, "") << text;
  }
}

struct Bad {
  const char* what;
  json body;
  std::vector<std::string> fields;
};

TEST(Messages, WhatIsWrongIsNamedByField) {
  Host host;
  const Tenant t(host, "one");
  const auto with = [&](json more) {
    json body{{"contact_id", t.contact}, {"text", "x"}};
    for (const auto& [key, value] : more.items()) body[key] = value;
    return body;
  };
  const Bad table[] = {
      {"nothing", json::object(), {"contact_id"}},
      {"no text", {{"contact_id", t.contact}}, {"text"}},
      {"empty text", with({{"text", ""}}), {"text"}},
      {"text as an object", with({{"text", {{"body", "x"}}}}), {"text"}},
      {"long text", with({{"text", std::string(65'537, 'a')}}), {"text"}},
      {"NUL", with({{"text", std::string("a\0b", 3)}}), {"text"}},
      {"NUL deep in metadata",
       with({{"metadata", {{"a", {std::string("\0", 1)}}}}}),
       {"metadata.a[0]"}},
      {"to without account", {{"to", "+6281200000555"}, {"text", "x"}}, {"contact_id"}},
      {"no number", {{"account_id", t.account}, {"to", "ayu"}, {"text", "x"}}, {"to"}},
      {"unknown type", with({{"type", "fax"}}), {"type"}},
      {"type that cannot be sent", with({{"type", "system"}}), {"type"}},
      {"type as a number", with({{"type", 5}}), {"type"}},
      {"image without media", with({{"type", "image"}}), {"media"}},
      {"media as text", with({{"type", "image"}, {"media", "x"}}), {"media"}},
      {"unknown priority", with({{"priority", "asap"}}), {"priority"}},
      {"scheduled at no time", with({{"scheduled_at", "soon"}}), {"scheduled_at"}},
      {"scheduled at a number", with({{"scheduled_at", 1}}), {"scheduled_at"}},
      {"metadata as a list", with({{"metadata", {1}}}), {"metadata"}},
      {"reply to nothing", with({{"reply_to", "x"}}), {"reply_to"}},
      {"reply to a number", with({{"reply_to", 4}}), {"reply_to"}},
      {"long reference", with({{"client_ref", std::string(256, 'r')}}), {"client_ref"}},
      {"a mistyped member", with({{"schedule_at", "2099-01-01T00:00:00Z"}}), {"schedule_at"}},
      {"two at once", with({{"type", 5}, {"metadata", 1}}), {"type", "metadata"}},
  };
  for (const Bad& bad : table) {
    const Reply r = host.post("/api/v1/messages", t.agent, bad.body);
    EXPECT_EQ(r.status, 422) << bad.what << ": " << r.body;
    EXPECT_EQ(r.fields(), bad.fields) << bad.what << ": " << r.body;
  }
  EXPECT_TRUE(host.get("/api/v1/outbox", t.viewer).json()["data"].empty());
}

TEST(Messages, ABlockedContactIsNotSentTo) {
  Host host;
  const Tenant t(host, "one");
  ASSERT_EQ(host.patch("/api/v1/contacts/" + t.contact, t.agent, {{"blocked", true}}).status, 200);
  EXPECT_EQ(
      host.post("/api/v1/messages", t.agent, {{"contact_id", t.contact}, {"text", "x"}}).fields(),
      std::vector<std::string>{"contact_id"});
}

// A refusal that comes late leaves nothing of what was done before it.
TEST(Messages, ARefusedSendLeavesNoContactBehind) {
  Host host;
  const Tenant t(host, "one");
  const json body{
      {"account_id", t.account}, {"to", "+6281200000888"}, {"text", "x"}, {"reply_to", t.message}};
  ASSERT_EQ(host.post("/api/v1/messages", t.agent, body).status, 422);
  EXPECT_EQ(host.get("/api/v1/contacts", t.viewer).json()["data"].size(), 1U);
}

}  // namespace
}  // namespace gardu::host
