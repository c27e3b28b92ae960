// SPDX-License-Identifier: Apache-2.0
//
// The services of 1.1 as C++ calls: db, kv, requests to the outside, media, directory, settings,
// posted work.
#include <gtest/gtest.h>

#include <array>
#include <gardu/host.hpp>
#include <gardu/testing/fake_host.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace gardu::sdk_test {
namespace {

using testing::Cells;
using testing::SqlStep;

class Services : public ::testing::Test {
 protected:
  ~Services() override { EXPECT_EQ(fake_.fault_text(), ""); }
  int32_t code_of(const std::function<void()>& f) {
    try {
      f();
    } catch (const Failure& failure) {
      return failure.status().code();
    }
    return GARDU_OK;
  }
  testing::FakeHost fake_;
  Host host_{fake_.table()};
};

// ---- db
TEST_F(Services, SqlBindsItsParameters) {
  fake_.on_sql([](const std::string&, const Cells&) { return testing::SqlAnswer{{}, 3, {}}; });
  const std::string id = "a'b";
  EXPECT_EQ(host_.db().execute("update tested_x set n = :n, t = :t, r = :r where id = :id",
                               {7, nullptr, 1.5, id}),
            3);
  const auto step = fake_.sql().at(0);
  EXPECT_EQ(step.kind, SqlStep::Kind::execute);
  EXPECT_EQ(step.parameters, (Cells{int64_t{7}, nullptr, 1.5, std::string("a'b")}));
  EXPECT_EQ(code_of([&] { host_.db().execute("delete from tested_x where id = :id"); }),
            GARDU_INVALID);
  EXPECT_EQ(code_of([&] { host_.db().execute("drop table tested_x"); }), GARDU_INVALID);
}

TEST_F(Services, RowsAreReadAsWhatIsExpected) {
  fake_.on_sql([](const std::string&, const Cells&) {
    return testing::SqlAnswer{{{int64_t{1}, 2.5, std::string("3"), nullptr},
                               {int64_t{4}, 0.0, std::string("x"), nullptr}},
                              0,
                              {}};
  });
  std::vector<std::string> seen;
  host_.db().query("select a, b, c, d from tested_x", {}, [&](const Row& row) {
    EXPECT_EQ(row.size(), 4U);
    EXPECT_TRUE(row.is_null(3));
    EXPECT_EQ(row.integer(3), 0);
    seen.push_back(row.text(0) + " " + std::to_string(row.integer(1)) + " " +
                   std::to_string(row.integer(2)) + " " + row.text(2));
  });
  EXPECT_EQ(seen, (std::vector<std::string>{"1 2 3 3", "4 0 0 x"}));
  int calls = 0;
  host_.db().query("select a from tested_x", {}, [&](const Row&) { return ++calls < 1; });
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(host_.db().number("select count(*) from tested_x"), 1);
  EXPECT_EQ(host_.db().text("select c from tested_x"), "1");
  EXPECT_EQ(code_of([&] {
              host_.db().query("select a from tested_x", {},
                               [](const Row& row) { return row.integer(9) == 0; });
            }),
            GARDU_INVALID);
  EXPECT_THROW(host_.db().query("select a from tested_x", {},
                                [](const Row&) { throw std::out_of_range("mine"); }),
               std::out_of_range);
}

TEST_F(Services, WhatTheDatabaseSaysComesThrough) {
  fake_.on_sql([](const std::string&, const Cells&) {
    return testing::SqlAnswer{
        {}, 0, Status::invalid("there already").with_code("duplicate", "Duplicate")};
  });
  try {
    host_.db().execute("insert into tested_x (id) values (:id)", {1});
    FAIL() << "nothing was thrown";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.status().code(), GARDU_INVALID);
    EXPECT_EQ(failure.status().provider_code(), "duplicate");
  }
}

