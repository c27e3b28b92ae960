// SPDX-License-Identifier: Apache-2.0
// /plugins: settings of a workspace, switching and restarting, and the backlog.
#include "storage/backlog.hpp"
#include "storage/retention.hpp"
#include "support.hpp"

namespace gardu::host {
namespace {

using nlohmann::json;

class Plugins : public ::testing::Test {
 protected:
  Plugins() {
    PluginView view;
    view.id = "rules";
    view.state = "running";
    host.plugins = {view};
  }
  void park(std::int64_t seq, const std::string& state = "parked") {
    host.write([&](storage::Transaction& tx) {
      storage::BacklogEntry e;
      e.plugin = "rules";
      e.seq = seq;
      e.lane = "lane";
      e.state = state;
      e.attempts = 8;
      e.error = "no such word";
      storage::backlog::put(tx, e);
    });
  }
  Host host;
  const Tenant t{host, "one"};
  const std::string path = "/api/v1/plugins/rules";
};

TEST_F(Plugins, AWorkspaceHasSettingsOfItsOwn) {
  const Tenant other(host, "two");
  EXPECT_EQ(host.get(path, t.admin).json()["settings"], json::object());
  const json mine{{"settings", {{"words", {"hello"}}}}};
  const auto set = host.patch(path, t.admin, mine);
  ASSERT_EQ(set.status, 200) << set.body;
  EXPECT_EQ(set.json()["settings"], mine["settings"]);
  EXPECT_EQ(host.get(path, other.admin).json()["settings"], json::object());
  EXPECT_EQ(host.patch(path, t.admin, {{"settings", nullptr}}).json()["settings"], json::object());
}

TEST_F(Plugins, SettingsAreChecked) {
  const auto wrong = host.patch(path, t.admin, {{"settings", {{"wrong", 1}}}});
  EXPECT_EQ(wrong.status, 422);
  EXPECT_EQ(wrong.fields(), std::vector<std::string>{"settings.wrong"});
  EXPECT_EQ(host.patch(path, t.admin, {{"no_such", 1}}).status, 422);
  EXPECT_EQ(host.patch(path, t.admin, {{"settings", 7}}).status, 422);
  EXPECT_EQ(host.patch(path, host.platform_token(), {{"settings", {{"a", 1}}}}).status, 422);
  EXPECT_EQ(host.patch(path, t.agent, {{"settings", {{"a", 1}}}}).status, 403);
  EXPECT_EQ(host.patch("/api/v1/plugins/none", t.admin, {{"settings", {{"a", 1}}}}).status, 404);
}

TEST_F(Plugins, TheAdminOfTheOnlyWorkspaceRestartsAndSwitches) {
  EXPECT_EQ(host.post(path + "/restart", t.admin, json::object()).status, 200);
  EXPECT_EQ(host.patch(path, t.admin, {{"enabled", false}}).status, 200);
  EXPECT_EQ(host.restarted, (std::vector<std::string>{"rules", "-rules"}));
  EXPECT_EQ(host.post(path + "/restart", t.agent, json::object()).status, 403);
  host.control_answer = Status::internal("the new copy did not start");
  const auto failed = host.post(path + "/restart", t.admin, json::object());
  EXPECT_EQ(failed.status, 409);
  EXPECT_EQ(failed.json()["detail"], "the new copy did not start");
}

TEST_F(Plugins, WhereThereAreSeveralWorkspacesItIsThePlatforms) {
  const Tenant other(host, "two");
  park(5);
  EXPECT_EQ(host.post(path + "/restart", t.owner, json::object()).status, 403);
  EXPECT_EQ(host.patch(path, t.owner, {{"enabled", false}}).status, 403);
  EXPECT_EQ(host.get(path + "/backlog", t.owner).status, 403);
  EXPECT_EQ(host.post(path + "/backlog/replay", t.owner, json::object()).status, 403);
  EXPECT_EQ(host.remove(path + "/backlog/5", t.owner).status, 403);
  EXPECT_TRUE(host.restarted.empty());
  EXPECT_EQ(host.post(path + "/restart", host.platform_token(), json::object()).status, 200);
  EXPECT_EQ(host.get(path + "/backlog", host.platform_token()).status, 200);
}

TEST_F(Plugins, TheBacklogIsSeenReplayedAndDiscarded) {
  for (const std::int64_t seq : {3, 5, 9}) park(seq);
  park(11, "waiting");
  EXPECT_EQ(host.get(path, t.admin).json()["backlog"], (json{{"waiting", 1}, {"parked", 3}}));
  const auto page = host.get(path + "/backlog?limit=2", t.admin).json();
  ASSERT_EQ(page["data"].size(), 2U);
  EXPECT_EQ(page["data"][0]["seq"], 3);
  EXPECT_EQ(page["data"][0]["error"], "no such word");
  EXPECT_EQ(page["data"][0]["attempts"], 8);
  const auto rest =
      host.get(path + "/backlog?limit=2&cursor=" + page["next_cursor"].get<std::string>(), t.admin);
  EXPECT_EQ(rest.json()["data"].size(), 1U);

  EXPECT_EQ(host.post(path + "/backlog/replay", t.admin, {{"seq", 4}}).status, 404);
  EXPECT_EQ(host.post(path + "/backlog/replay", t.admin, {{"seq", "x"}}).status, 422);
  EXPECT_EQ(host.post(path + "/backlog/replay", t.admin, {{"seq", 5}}).json()["replayed"], 1);
  EXPECT_EQ(host.restarted, std::vector<std::string>{"replay rules"});
  EXPECT_EQ(host.remove(path + "/backlog/5", t.admin).status, 404);  // it is not parked any more
  EXPECT_EQ(host.remove(path + "/backlog/x", t.admin).status, 404);
  EXPECT_EQ(host.remove(path + "/backlog/3", t.admin).status, 204);
  EXPECT_EQ(host.post(path + "/backlog/replay", t.admin, json::object()).json()["replayed"], 1);
  EXPECT_EQ(host.get(path, t.admin).json()["backlog"], (json{{"waiting", 3}, {"parked", 0}}));
}

TEST_F(Plugins, ADurableSubscriberIsShownTheJournalAgain) {
  EXPECT_EQ(host.post(path + "/replay", t.admin, {{"after_seq", 0}}).status, 202);
  EXPECT_EQ(host.restarted, std::vector<std::string>{"replay rules after 0"});
  EXPECT_EQ(host.post(path + "/replay", t.admin, json::object()).status, 422);
  EXPECT_EQ(host.post(path + "/replay", t.admin, {{"after_seq", -1}}).status, 422);
  EXPECT_EQ(host.post(path + "/replay", t.admin, {{"after_seq", 1'000'000}}).status, 422);
  EXPECT_EQ(host.post(path + "/replay", t.agent, {{"after_seq", 0}}).status, 403);
  host.write([&](storage::Transaction& tx) {
    EXPECT_GT(storage::retention::delete_journal(tx, t.workspace, 0, 2), 0);
  });
  const auto refused = host.post(path + "/replay", t.admin, {{"after_seq", 1}});
  EXPECT_EQ(refused.status, 409);
  EXPECT_NE(refused.body.find("after seq 2"), std::string::npos) << refused.body;
  EXPECT_EQ(host.restarted.size(), 1U);
  EXPECT_EQ(host.post(path + "/replay", t.admin, {{"after_seq", 2}}).status, 202);
  host.control_answer = Status::rejected("it is live");
  EXPECT_EQ(host.post(path + "/replay", t.admin, {{"after_seq", 2}}).status, 409);
  host.control_answer = Status::timeout("it is busy");
  EXPECT_EQ(host.post(path + "/replay", t.admin, {{"after_seq", 2}}).status, 503);
}

}  // namespace
}  // namespace gardu::host
