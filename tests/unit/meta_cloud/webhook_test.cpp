// SPDX-License-Identifier: Apache-2.0
//
// Webhooks into publications: a table of fixtures, and whole envelopes.
#include "webhook.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "signature.hpp"

namespace gardu::meta_cloud {
namespace {

using Json = nlohmann::json;

Accounts two_accounts() {
  Accounts accounts;
  for (const auto& [id, number] :
       {std::pair{"acc-1", "777000111"}, std::pair{"acc-2", "777000222"}}) {
    Account a;
    a.id = id;
    a.address = number;
    a.credentials = R"({"access_token":"token"})";
    EXPECT_TRUE(accounts.add(a).ok());
  }
  return accounts;
}

Json parsed(const std::string& text) { return text.empty() ? Json() : Json::parse(text); }

Json peer_json(const Peer& peer) {
  constexpr const char* kKinds[] = {"phone", "lid", "bsuid", "group", "other"};
  Json identities = Json::array();
  for (const Identity& i : peer.identities)
    identities.push_back(std::string(kKinds[i.kind]) + ":" + i.value);
  return {{"identities", identities},
          {"address", peer.address},
          {"name", peer.name},
          {"is_group", peer.is_group}};
}

// A publication in the form that the fixtures expect it.
Json as_json(const Publication& p) {
  Json out{{"event", static_cast<int>(p.type)},
           {"account", p.account_id},
           {"at", p.occurred_at},
           {"target", p.target},
           {"text", p.text},
           {"data", parsed(p.data)}};
  if (p.peer) out["peer"] = peer_json(*p.peer);
  if (p.message) {
    const InboundMessage& m = *p.message;
    out["message"] = {{"type", static_cast<int>(m.type)},
                      {"direction", static_cast<int>(m.direction)},
                      {"forwarded", m.forwarded},
                      {"id", m.provider_message_id},
                      {"text", m.text},
                      {"content", parsed(m.content)},
                      {"metadata", parsed(m.metadata)},
                      {"reply_to", m.reply_to_provider_id},
                      {"sender", m.sender_address + "|" + m.sender_name}};
  }
  if (p.status) {
    const InboundStatus& s = *p.status;
    out["status"] = {{"status", static_cast<int>(s.status)},
                     {"id", s.provider_message_id},
                     {"message_id", s.message_id},
                     {"participant", s.participant},
                     {"code", s.error_code},
                     {"title", s.error_title},
                     {"details", s.error_detail},
                     {"retryable", s.error_retryable}};
  }
  return out;
}

// Every member that `expected` has, `actual` has likewise; content and data in full.
void expect_within(const Json& expected, const Json& actual, const std::string& where) {
  for (const auto& [key, value] : expected.items()) {
    const std::string path = where + "." + key;
    ASSERT_TRUE(actual.contains(key)) << path << " in " << actual.dump();
    const bool whole = key == "content" || key == "metadata" || key == "data";
    if (value.is_object() && !whole)
      expect_within(value, actual[key], path);
    else
      EXPECT_EQ(value, actual[key]) << path;
  }
}

Json envelope(const Json& value, const char* field = "messages") {
  return {{"object", "whatsapp_business_account"},
          {"entry", {{{"id", "880011"}, {"changes", {{{"value", value}, {"field", field}}}}}}}};
}

Json value_with(const char* list, Json elements, const Json& contacts = Json::array()) {
  return {
      {"messaging_product", "whatsapp"},
      {"metadata", {{"display_phone_number", "+62 812-0000-1"}, {"phone_number_id", "777000111"}}},
      {"contacts", contacts},
      {list, std::move(elements)}};
}

Webhook read(const Json& body) {
  Accounts accounts = two_accounts();
  auto webhook = read_webhook(body.dump(), accounts);
  EXPECT_TRUE(webhook.has_value());
  return webhook ? std::move(*webhook) : Webhook{};
}

// A file of cases: {"name", "list"?, "field"?, "contacts"?, "element" or "value", "expect": {…}}.
void check_file(const std::string& name) {
  std::ifstream file(std::string(META_CLOUD_FIXTURES) + "/" + name);
  ASSERT_TRUE(file.good()) << name;
  for (const Json& c : Json::parse(file)) {
    SCOPED_TRACE(c.at("name").get<std::string>());
    const std::string list = c.value("list", "messages");
    const std::string field = c.value("field", "messages");
    const Json value = c.contains("value")
                           ? c.at("value")
                           : value_with(list.c_str(), Json::array({c.at("element")}),
                                        c.value("contacts", Json::array()));
    const Webhook webhook = read(envelope(value, field.c_str()));
    if (c.at("expect").is_null()) {
      EXPECT_TRUE(webhook.publications.empty());
      continue;
    }
    EXPECT_EQ(webhook.publications.size(), 1U);
    if (webhook.publications.size() == 1)
      expect_within(c.at("expect"), as_json(webhook.publications[0]), "publication");
  }
}

TEST(WebhookTable, Messages) { check_file("messages.json"); }
TEST(WebhookTable, People) { check_file("people.json"); }
TEST(WebhookTable, Hostile) { check_file("hostile.json"); }
TEST(WebhookTable, Statuses) { check_file("statuses.json"); }

TEST(WebhookTable, EveryHostileElementIsKeptWhole) {
  std::ifstream file(std::string(META_CLOUD_FIXTURES) + "/hostile.json");
  for (const Json& c : Json::parse(file)) {
    if (!c.contains("element") || c.value("list", "messages") != "messages") continue;
    SCOPED_TRACE(c.at("name").get<std::string>());
    const Webhook webhook = read(envelope(value_with("messages", Json::array({c.at("element")}))));
    ASSERT_EQ(webhook.publications.size(), 1U);
    const auto& message = webhook.publications[0].message;
    ASSERT_TRUE(message.has_value());
    EXPECT_EQ(message->type, GARDU_MESSAGE_UNSUPPORTED);
    EXPECT_EQ(Json::parse(message->metadata).at("raw"), c.at("element"));
    EXPECT_FALSE(message->provider_message_id.empty());
    ASSERT_TRUE(webhook.publications[0].peer.has_value());
    EXPECT_FALSE(webhook.publications[0].peer->identities.empty());
    EXPECT_EQ(webhook.unsupported, 1U);
  }
}

Json text_message(const std::string& id, const std::string& body, const char* from = "6281200001") {
  return {{"from", from},
          {"id", id},
          {"timestamp", "1700000000"},
          {"type", "text"},
          {"text", {{"body", body}}}};
}

TEST(Webhook, RefusesWhatIsNone) {
  Accounts accounts = two_accounts();
  for (const char* bad :
       {"", "{", "[]", "null", "42", "{}", R"({"object":"page"})", R"({"object":1})"})
    EXPECT_FALSE(read_webhook(bad, accounts)) << bad;
}

TEST(Webhook, TakesAnEmptyOne) {
  for (const char* text :
       {R"({"object":"whatsapp_business_account"})",
        R"({"object":"whatsapp_business_account","entry":[]})",
        R"({"object":"whatsapp_business_account","entry":null})",
        R"({"object":"whatsapp_business_account","entry":[{"id":"1","changes":[]}]})"}) {
    Accounts accounts = two_accounts();
    const auto webhook = read_webhook(text, accounts);
    ASSERT_TRUE(webhook) << text;
    EXPECT_TRUE(webhook->publications.empty());
    EXPECT_EQ(webhook->malformed, 0U);
  }
}

TEST(Webhook, ReadsEveryEntryChangeAndElement) {
  Json body = envelope(value_with("messages", {text_message("m1", "a"), text_message("m2", "b")}));
  Json second = value_with("messages", {text_message("m3", "c")});
  second["metadata"]["phone_number_id"] = 777000222;  // a number for a text
  second["statuses"] = {{{"id", "s1"}, {"status", "read"}, {"timestamp", "1700000001"}}};
  second["errors"] = {
      {{"code", 130429}, {"title", "Rate limit hit"}, {"error_data", {{"details", "slow"}}}}};
  body["entry"].push_back(7);
  body["entry"].push_back({{"changes", {nullptr, {{"field", "messages"}, {"value", second}}}}});
  const Webhook webhook = read(body);
  ASSERT_EQ(webhook.publications.size(), 5U);
  EXPECT_EQ(webhook.malformed, 2U);
  EXPECT_EQ(webhook.publications[1].message->provider_message_id, "m2");
  EXPECT_EQ(webhook.publications[2].account_id, "acc-2");
  EXPECT_EQ(webhook.publications[3].status->provider_message_id, "s1");
  EXPECT_EQ(webhook.publications[4].type, GARDU_EVENT_ACCOUNT_HEALTH);
  EXPECT_EQ(
      parsed(webhook.publications[4].data),
      Json::parse(R"({"error":{"code":"130429","title":"Rate limit hit","details":"slow"}})"));
}

TEST(Webhook, GoesOnPastABadElement) {
  const Webhook webhook =
      read(envelope(value_with("messages", {text_message("m1", "a"), 5, text_message("m2", "b")})));
  ASSERT_EQ(webhook.publications.size(), 3U);
  EXPECT_EQ(webhook.publications[0].message->text, "a");
  EXPECT_EQ(webhook.publications[1].message->type, GARDU_MESSAGE_UNSUPPORTED);
  EXPECT_EQ(webhook.publications[2].message->text, "b");
}

TEST(Webhook, ABadCharacterCostsOnlyItsOwnMessage) {
  std::string body =
      envelope(value_with("messages", {text_message("m1", "good"), text_message("m2", "BAD"),
                                       text_message("m3", "WORSE"), text_message("m4", "\\u")}))
          .dump();
  body.replace(body.find("BAD"), 3, "x\xFFy");
  body.replace(body.find("WORSE"), 5, "\\ud83d");
  Accounts accounts = two_accounts();
  const auto webhook = read_webhook(body, accounts);
  ASSERT_TRUE(webhook);
  ASSERT_EQ(webhook->publications.size(), 4U);
  EXPECT_EQ(webhook->publications[0].message->text, "good");
  for (const size_t i : {1U, 2U}) {
    const InboundMessage& m = *webhook->publications[i].message;
    EXPECT_EQ(m.type, GARDU_MESSAGE_UNSUPPORTED);
    EXPECT_EQ(m.provider_message_id, i == 1 ? "m2" : "m3");
    EXPECT_NE(m.metadata.find("\xEF\xBF\xBD"), std::string::npos);
    EXPECT_TRUE(Json::accept(m.metadata));
  }
  EXPECT_EQ(webhook->publications[3].message->text, "\\u");
}

TEST(Webhook, ADeepElementIsKeptAsFarAsItGoes) {
  std::string body =
      envelope(value_with("messages", {text_message("m1", "good"), text_message("m2", "DEEP")}))
          .dump();
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  body.replace(body.find("\"DEEP\""), 6, deep);
  Accounts accounts = two_accounts();
  const auto webhook = read_webhook(body, accounts);
  ASSERT_TRUE(webhook);
  ASSERT_EQ(webhook->publications.size(), 2U);
  EXPECT_EQ(webhook->publications[0].message->text, "good");
  EXPECT_EQ(webhook->publications[1].message->type, GARDU_MESSAGE_UNSUPPORTED);
  EXPECT_EQ(webhook->publications[1].message->provider_message_id, "m2");
}

TEST(Webhook, AMadeUpIdStaysTheSame) {
  const Json element =
      Json::parse(R"({"type":"text","text":{"body":"no id"},"from":"6281200001"})");
  const Json body = envelope(value_with("messages", {element}));
  const std::string first = read(body).publications.at(0).message->provider_message_id;
  EXPECT_EQ(first, read(body).publications.at(0).message->provider_message_id);
  EXPECT_EQ(first, "invalid:" + sha256_hex(element.dump()));
}

TEST(Webhook, CountsWhatItDoesNotPublish) {
  Json unknown = value_with("messages", {text_message("m1", "a")});
  unknown["metadata"]["phone_number_id"] = "999";
  Webhook webhook = read(envelope(unknown));
  EXPECT_TRUE(webhook.publications.empty());
  EXPECT_EQ(webhook.unknown_numbers, std::set<std::string>{"999"});

  webhook = read(envelope({{"event", "VERIFIED_ACCOUNT"}}, "account_update"));
  EXPECT_EQ(webhook.ignored_fields.at("account_update"), 1U);

  webhook = read(envelope(value_with("statuses", {{{"id", "x"}, {"status", "warning"}},
                                                  {{"id", "x"}, {"status", "deleted"}},
                                                  {{"status", "sent"}},
                                                  "sent"})));
  EXPECT_TRUE(webhook.publications.empty());
  EXPECT_EQ(webhook.ignored_statuses, 2U);
  EXPECT_EQ(webhook.malformed, 2U);
}

TEST(Webhook, FindsTheAccountsOfABusiness) {
  Accounts accounts = two_accounts();
  const Json status = {{"event", "REJECTED"},
                       {"message_template_id", 123},
                       {"message_template_name", "promo"},
                       {"message_template_language", "id"},
                       {"reason", "ABUSIVE_CONTENT"}};
  const std::string change = envelope(status, "message_template_status_update").dump();
  EXPECT_TRUE(read_webhook(change, accounts)->publications.empty());  // not known whose it is

  ASSERT_TRUE(
      read_webhook(envelope(value_with("messages", {text_message("m1", "a")})).dump(), accounts));
  auto webhook = read_webhook(change, accounts);
  ASSERT_EQ(webhook->publications.size(), 1U);
  EXPECT_EQ(webhook->publications[0].account_id, "acc-1");
  EXPECT_EQ(webhook->publications[0].type, GARDU_EVENT_TEMPLATE_STATUS);
  EXPECT_EQ(
      parsed(webhook->publications[0].data),
      Json::parse(
          R"({"name":"promo","language":"id","status":"REJECTED","reason":"ABUSIVE_CONTENT"})"));

  const Json quality = {
      {"display_phone_number", "6281200001"}, {"event", "FLAGGED"}, {"current_limit", "TIER_1K"}};
  webhook = read_webhook(envelope(quality, "phone_number_quality_update").dump(), accounts);
  ASSERT_EQ(webhook->publications.size(), 1U);
  EXPECT_EQ(parsed(webhook->publications[0].data),
            Json::parse(R"({"quality":"FLAGGED","limits":{"current":"TIER_1K"}})"));
}

}  // namespace
}  // namespace gardu::meta_cloud
