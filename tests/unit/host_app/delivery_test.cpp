// SPDX-License-Identifier: Apache-2.0
// Events on their way to a durable subscriber that fails now and then, on a real database.
#include "plugins/delivery.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <future>

#include "app/plugin_data.hpp"
#include "base/time.hpp"
#include "null_services.hpp"
#include "storage/backlog.hpp"
#include "storage/cursors.hpp"
#include "storage/workspaces.hpp"
#include "support.hpp"

namespace gardu::host {
namespace {

// Answers each event with what the test says, after an effect that must stand or fall with it.
class Code final : public PluginCode {
 public:
  std::function<std::int32_t(std::int64_t seq)> answer = [](std::int64_t) { return GARDU_OK; };
  std::function<void(std::int64_t seq)> effect = [](std::int64_t) {};
  std::vector<std::int64_t> seen;
  std::vector<std::size_t> batches;

  Status start(const std::string&) override { return {}; }
  Status stop(const std::function<void()>&) override { return {}; }
  Status on_events(std::span<const EventRef> events, std::span<std::int32_t> results,
                   std::string& why) override {
    batches.push_back(events.size());
    for (std::size_t i = 0; i < events.size(); ++i) {
      const std::int64_t seq = events[i]->view().seq;
      effect(seq);
      results[i] = answer(seq);
      if (results[i] == GARDU_OK) seen.push_back(seq);
      if (results[i] != GARDU_OK && why.empty()) why = "no";
    }
    return {};
  }
  const gardu_transport_info* transport() const override { return nullptr; }
  Status connect(const Account&) override { return {}; }
  Status disconnect(std::string_view) override { return {}; }
  void send(const OutboundMessage&, SendDone) override {}
  void act(const ActionRequest&, ActionDone) override {}
};

class Services final : public NullServices {
 public:
  Services(PluginData& data, EventFeed& feed) : NullServices(data), feed_(feed) {}
  EventFeed& feed() override { return feed_; }

 private:
  EventFeed& feed_;
};

std::string make_directory() {
  std::string name = (std::filesystem::temp_directory_path() / "gardu-delivery-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
  return name;
}

storage::Options options_in(const std::string& dir) {
  storage::Options o;
  o.dsn = dir + "/gardu.db";
  o.synchronous = "off";
  return o;
}

class DeliveryTest : public ::testing::Test {
 protected:
  DeliveryTest() : dir_(make_directory()), database_(options_in(dir_)) {
    database_.migrate();
    database_.writer().set_on_commit([this](std::vector<storage::JournalEntry>&& entries) {
      std::vector<EventRef> events;
      for (auto& e : entries) events.push_back(EventBlock::committed(std::move(e)));
      feed_.publish(std::move(events));
    });
    manifest_.delivery = GARDU_DELIVERY_DURABLE;
    manifest_.subscribes = ~std::uint64_t{0};
    begin();
  }
  ~DeliveryTest() override {
    delivery_.reset();
    database_.writer().stop();
    std::filesystem::remove_all(dir_);
  }

  // Anew, as after a restart of the gateway.
  void begin() {
    Delivery::Limits limits;
    limits.attempts = 3;
    limits.breaker = 1000;
    limits.first_pause = std::chrono::milliseconds(1);
    limits.longest_pause = std::chrono::milliseconds(2);
    Delivery::Plugin plugin{"p",
                            services_,
                            [this]() -> PluginCode* { return &code_; },
                            [] { return true; },
                            [this](const std::string& what) { errors_.push_back(what); },
                            [](std::chrono::milliseconds) {},
                            [] {},
                            [this](bool open, const std::string&) { breaker_.push_back(open); },
                            [this](Unit& unit, const std::function<void()>& body) {
                              unit_ = &unit;
                              body();
                              unit_ = nullptr;
                            },
                            [](std::optional<std::int64_t>) {}};
    if (more_limits_) more_limits_(limits);
    delivery_ = std::make_unique<Delivery>(std::move(plugin), manifest_, limits);
    delivery_->start();
  }
  void event(const std::string& contact) {
    database_.writer().run([&](storage::Transaction& tx) {
      storage::JournalEntry e;
      e.id = "id";
      e.type = "message.received";
      e.workspace_id = "w";
      e.contact_id = contact;
      e.source = "test";
      e.data = "{}";
      tx.append(std::move(e));
    });
  }
  // Works until it holds; false: not within reason.
  bool until(const std::function<bool()>& holds) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!holds() && std::chrono::steady_clock::now() < end) delivery_->work();
    return holds();
  }
  storage::backlog::Counts backlog() { return data_.backlog_counts("p"); }
  std::optional<std::int64_t> cursor() { return data_.cursor("p"); }
  void release() {
    database_.writer().run([](storage::Transaction& tx) {
      storage::backlog::release(tx, "p", std::nullopt, now_ms());
    });
    delivery_->look_again();
  }

