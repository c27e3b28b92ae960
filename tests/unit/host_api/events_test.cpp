// SPDX-License-Identifier: Apache-2.0
// The journal over REST: by pages, and followed live.
#include "storage/retention.hpp"
#include "support.hpp"

namespace gardu::host {
namespace {

using nlohmann::json;

Reply follow(Host& host, const std::string& token, const std::string& query = "",
             http::Headers headers = {}) {
  headers.set("Accept", "text/event-stream");
  return host.call("GET", "/api/v1/events" + query, token, "", std::move(headers));
}

std::vector<std::int64_t> ids_of(const std::string& text) {
  std::vector<std::int64_t> out;
  for (std::size_t at = text.find("\nid: "); at != std::string::npos;
       at = text.find("\nid: ", at + 1))
    out.push_back(std::stoll(text.substr(at + 5)));
  return out;
}

TEST(Events, ThePagesAreTheJournal) {
  Host host;
  const Tenant t(host, "one");
  const auto all = host.get("/api/v1/events", t.viewer).json();
  ASSERT_EQ(all["data"].size(), 2U);  // contact.created, message.received
  EXPECT_EQ(all["next_cursor"], nullptr);
  const json& e = all["data"][1];
  EXPECT_EQ(e["type"], "message.received");
  EXPECT_EQ(e["workspace_id"], t.workspace);
  EXPECT_EQ(e["account_id"], t.account);
  EXPECT_EQ(e["contact_id"], t.contact);
  EXPECT_EQ(e["data"]["message"]["id"], t.message);
  const std::string last = std::to_string(e["seq"].get<int>());
  EXPECT_TRUE(host.get("/api/v1/events?after_seq=" + last, t.viewer).json()["data"].empty());
  EXPECT_EQ(host.get("/api/v1/events?types=contact.created,x.y", t.viewer).json()["data"].size(),
            1U);
}

TEST(Events, AStreamReplaysAndGoesOnLive) {
  Host host;
  const Tenant t(host, "one"), other(host, "two");
  const Reply r = follow(host, t.viewer, "?after_seq=0");
  ASSERT_EQ(r.status, 200);
  EXPECT_EQ(r.header("Content-Type"), "text/event-stream");
  EXPECT_EQ(r.header("Cache-Control"), "no-store");
  ASSERT_TRUE(r.stream->wait_for(t.message));
  host.inbound(other.workspace, other.contact, "not for one");
  const auto live = host.inbound(t.workspace, t.contact, "live");
  ASSERT_TRUE(r.stream->wait_for(live));
  const std::string text = r.stream->text();
  EXPECT_EQ(text.find(other.workspace), std::string::npos);
  EXPECT_NE(text.find("\nevent: message.received\ndata: {"), std::string::npos);
  EXPECT_EQ(ids_of(text).size(), 3U);
}

TEST(Events, LastEventIdResumesWithoutGapOrRepeat) {
  Host host;
  const Tenant t(host, "one");
  std::vector<std::string> messages;
  for (int i = 0; i < 300; ++i) messages.push_back(host.inbound(t.workspace, t.contact, "m"));
  // Follows while others write.
  const Reply r = follow(host, t.viewer, "?after_seq=1", {{"Last-Event-ID", "2"}});
  std::string last;
  for (int i = 0; i < 100; ++i) last = host.inbound(t.workspace, t.contact, "meanwhile");
  ASSERT_TRUE(r.stream->wait_for(last));
  std::vector<std::int64_t> expected;
  for (std::int64_t seq = 3; seq <= 402; ++seq) expected.push_back(seq);
  EXPECT_EQ(ids_of(r.stream->text()), expected);
}

TEST(Events, WithoutAPlaceAStreamBeginsNow) {
  Host host;
  const Tenant t(host, "one");
  const Reply r = follow(host, t.viewer);
  const auto live = host.inbound(t.workspace, t.contact, "live");
  ASSERT_TRUE(r.stream->wait_for(live));
  EXPECT_EQ(r.stream->text().find(t.message), std::string::npos);
  // A place that is not there yet was another database's.
  const Reply ahead = follow(host, t.viewer, "", {{"Last-Event-ID", "999999"}});
  const auto next = host.inbound(t.workspace, t.contact, "next");
  EXPECT_TRUE(ahead.stream->wait_for(next));
}

// Who asks for events that are deleted is told, by pages and on a stream; who does not, is not.
TEST(Events, WhatRetentionHasDeletedIsNotPassedOverInSilence) {
  Host host;
  const Tenant t(host, "one"), other(host, "two");
  for (int i = 0; i < 10; ++i) host.inbound(t.workspace, t.contact, "more");
  const auto seqs = [&] {
    std::vector<std::int64_t> out;
    const json all = host.get("/api/v1/events?limit=200", t.viewer).json();
    for (const auto& e : all["data"]) out.push_back(e["seq"]);
    return out;
  };
  const auto before = seqs();
  const std::int64_t cut = before[5], newest = before.back();
  host.write([&](storage::Transaction& tx) {
    EXPECT_EQ(storage::retention::delete_journal(tx, t.workspace, 0, cut), 6);
  });
  const auto page = [&](std::int64_t after, const std::string& token) {
    return host.get("/api/v1/events?after_seq=" + std::to_string(after), token).json();
  };
  for (const std::int64_t after : {std::int64_t{0}, before[0], cut - 1}) {
    const auto body = page(after, t.viewer);
    EXPECT_EQ(body["resync"]["seq"], newest) << after;
    EXPECT_EQ(body["data"][0]["seq"], before[6]) << after;
  }
  EXPECT_FALSE(page(cut, t.viewer).contains("resync"));
  EXPECT_FALSE(page(0, other.viewer).contains("resync"));

  const Reply gap = follow(host, t.viewer, "?after_seq=1&types=message.received");
  const Reply none = follow(host, t.viewer, "?after_seq=" + std::to_string(cut));
  ASSERT_TRUE(gap.stream->wait_for("gardu.resync"));  // as of when it was begun
  const auto live = host.inbound(t.workspace, t.contact, "live");
  ASSERT_TRUE(gap.stream->wait_for(live));
  ASSERT_TRUE(none.stream->wait_for(live));
  const std::string text = gap.stream->text();
  EXPECT_NE(text.find("event: gardu.resync\ndata: {"), std::string::npos) << text;
  EXPECT_EQ(ids_of(text), (std::vector<std::int64_t>{newest, newest + 1}));
  EXPECT_EQ(none.stream->text().find("gardu.resync"), std::string::npos);
  EXPECT_EQ(ids_of(none.stream->text()).front(), before[6]);
}

TEST(Events, TypesAndAccountsNarrowAStream) {
  Host host;
  const Tenant t(host, "one");
  const auto mine = host.account(t.workspace, "+6281100000002");
  const auto contact = host.contact(t.workspace, mine, "+6281200000777");
  const auto narrowed = host.token(t.workspace, "viewer", nullptr, {mine});
  const Reply types = follow(host, t.viewer, "?after_seq=0&types=message.received");
  const Reply accounts = follow(host, narrowed, "?after_seq=0");
  host.inbound(t.workspace, t.contact, "theirs");
  const auto last = host.inbound(t.workspace, contact, "mine");
  ASSERT_TRUE(types.stream->wait_for(last));
  ASSERT_TRUE(accounts.stream->wait_for(last));
  EXPECT_EQ(types.stream->text().find("contact.created"), std::string::npos);
  EXPECT_EQ(accounts.stream->text().find(t.account), std::string::npos);
}

TEST(Events, EphemeralEventsHaveNoId) {
  Host host;
  const Tenant t(host, "one");
  const Reply r = follow(host, t.viewer, "?after_seq=0");
  ASSERT_TRUE(r.stream->wait_for(t.message));
  const auto live = host.inbound(t.workspace, t.contact, "live");
  ASSERT_TRUE(r.stream->wait_for(live));  // it has caught up
  storage::JournalEntry typing;
  typing.type = "typing.started";
  typing.workspace_id = t.workspace;
  typing.data = "{}";
  std::vector<EventRef> one;
  one.push_back(
      EventBlock::make(std::move(typing), GARDU_EVENT_EPHEMERAL, std::nullopt, std::nullopt));
  host.feed.publish(std::move(one));
  ASSERT_TRUE(r.stream->wait_for("event: typing.started\n"));
  EXPECT_EQ(ids_of(r.stream->text()).size(), 3U);
}

// A client that reads slowly through a long past is waited for.
TEST(Events, ABacklogIsPacedByItsReader) {
  Host host;
  const Tenant t(host, "one");
  for (int i = 0; i < 200; ++i) host.inbound(t.workspace, t.contact, "m");
  const Reply r = follow(host, t.viewer, "?after_seq=0");
  r.stream->refuse(true);
  const auto last = host.inbound(t.workspace, t.contact, "last");
  r.stream->refuse(false);
  ASSERT_TRUE(r.stream->wait_for(last));
  const auto ids = ids_of(r.stream->text());
  ASSERT_EQ(ids.size(), 203U);
  for (std::size_t i = 0; i < ids.size(); ++i) EXPECT_EQ(ids[i], static_cast<std::int64_t>(i) + 1);
}

TEST(Events, AStreamIsCheckedLikeAnyRequest) {
  Host host;
  const Tenant t(host, "one");
  EXPECT_EQ(follow(host, "").status, 401);
  EXPECT_EQ(follow(host, host.platform_token()).status, 403);
  EXPECT_EQ(follow(host, host.token(t.workspace, "owner", {"send"})).status, 403);
  EXPECT_EQ(follow(host, t.viewer, "?after_seq=x").status, 422);
  for (const char* bad : {"x", "-1", "1x", "99999999999999999999"})
    EXPECT_EQ(follow(host, t.viewer, "", {{"Last-Event-ID", bad}}).status, 422) << bad;
}

TEST(Events, StoppingEndsTheStreams) {
  Host host;
  const Tenant t(host, "one");
  const Reply r = follow(host, t.viewer);
  host.api->stop();
  EXPECT_TRUE(r.stream->wait_closed());
}

}  // namespace
}  // namespace gardu::host