TEST_F(Services, ATransactionKeepsAllOfIt) {
  Status end = Status::internal("not told");
  host_.db().transaction([&] {
    host_.db().execute("insert into tested_x (id) values (1)");
    host_.kv().put("k", "in");
    EXPECT_EQ(host_.kv().get("k"), "in");
    OutgoingMessage message;
    message.text = "hello";
    host_.send(message, [&](const Status& s) { end = s; });
    EXPECT_TRUE(fake_.sent().empty());  // nothing is for good before the end
  });
  EXPECT_EQ(fake_.sent().size(), 1U);
  EXPECT_FALSE(end.ok());
  EXPECT_EQ(fake_.run(), 1U);
  EXPECT_TRUE(end.ok());
  EXPECT_EQ(fake_.sql().at(0).kind, SqlStep::Kind::begin);
  EXPECT_EQ(fake_.sql().at(2).kind, SqlStep::Kind::commit);
}

TEST_F(Services, ATransactionThatThrowsLeavesNothing) {
  fake_.put("k", "before");
  std::vector<int32_t> ends;
  EXPECT_THROW(host_.db().transaction([&] {
    host_.kv().put("k", "within");
    host_.kv().put("new", "within");
    host_.kv().erase("k");
    host_.send({}, [&](const Status& s) { ends.push_back(s.code()); });
    (void)host_.publish({Publication{}},
                        [&](int32_t status, PublishResults) { ends.push_back(status); });
    throw std::runtime_error("no");
  }),
               std::runtime_error);
  EXPECT_TRUE(fake_.sent().empty());
  EXPECT_TRUE(fake_.published().empty());
  EXPECT_EQ(fake_.kv(), (std::map<std::string, std::string>{{"k", "before"}}));
  EXPECT_EQ(ends, (std::vector<int32_t>{GARDU_REJECTED, GARDU_REJECTED}));
  EXPECT_EQ(fake_.sql().back().kind, SqlStep::Kind::rollback);
}

TEST_F(Services, AnInnerTransactionIsUndoneAlone) {
  host_.db().transaction([&] {
    host_.kv().put("outer", "1");
    try {
      host_.db().transaction([&] {
        host_.kv().put("outer", "2");
        host_.send({});
        throw Failure(Status::rejected("the inner one"));
      });
    } catch (const Failure&) {
    }
    EXPECT_EQ(host_.kv().get("outer"), "1");
    host_.db().transaction([&] { host_.kv().put("inner", "3"); });
  });
  EXPECT_EQ(fake_.kv(), (std::map<std::string, std::string>{{"inner", "3"}, {"outer", "1"}}));
  EXPECT_TRUE(fake_.sent().empty());
}

TEST_F(Services, MigrationsAreAppliedOnceAndNeverChange) {
  host_.db().migrate({{1, "first", "create table tested_x (id bigint);"}});
  host_.db().migrate({{1, "first", "create table tested_x (id bigint);"},
                      {2, "second", "create index tested_i on tested_x (id);"}});
  EXPECT_EQ(fake_.sql().size(), 2U);
  EXPECT_EQ(
      code_of([&] {
        host_.db().migrate({{1, "first", "create table tested_x (id text);"}, {2, "s", "x;"}});
      }),
      GARDU_INVALID);
  EXPECT_EQ(code_of([&] {
              host_.db().migrate({{1, "first", "create table tested_x (id bigint);"}});
            }),
            GARDU_INVALID);
  EXPECT_EQ(code_of([&] { host_.db().migrate({{2, "b", "x;"}, {1, "a", "y;"}}); }), GARDU_INVALID);
}

// ---- kv
TEST_F(Services, ValuesComeBackUntilTheyExpire) {
  const std::string bytes("a\0\xff", 3);
  host_.kv().put("k", bytes, Micros{10});
  EXPECT_EQ(host_.kv().get("k"), bytes);
  fake_.pass(Micros{10});
  EXPECT_EQ(host_.kv().get("k"), std::nullopt);
  host_.kv().erase("k");
  EXPECT_EQ(code_of([&] { host_.kv().put("", "x"); }), GARDU_INVALID);
  EXPECT_EQ(code_of([&] { host_.kv().put(std::string(201, 'k'), "x"); }), GARDU_INVALID);
  EXPECT_EQ(code_of([&] { host_.kv().put("k", std::string(256 * 1024 + 1, 'x')); }), GARDU_INVALID);
}

