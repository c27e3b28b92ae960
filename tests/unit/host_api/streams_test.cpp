// SPDX-License-Identifier: Apache-2.0
// Event streams by themselves, at a quicker pace: heartbeats, revoked tokens, clients that do not
// read.
#include "api/sse.hpp"
#include "journal/events.hpp"
#include "storage/retention.hpp"
#include "storage/tokens.hpp"
#include "support.hpp"

namespace gardu::host {
namespace {

// One answer, always a stream, which may take nothing from its beginning.
class StreamSink final : public http::ResponseSink {
 public:
  bool send(http::Response) override { return false; }
  std::shared_ptr<http::Stream> stream(http::Response head) override {
    recorded->write(head.body);
    recorded->refuse(refusing);
    return recorded;
  }
  bool alive() const override { return true; }
  void on_disconnect(std::function<void()>) override {}
  void released() override {}

  std::shared_ptr<RecordedStream> recorded = std::make_shared<RecordedStream>();
  bool refusing = false;
};

struct Opened {
  std::shared_ptr<RecordedStream> stream;
  std::string token_id;
};

Opened open(Host& host, EventStreams& streams, const std::string& token, bool refusing = false,
            std::int64_t after = 0) {
  ApiContext context = host.context();
  Rates rates;
  http::Request request;
  request.query = "after_seq=" + std::to_string(after);
  const Principal principal = host.tokens.authenticate(token).value();
  const Call call{context, rates, request, {}, principal, "/api/v1/events"};
  const auto sink = std::make_shared<StreamSink>();
  sink->refusing = refusing;
  streams.open(call, token, http::Responder(sink), {});
  return {sink->recorded, principal.token_id};
}

EventStreams::Timing timing(int heartbeat, int patience) {
  return {std::chrono::milliseconds(heartbeat), std::chrono::milliseconds(patience)};
}

TEST(Streams, AHeartbeatIsAComment) {
  Host host;
  const Tenant t(host, "one");
  EventStreams streams(host.database, host.feed, host.tokens, host.context().log,
                       timing(5, 10'000));
  EXPECT_TRUE(open(host, streams, t.viewer).stream->wait_for("\n\n: still here\n\n"));
}

// The reader was at another host of the database, which was ahead of this one's feed.
TEST(Streams, WhatAReaderHadElsewhereIsNotToldAgain) {
  Host host;
  const Tenant t(host, "one");
  host.database.writer().set_on_commit({});
  std::vector<EventRef> late;
  const auto append = [&](const char* type) {
    storage::JournalEntry e = make_entry(type, t.workspace, {"host", 1, {}}, {});
    host.write([&](storage::Transaction& tx) { e.seq = tx.append(e); });
    late.push_back(EventBlock::followed(e));
    return e.seq;
  };
  append("test.had");
  const std::int64_t had = append("test.had");
  EventStreams streams(host.database, host.feed, host.tokens, host.context().log,
                       timing(10'000, 10'000));
  const Opened opened = open(host, streams, t.viewer, false, had);
  append("test.new");
  host.feed.publish(std::move(late));
  EXPECT_TRUE(opened.stream->wait_for("event: test.new"));
  EXPECT_EQ(opened.stream->text().find("event: test.had"), std::string::npos);
}

TEST(Streams, ARevokedTokenLosesItsStreams) {
  Host host;
  const Tenant t(host, "one");
  EventStreams streams(host.database, host.feed, host.tokens, host.context().log,
                       timing(5, 10'000));
  const Opened revoked = open(host, streams, t.viewer), other = open(host, streams, t.agent);
  host.write([&](storage::Transaction& tx) {
    EXPECT_TRUE(storage::tokens::remove(tx, t.workspace, revoked.token_id));
  });
  host.tokens.forget();
  EXPECT_TRUE(revoked.stream->wait_closed());
  EXPECT_TRUE(other.stream->open());
}

TEST(Streams, OneThatTakesNothingOfItsPastIsClosed) {
  Host host;
  const Tenant t(host, "one");
  EventStreams streams(host.database, host.feed, host.tokens, host.context().log,
                       timing(10'000, 1));
  EXPECT_TRUE(open(host, streams, t.viewer, true).stream->wait_closed());
}

TEST(Streams, OneThatStopsTakingIsClosedAndTheOthersGoOn) {
  Host host;
  const Tenant t(host, "one");
  EventStreams streams(host.database, host.feed, host.tokens, host.context().log,
                       timing(10'000, 1));
  const auto slow = open(host, streams, t.viewer).stream;
  const auto good = open(host, streams, t.agent).stream;
  ASSERT_TRUE(slow->wait_for(t.message) && good->wait_for(t.message));
  slow->refuse(true);
  const auto next = host.inbound(t.workspace, t.contact, "next");
  EXPECT_TRUE(slow->wait_closed());
  EXPECT_TRUE(good->wait_for(next) && good->open());
}

// Both have what came live; then one stops taking while more comes, all of which the other takes.
// The last of it; empty: they did not.
template <class Stream>
std::string leave_behind(Host& host, const Tenant& t, Stream& slow, Stream& good) {
  const auto live = host.inbound(t.workspace, t.contact, "live");
  if (!slow.wait_for(live) || !good.wait_for(live)) return {};
  slow.refuse(true);
  std::string last;
  for (int i = 0; i < 100; ++i) last = host.inbound(t.workspace, t.contact, "meanwhile");
  return good.wait_for(last) ? last : std::string();
}

// Whether it had caught up or not when it stopped: what it missed is read from the journal.
TEST(Streams, OneThatStopsTakingForAMomentMissesNothing) {
  Host host;
  const Tenant t(host, "one");
  EventStreams streams(host.database, host.feed, host.tokens, host.context().log,
                       timing(10'000, 10'000));
  const auto slow = open(host, streams, t.viewer).stream;
  const auto good = open(host, streams, t.agent).stream;
  const std::string last = leave_behind(host, t, *slow, *good);
  ASSERT_FALSE(last.empty());
  slow->refuse(false);
  ASSERT_TRUE(slow->wait_for(last));
  EXPECT_EQ(slow->text(), good->text());
}

// Retention passes the place of one that is far behind.
TEST(Streams, OneThatRetentionOvertakesIsTold) {
  Host host;
  const Tenant t(host, "one");
  EventStreams streams(host.database, host.feed, host.tokens, host.context().log,
                       timing(10'000, 60'000));
  const auto slow = open(host, streams, t.viewer).stream;
  const auto good = open(host, streams, t.agent).stream;
  const std::string last = leave_behind(host, t, *slow, *good);
  ASSERT_FALSE(last.empty());
  const std::int64_t newest =
      host.database.query([](storage::Session& s) { return storage::journal::newest(s); });
  host.write([&](storage::Transaction& tx) {
    EXPECT_GT(storage::retention::delete_journal(tx, t.workspace, 0, newest - 5), 0);
  });
  slow->refuse(false);
  EXPECT_TRUE(slow->wait_for("id: " + std::to_string(newest) + "\nevent: gardu.resync"));
  const auto next = host.inbound(t.workspace, t.contact, "next");
  EXPECT_TRUE(slow->wait_for(next) && good->wait_for(next));
  EXPECT_EQ(good->text().find("gardu.resync"), std::string::npos);
}

TEST(Streams, NoneBeginsAfterTheStop) {
  Host host;
  const Tenant t(host, "one");
  EventStreams streams(host.database, host.feed, host.tokens, host.context().log,
                       timing(10'000, 10'000));
  streams.stop();
  EXPECT_FALSE(open(host, streams, t.viewer).stream->open());
}

}  // namespace
}  // namespace gardu::host
