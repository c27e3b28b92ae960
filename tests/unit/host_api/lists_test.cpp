// SPDX-License-Identifier: Apache-2.0
// Pages: complete, without repeats, stable while others insert, and strict about what they are
// given.
#include <set>

#include "support.hpp"

namespace gardu::host {
namespace {

// All ids of a list, page by page; `between` runs after each page.
std::vector<std::string> walk(
    Host& host, const std::string& path, const std::string& token,
    const std::function<void()>& between = [] {}) {
  std::vector<std::string> ids;
  std::string cursor;
  for (int pages = 0; pages < 100; ++pages) {
    const Reply r = host.get("/api/v1" + path + (cursor.empty() ? "" : "&cursor=" + cursor), token);
    EXPECT_EQ(r.status, 200) << r.body;
    const auto j = r.json();
    for (const auto& e : j["data"]) ids.push_back(e["id"].get<std::string>());
    if (j["next_cursor"].is_null()) return ids;
    cursor = j["next_cursor"];
    between();
  }
  ADD_FAILURE() << path << " does not end";
  return ids;
}

std::size_t distinct(const std::vector<std::string>& ids) {
  return std::set<std::string>(ids.begin(), ids.end()).size();
}

TEST(Lists, PagesAreStableUnderInserts) {
  Host host;
  const Tenant t(host, "one");
  std::set<std::string> before;
  for (int i = 0; i < 24; ++i) before.insert(host.inbound(t.workspace, t.contact, "m"));
  before.insert(t.message);
  const auto ids = walk(host, "/messages?limit=7", t.viewer,
                        [&] { host.inbound(t.workspace, t.contact, "meanwhile"); });
  EXPECT_EQ(distinct(ids), ids.size());
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()), before);
  const auto history = walk(host, "/contacts/" + t.contact + "/messages?limit=5", t.viewer);
  EXPECT_EQ(history.size(), 28U);  // with the three from between four pages
  EXPECT_EQ(distinct(history), 28U);
}

TEST(Lists, EveryListIsWholeInPagesOfOne) {
  Host host;
  const Tenant t(host, "one");
  host.account(t.workspace, "+6281100000002");
  host.contact(t.workspace, t.account, "+6281200000556");
  host.contact(t.workspace, t.account, "+6281200000557");
  EXPECT_EQ(walk(host, "/accounts?limit=1", t.admin).size(), 2U);
  EXPECT_EQ(walk(host, "/contacts?limit=1", t.admin).size(), 3U);
  EXPECT_EQ(walk(host, "/tokens?limit=1", t.admin).size(), 4U);
  EXPECT_EQ(walk(host, "/messages?limit=1", t.admin).size(), 1U);
  EXPECT_EQ(walk(host, "/events?limit=1", t.admin).size(), 4U);
  host.workspace("two");
  EXPECT_EQ(walk(host, "/workspaces?limit=1", host.platform_token()).size(), 2U);
  const nlohmann::json body{{"contact_id", t.contact}, {"text", "x"}};
  for (int i = 0; i < 3; ++i) ASSERT_EQ(host.post("/api/v1/messages", t.agent, body).status, 202);
  int entries = 0;
  std::string cursor;
  do {
    const auto j = host.get("/api/v1/outbox?limit=2" + cursor, t.viewer).json();
    entries += static_cast<int>(j["data"].size());
    cursor = j["next_cursor"].is_null() ? "" : "&cursor=" + j["next_cursor"].get<std::string>();
  } while (!cursor.empty());
  EXPECT_EQ(entries, 3);
}

// Rows that are not shown must not end the list.
TEST(Lists, ANarrowedTokenReachesTheEnd) {
  Host host;
  const Tenant t(host, "one");
  const auto mine = host.account(t.workspace, "+6281100000002");
  std::set<std::string> expected;
  for (int i = 0; i < 6; ++i) {
    const auto phone = "+62812000006" + std::to_string(10 + i);
    const auto contact = host.contact(t.workspace, i % 3 == 2 ? mine : t.account, phone);
    const auto message = host.inbound(t.workspace, contact, "m");
    if (i % 3 == 2) expected.insert(message);
  }
  const auto token = host.token(t.workspace, "viewer", nullptr, {mine});
  const auto ids = walk(host, "/messages?limit=1", token);
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()), expected);
  EXPECT_EQ(walk(host, "/contacts?limit=1", token).size(), 2U);
  EXPECT_EQ(walk(host, "/accounts?limit=1", token).size(), 1U);
}

TEST(Lists, LimitsAndCursorsAreChecked) {
  Host host;
  const Tenant t(host, "one");
  for (const char* list :
       {"/accounts", "/contacts", "/messages", "/events", "/outbox", "/tokens"}) {
    for (const char* bad : {"limit=0", "limit=201", "limit=-1", "limit=x", "limit=1e2",
                            "limit=99999999999999999999", "cursor=x", "cursor=!!", "cursor=bnVsbA",
                            "cursor=WyIxIiwiMiIsIjMiXQ", "cursor=W10", "cursor=WzFd"}) {
      const auto path = "/api/v1" + std::string(list) + "?" + bad;
      EXPECT_EQ(host.get(path, t.admin).status, 422) << path;
    }
    EXPECT_EQ(host.get("/api/v1" + std::string(list) + "?limit=200", t.admin).status, 200) << list;
  }
  // ["x","y"]: of the right shape, and no place in any order.
  EXPECT_EQ(host.get("/api/v1/messages?cursor=WyJ4IiwieSJd", t.admin).status, 422);
  EXPECT_EQ(host.get("/api/v1/messages?x=%zz", t.admin).status, 400);
}

TEST(Lists, FiltersAreChecked) {
  Host host;
  const Tenant t(host, "one");
  for (const char* bad :
       {"/messages?direction=up", "/messages?type=fax", "/messages?status=lost",
        "/messages?since=yesterday", "/messages?until=1", "/contacts?unread=maybe",
        "/contacts?archived=2", "/outbox?state=odd", "/events?after_seq=-1", "/events?after_seq=x",
        "/messages?q=%00", "/contacts?q=%ff"})
    EXPECT_EQ(host.get("/api/v1" + std::string(bad), t.viewer).status, 422) << bad;
}

TEST(Lists, MessagesAreFiltered) {
  Host host;
  const Tenant t(host, "one");
  ASSERT_EQ(host.post("/api/v1/messages", t.agent,
                      {{"contact_id", t.contact}, {"text", "terima kasih banyak"}})
                .status,
            202);
  const auto count = [&](const std::string& query) {
    const Reply r = host.get("/api/v1/messages?" + query, t.viewer);
    EXPECT_EQ(r.status, 200) << query << r.body;
    return r.json()["data"].size();
  };
  EXPECT_EQ(count("direction=inbound"), 1U);
  EXPECT_EQ(count("direction=outbound&status=pending&type=text"), 1U);
  EXPECT_EQ(count("status=read"), 0U);
  EXPECT_EQ(count("q=kasih"), 1U);
  EXPECT_EQ(count("q=%22%28%2A%20or"), 0U);  // what a full text engine would read as syntax
  EXPECT_EQ(count("contact_id=" + t.contact), 2U);
  EXPECT_EQ(count("since=2001-01-01T00:00:00Z"), 2U);
  EXPECT_EQ(count("until=2001-01-01T00:00:00.000Z"), 0U);
}

}  // namespace
}  // namespace gardu::host