TEST_F(Services, OnlyTheExpectedIsReplaced) {
  EXPECT_FALSE(host_.kv().compare_and_put("k", "a", "b"));
  EXPECT_TRUE(host_.kv().compare_and_put("k", std::nullopt, "a"));
  EXPECT_FALSE(host_.kv().compare_and_put("k", std::nullopt, "b"));
  EXPECT_TRUE(host_.kv().compare_and_put("k", "a", "b"));
  EXPECT_EQ(fake_.kv().at("k"), "b");
}

TEST_F(Services, AScanGoesByPrefixAndFromWhereItWas) {
  for (const char* key : {"a/1", "a/2", "a/3", "b/1"}) fake_.put(key, key);
  std::string seen;
  host_.kv().scan("a/", {}, 2, [&](std::string_view key, std::string_view) { seen += key; });
  EXPECT_EQ(seen, "a/1a/2");
  host_.kv().scan("a/", "a/2", 0, [&](std::string_view key, std::string_view) { seen += key; });
  EXPECT_EQ(seen, "a/1a/2a/3");
  int calls = 0;
  host_.kv().scan({}, {}, 0, [&](std::string_view, std::string_view) { return ++calls < 2; });
  EXPECT_EQ(calls, 2);
}

// ---- requests to the outside
TEST_F(Services, ARequestIsAnsweredOnThePluginsThread) {
  fake_.on_http("POST", "https://example.org/", {201, "made", {{"Location", "/1"}}});
  std::string seen;
  const Status taken = host_.http().request(
      {"POST", "https://example.org/x?key=1", "body", {{"Content-Type", "text/plain"}}},
      [&](const HttpAnswer& a) {
        EXPECT_TRUE(host_.on_plugin_thread());
        EXPECT_TRUE(a.answered());
        seen = std::to_string(a.status()) + " " + std::string(a.body()) + " " +
               std::string(a.header("location"));
      });
  ASSERT_TRUE(taken.ok());
  EXPECT_EQ(fake_.http_calls().at(0).headers.at(0).second, "text/plain");
  EXPECT_EQ(seen, "");  // never during the call
  fake_.run();
  EXPECT_EQ(seen, "201 made /1");
  fake_.on_http("", "https://example.org/", {.status = 503});  // the last given goes first
  ASSERT_TRUE(host_.http()
                  .request({"GET", "https://example.org/"},
                           [&](const HttpAnswer& a) { seen = std::to_string(a.status()); })
                  .ok());
  fake_.run();
  EXPECT_EQ(seen, "503");
}

TEST_F(Services, WhatHasNoAnswerIsUnreachable) {
  bool harmless = false;
  std::string error;
  ASSERT_TRUE(host_.http()
                  .request({"GET", "https://example.org/?token=t"},
                           [&](const HttpAnswer& a) {
                             harmless = a.not_carried_out();
                             error = a.error();
                           })
                  .ok());
  fake_.run();
  EXPECT_TRUE(harmless);
  EXPECT_EQ(error, "the test has no answer to GET https://example.org/");
  fake_.refuse(GARDU_EXT_HTTP_CLIENT, GARDU_FULL, 1);
  EXPECT_EQ(host_.http().request({}, {}).code(), GARDU_FULL);
  EXPECT_TRUE(host_.http().request({}, {}).ok());
}

TEST_F(Services, AStoppingHostTellsTheEndOfARequest) {
  uint32_t progress = 99;
  {
    testing::FakeHost short_lived;
    const Host host(short_lived.table());
    ASSERT_TRUE(
        host.http().request({}, [&](const HttpAnswer& a) { progress = a.progress(); }).ok());
  }
  EXPECT_EQ(progress, static_cast<uint32_t>(GARDU_HTTP_STOPPED));
}

