// SPDX-License-Identifier: Apache-2.0
// Contacts and their conversations.
#include "support.hpp"

namespace gardu::host {
namespace {

using nlohmann::json;

TEST(Contacts, OneIsMadeAndFound) {
  Host host;
  const Tenant t(host, "one");
  const json body{{"account_id", t.account}, {"address", "+62 812 0000 0777"}, {"name", "Ayu"}};
  const Reply r = host.post("/api/v1/contacts", t.agent, body);
  ASSERT_EQ(r.status, 201) << r.body;
  EXPECT_EQ(r.json()["phone"], "+6281200000777");
  EXPECT_EQ(r.json()["name"], "Ayu");
  EXPECT_EQ(r.json()["conversation"]["status"], "open");
  const std::string id = r.json()["id"];
  EXPECT_EQ(host.get("/api/v1/contacts/" + id, t.viewer).json(), r.json());
  EXPECT_EQ(host.post("/api/v1/contacts", t.agent, body).status, 409);
  const auto found = [&](const std::string& query) {
    return host.get("/api/v1/contacts?" + query, t.viewer).json()["data"].size();
  };
  EXPECT_EQ(found("q=ay"), 1U);
  EXPECT_EQ(found("q=0777"), 1U);
  EXPECT_EQ(found("q=%25"), 0U);
  EXPECT_EQ(found("unread=true"), 1U);
  EXPECT_EQ(found("unread=false"), 1U);
  EXPECT_EQ(found("account_id=" + t.account), 2U);
}

TEST(Contacts, WhatIsWrongIsNamedByField) {
  Host host;
  const Tenant t(host, "one");
  const struct {
    json body;
    std::vector<std::string> fields;
  } table[] = {
      {json::object(), {"account_id", "address"}},
      {{{"account_id", t.account}}, {"address"}},
      {{{"account_id", t.account}, {"address", "ayu"}}, {"address"}},
      {{{"account_id", t.message}, {"address", "+6281200000777"}}, {"account_id"}},
      {{{"account_id", 1}, {"address", "+6281200000777"}}, {"account_id"}},
      {{{"account_id", t.account}, {"address", "+6281200000777"}, {"name", {1}}}, {"name"}},
      {{{"account_id", t.account}, {"address", "+6281200000777"}, {"name", std::string(256, 'n')}},
       {"name"}},
  };
  for (const auto& c : table) {
    const Reply r = host.post("/api/v1/contacts", t.agent, c.body);
    EXPECT_EQ(r.status, 422) << c.body;
    EXPECT_EQ(r.fields(), c.fields) << c.body;
  }
}

TEST(Contacts, AChangeIsStoredAndJournaled) {
  Host host;
  const Tenant t(host, "one");
  const std::string path = "/api/v1/contacts/" + t.contact;
  const Reply r = host.patch(path, t.agent,
                             {{"name", "Ibu Ayu"},
                              {"labels", {"vip"}},
                              {"custom_fields", {{"city", "Bandung"}}},
                              {"archived", true}});
  ASSERT_EQ(r.status, 200) << r.body;
  EXPECT_EQ(host.get(path, t.viewer).json(), r.json());
  EXPECT_EQ(r.json()["labels"], json{"vip"});
  const auto count = [&](const char* query) {
    return host.get(std::string("/api/v1/contacts?") + query, t.viewer).json()["data"].size();
  };
  EXPECT_EQ(count("label=vip"), 1U);
  EXPECT_EQ(count("label=vi"), 0U);
  EXPECT_EQ(count("archived=true"), 1U);
  const auto events = host.get("/api/v1/events?types=contact.updated", t.viewer).json()["data"];
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0]["data"]["contact"]["name"], "Ibu Ayu");
  EXPECT_EQ(host.patch(path, t.agent, {{"name", nullptr}}).json()["name"], nullptr);
  for (const json& bad : {json{{"labels", "vip"}}, json{{"labels", {1}}}, json{{"archived", "yes"}},
                          json{{"custom_fields", json::array()}}})
    EXPECT_EQ(host.patch(path, t.agent, bad).status, 422) << bad;
}

TEST(Contacts, ReadingClearsTheUnreadOnce) {
  Host host;
  const Tenant t(host, "one");
  const std::string path = "/api/v1/contacts/" + t.contact;
  EXPECT_EQ(host.get(path, t.viewer).json()["unread"], 1);
  EXPECT_EQ(host.call("POST", path + "/read", t.agent).json()["unread"], 0);
  EXPECT_EQ(host.call("POST", path + "/read", t.agent).status, 200);
  EXPECT_EQ(host.get(path, t.viewer).json()["unread"], 0);
  EXPECT_EQ(host.get("/api/v1/events?types=conversation.updated", t.viewer).json()["data"].size(),
            1U);
}

TEST(Contacts, AConversationIsWorked) {
  Host host;
  const Tenant t(host, "one");
  const std::string path = "/api/v1/contacts/" + t.contact + "/conversation";
  const auto c = host.patch(path, t.agent, {{"status", "pending"}, {"auto_reply", false}}).json();
  EXPECT_EQ(c["conversation"],
            (json{{"status", "pending"}, {"assigned_to", nullptr}, {"auto_reply", false}}));
  EXPECT_EQ(host.patch(path, t.agent, {{"status", "lost"}}).fields(),
            std::vector<std::string>{"status"});
  EXPECT_EQ(host.patch(path, t.agent, {{"auto_reply", 1}}).fields(),
            std::vector<std::string>{"auto_reply"});
}

TEST(Contacts, AHistoryIsReadBothWays) {
  Host host;
  const Tenant t(host, "one");
  std::vector<std::string> ids{t.message};
  for (int i = 0; i < 4; ++i) ids.push_back(host.inbound(t.workspace, t.contact, "m"));
  const std::string path = "/api/v1/contacts/" + t.contact + "/messages";
  const auto read = [&](const std::string& query) {
    std::vector<std::string> out;
    const json page = host.get(path + query, t.viewer).json();
    for (const auto& m : page["data"]) out.push_back(m["id"]);
    return out;
  };
  EXPECT_EQ(read(""), (std::vector<std::string>{ids[4], ids[3], ids[2], ids[1], ids[0]}));
  EXPECT_EQ(read("?before=" + ids[2]), (std::vector<std::string>{ids[1], ids[0]}));
  EXPECT_EQ(read("?after=" + ids[2]), (std::vector<std::string>{ids[4], ids[3]}));
  EXPECT_EQ(read("?limit=1&after=" + ids[2]), std::vector<std::string>{ids[3]});
  EXPECT_EQ(read("?after=" + ids[4]), std::vector<std::string>{});
  EXPECT_EQ(host.get(path + "?before=" + t.contact, t.viewer).status, 422);
}

}  // namespace
}  // namespace gardu::host