  const std::string dir_;
  storage::Database database_;
  EventFeed feed_{
      [this](std::int64_t after, int limit) {
        storage::JournalQuery q;
        q.after_seq = after;
        q.limit = limit;
        return database_.query([&](storage::Session& s) { return storage::journal::read(s, q); });
      },
      0};
  testing::NoEphemeral ephemeral_;
  Intake intake_{database_, ephemeral_};
  HostData data_{database_, intake_, Logger(std::make_shared<testing::NoLog>(), "test")};
  Services services_{data_, feed_};
  gardu_manifest manifest_{};
  Code code_;
  Unit* unit_ = nullptr;
  std::function<void(Delivery::Limits&)> more_limits_;
  std::vector<std::string> errors_;
  std::vector<bool> breaker_;
  std::unique_ptr<Delivery> delivery_;
};

using Seqs = std::vector<std::int64_t>;

TEST_F(DeliveryTest, OfTwoHostsThatStartOneSaysWhereASubscriberBegins) {
  EXPECT_EQ(data_.cursor_from("q", 5), 5);
  EXPECT_EQ(data_.cursor_from("q", 9), 5);
  EXPECT_EQ(data_.cursor("q"), 5);
}

TEST_F(DeliveryTest, AFailedEventHoldsItsConversationBackAndNobodyElse) {
  bool mended = false;
  code_.answer = [&](std::int64_t seq) { return seq == 1 && !mended ? GARDU_RETRY : GARDU_OK; };
  more_limits_ = [](Delivery::Limits& l) { l.attempts = 1'000'000; };
  begin();
  for (const char* contact : {"a", "b", "a", "b"}) event(contact);
  ASSERT_TRUE(until([&] { return cursor() == 4; }));
  // What was done with the first, failed batch was undone: 2 may have been shown twice, 3 never.
  code_.seen.clear();
  EXPECT_EQ(backlog().waiting, 2);
  mended = true;
  ASSERT_TRUE(until([&] { return backlog().waiting == 0; }));
  EXPECT_EQ(code_.seen, (Seqs{1, 3}));
  event("a");
  ASSERT_TRUE(until([&] { return cursor() == 5; }));
  EXPECT_EQ(code_.seen, (Seqs{1, 3, 5}));
}

TEST_F(DeliveryTest, AfterTheLastAttemptItIsParkedTheOthersGoOnAndItCanBeReplayed) {
  bool mended = false;
  code_.answer = [&](std::int64_t seq) { return seq == 1 && !mended ? GARDU_INTERNAL : GARDU_OK; };
  event("a");
  event("a");
  ASSERT_TRUE(
      until([&] { return cursor() == 2 && backlog().parked == 1 && backlog().waiting == 0; }));
  EXPECT_EQ(code_.seen.back(), 2);
  const auto parked =
      database_.query([](storage::Session& s) { return storage::backlog::parked(s, "p", 0, 10); });
  ASSERT_EQ(parked.size(), 1U);
  EXPECT_EQ(parked[0].seq, 1);
  EXPECT_EQ(parked[0].attempts, 3);
  EXPECT_NE(parked[0].error.find("no"), std::string::npos);
  mended = true;
  code_.seen.clear();
  release();
  ASSERT_TRUE(until([&] { return backlog().parked == 0 && backlog().waiting == 0; }));
  EXPECT_EQ(code_.seen, Seqs{1});
}

TEST_F(DeliveryTest, WhatCannotBeHelpedIsParkedAtOnceAndWhatPassesIsNoAttempt) {
  int throttled = 0;
  code_.answer = [&](std::int64_t seq) -> std::int32_t {
    if (seq == 1) return GARDU_REJECTED;
    return ++throttled < 10 ? GARDU_THROTTLED : GARDU_OK;
  };
  event("a");
  event("b");
  ASSERT_TRUE(
      until([&] { return cursor() == 2 && backlog().parked == 1 && backlog().waiting == 0; }));
  EXPECT_EQ(code_.seen, Seqs{2});
  EXPECT_EQ(throttled, 10);
}

// Whatever comes between: an effect is there exactly when its event was handled.
TEST_F(DeliveryTest, EffectsStandOrFallWithTheirEvent) {
  int calls = 0;
  code_.effect = [&](std::int64_t seq) {
    data_.kv_put(unit_, "p", "seen " + std::to_string(seq), "x", {});
  };
  code_.answer = [&](std::int64_t) { return ++calls % 3 == 0 ? GARDU_RETRY : GARDU_OK; };
  more_limits_ = [](Delivery::Limits& l) { l.attempts = 1'000'000; };
  begin();
  for (int i = 0; i < 30; ++i) event(std::string(1, static_cast<char>('a' + i % 5)));
  ASSERT_TRUE(until([&] {
    const auto kept = data_.kv_scan(nullptr, "p", "seen ", "", 0).size();
    // Never more effects than events that are behind the cursor and not in the backlog.
    const auto handled = *cursor() - backlog().waiting;
    EXPECT_LE(static_cast<std::int64_t>(kept), std::max<std::int64_t>(handled, 0));
    return cursor() == 30 && backlog().waiting == 0;
  }));
  EXPECT_EQ(data_.kv_scan(nullptr, "p", "seen ", "", 0).size(), 30U);
}

// On a machine that is too slow for all of it at once it would else be tried again for ever.
TEST_F(DeliveryTest, ABatchThatTookTooLongComesAgainOneByOne) {
  bool slow = true;
  code_.effect = [&](std::int64_t seq) {
    if (seq != 3 || !std::exchange(slow, false)) return;
    unit_->use([](storage::Transaction&) {});
    // Somebody else wants to write, and gets to it once this transaction is undone.
    std::promise<void> written;
    ASSERT_TRUE(database_.writer().submit([](storage::Transaction&) {},
                                          [&](const auto&) { written.set_value(); }));
    written.get_future().wait();
  };
  for (const char* contact : {"a", "b", "c"}) event(contact);
  ASSERT_TRUE(until([&] { return cursor() == 3; }));
  EXPECT_EQ(code_.batches, (std::vector<std::size_t>{3, 1, 1, 1}));
}

TEST_F(DeliveryTest, FailuresInARowOpenTheBreakerAndOneProbeClosesIt) {
  bool mended = false;
  more_limits_ = [](Delivery::Limits& l) {
    l.breaker = 3;
    l.attempts = 1'000'000;
  };
  begin();
  code_.answer = [&](std::int64_t) { return mended ? GARDU_OK : GARDU_RETRY; };
  for (const char* contact : {"a", "b", "c", "d", "e", "f"}) event(contact);
  ASSERT_TRUE(until([&] { return !breaker_.empty(); }));
  EXPECT_TRUE(breaker_.front());
  EXPECT_TRUE(delivery_->info().breaker_open);
  mended = true;
  ASSERT_TRUE(until([&] { return code_.seen.size() >= 6 && backlog().waiting == 0; }));
  EXPECT_EQ(breaker_, (std::vector<bool>{true, false}));
}

// Two copies of one plugin, as while one takes over from the other: only one gets on.
TEST_F(DeliveryTest, AnotherCopyThatHasGoneOnIsNotWrittenOver) {
  event("a");
  ASSERT_TRUE(until([&] { return cursor() == 1; }));
  database_.writer().run([](storage::Transaction& tx) { storage::cursors::set(tx, "p", 7); });
  event("a");
  errors_.clear();
  ASSERT_TRUE(until([&] { return !errors_.empty(); }));
  EXPECT_NE(errors_.front().find("another copy"), std::string::npos);
  EXPECT_EQ(cursor(), 7);
}

TEST_F(DeliveryTest, AReplayShowsEverythingAfterItsPlaceAgain) {
  for (const char* contact : {"a", "b", "a"}) event(contact);
  ASSERT_TRUE(until([&] { return cursor() == 3; }));
  code_.seen.clear();
  delivery_->replay_after(1);
  EXPECT_EQ(cursor(), 1);
  event("c");
  ASSERT_TRUE(until([&] { return cursor() == 4; }));
  EXPECT_EQ(code_.seen, (Seqs{2, 3, 4}));
  // As after a restart in the middle of it.
  delivery_->replay_after(0);
  begin();
  code_.seen.clear();
  ASSERT_TRUE(until([&] { return cursor() == 4; }));
  EXPECT_EQ(code_.seen, (Seqs{1, 2, 3, 4}));
}

}  // namespace
}  // namespace gardu::host