// ---- media
TEST_F(Services, AFileIsKeptOnceAndReadInPieces) {
  const std::string id = host_.media().store("w", "text/plain", "hello", "h.txt");
  EXPECT_EQ(host_.media().store("w", "text/plain", "hello"), id);
  EXPECT_EQ(fake_.media().size(), 1U);
  const auto info = host_.media().stat("w", id);
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->bytes, 5U);
  EXPECT_EQ(info->file_name, "h.txt");
  EXPECT_EQ(info->sha256, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
  EXPECT_EQ(host_.media().stat("other", id), std::nullopt);
  std::array<char, 3> buffer{};
  EXPECT_EQ(host_.media().read("w", id, 3, buffer), 2U);
  EXPECT_EQ(std::string(buffer.data(), 2), "lo");
  EXPECT_EQ(host_.media().read("w", id, 5, buffer), 0U);
  { const MediaWriter thrown_away = host_.media().open("w", "text/plain"); }
  EXPECT_EQ(fake_.media().size(), 1U);
}

// ---- directory
TEST_F(Services, RecordsAreFoundPageByPage) {
  for (const char* id : {"c1", "c2", "c3"})
    fake_.add_record({GARDU_RECORD_CONTACT,
                      "w",
                      id,
                      R"({"id":"x"})",
                      "a",
                      {"+62" + std::string(id)},
                      {"vip"},
                      "Ayu"});
  fake_.add_record({GARDU_RECORD_CONTACT, "other", "c4"});
  DirectoryQuery query;
  query.workspace_id = "w";
  query.label = "vip";
  query.limit = 2;
  std::string seen;
  const auto note = [&](std::string_view id, std::string_view) { seen += id; };
  query.cursor = host_.directory().find(query, note);
  EXPECT_EQ(seen, "c1c2");
  EXPECT_EQ(host_.directory().find(query, note), "");
  EXPECT_EQ(seen, "c1c2c3");
  query = {};
  query.workspace_id = "w";
  query.account_id = "a";
  query.identity = "+62c2";
  seen.clear();
  host_.directory().find(query, note);
  EXPECT_EQ(seen, "c2");
  EXPECT_EQ(host_.directory().get(GARDU_RECORD_CONTACT, "w", "c3"), R"({"id":"x"})");
  EXPECT_EQ(host_.directory().get(GARDU_RECORD_CONTACT, "w", "c4"), std::nullopt);
}

TEST_F(Services, AContactIsChanged) {
  fake_.add_record({GARDU_RECORD_CONTACT, "w", "c1"});
  host_.directory().update_contact("w", "c1", R"({"labels":["vip"]})");
  EXPECT_EQ(fake_.patches().at(0).patch, R"({"labels":["vip"]})");
  EXPECT_EQ(code_of([&] { host_.directory().update_contact("w", "c2", "{}"); }), GARDU_NOT_FOUND);
  EXPECT_EQ(code_of([&] { host_.directory().update_contact("w", "c1", "[]"); }), GARDU_INVALID);
}

// ---- settings, posted work, journal, auth, secrets
TEST_F(Services, AWorkspaceHasItsOwnSettings) {
  fake_.settings("w", R"({"word":"hi"})");
  EXPECT_EQ(host_.settings("w"), R"({"word":"hi"})");
  EXPECT_EQ(host_.settings("other"), "{}");
}

TEST_F(Services, PostedWorkRunsLaterOnThePluginsThread) {
  bool ran = false;
  const auto token = std::make_shared<int>(0);
  std::thread([&] {
    EXPECT_FALSE(host_.on_plugin_thread());
    EXPECT_TRUE(host_
                    .post([&, token] {
                      ran = true;
                      EXPECT_TRUE(host_.on_plugin_thread());
                    })
                    .ok());
  }).join();
  EXPECT_FALSE(ran);
  EXPECT_EQ(fake_.posted(), 1U);
  fake_.run();
  EXPECT_TRUE(ran);
  EXPECT_EQ(token.use_count(), 1);
  ASSERT_TRUE(host_.post([] { throw std::runtime_error("oh"); }).ok());
  fake_.run();
  EXPECT_TRUE(fake_.logged("posted work threw: oh"));
  fake_.refuse(GARDU_EXT_EXECUTOR, GARDU_FULL);
  EXPECT_EQ(host_.post([token] {}).code(), GARDU_FULL);
  EXPECT_EQ(token.use_count(), 1);
}

TEST_F(Services, TheJournalIsReadInOrder) {
  fake_.add_journal(testing::message_received("one"));
  fake_.add_journal(testing::account_status("ready"));
  fake_.add_journal(testing::message_received("two"));
  gardu_journal_query query{};
  query.size = sizeof query;
  query.workspace_id = str(testing::kWorkspace);
  query.types = events::message_received;
  std::string seen;
  host_.read_journal(query, [&](EventView e) { seen += e.message().text(); });
  EXPECT_EQ(seen, "onetwo");
  EXPECT_EQ(host_.journal_range(), (std::pair<int64_t, int64_t>{1, 3}));
  query.after_seq = 1;
  seen.clear();
  host_.read_journal(query, [&](EventView e) { seen += e.message().text(); });
  EXPECT_EQ(seen, "two");
  EXPECT_EQ(host_.journal_cut(testing::kWorkspace), 0);
  fake_.cut_journal(std::string(testing::kWorkspace), 1);
  EXPECT_EQ(host_.journal_cut(testing::kWorkspace), 1);
  EXPECT_EQ(host_.journal_cut("another"), 0);
}

TEST_F(Services, SecretsAndRightsAreTheTests) {
  EXPECT_EQ(host_.secret("key", 16).size(), 32U);
  EXPECT_EQ(host_.secret("key", 16), host_.secret("key", 16));
  fake_.secret("app", "00ff");
  EXPECT_EQ(host_.secret("app"), "00ff");
  fake_.allow_follow("w", "c");
  EXPECT_TRUE(host_.may_follow({}, "w", "c", {}));
  EXPECT_FALSE(host_.may_follow({}, "w", {}, {}));
  fake_.on_may_follow([](const Principal& p, std::string_view, std::string_view, std::string_view) {
    return p.name == "Ayu";
  });
  EXPECT_TRUE(host_.may_follow({GARDU_AUTH_AGENT, "w", {}, {}, "Ayu"}, "w", {}, {}));
}

TEST_F(Services, AHostOf1_0HasNoneOfThem) {
  testing::FakeHost old;
  old.smaller_host();
  const Host host(old.table());
  EXPECT_EQ(code_of([&] { (void)host.db(); }), GARDU_UNSUPPORTED);
  EXPECT_EQ(code_of([&] { (void)host.kv(); }), GARDU_UNSUPPORTED);
  EXPECT_EQ(code_of([&] { (void)host.http(); }), GARDU_UNSUPPORTED);
  EXPECT_EQ(code_of([&] { (void)host.media(); }), GARDU_UNSUPPORTED);
  EXPECT_EQ(code_of([&] { (void)host.directory(); }), GARDU_UNSUPPORTED);
  EXPECT_EQ(code_of([&] { (void)host.settings("w"); }), GARDU_UNSUPPORTED);
  EXPECT_EQ(code_of([&] { (void)host.post([] {}); }), GARDU_UNSUPPORTED);
  EXPECT_TRUE(host.on_plugin_thread());
  EXPECT_EQ(old.looked_up().size(), 8U);
  EXPECT_EQ(host.after(Micros{1}, [] {}) != 0, true);
}

}  // namespace
}  // namespace gardu::sdk_test
