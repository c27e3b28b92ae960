// SPDX-License-Identifier: Apache-2.0
// The sender, with a transport that answers when the test says so, on a database that refuses what
// the test says.
#include "outbox/sender.hpp"

#include <condition_variable>

#include <sqlite3.h>

#include "base/time.hpp"
#include "null_services.hpp"
#include "outbox/accept.hpp"
#include "support.hpp"

namespace gardu::host::testing {
namespace {

using namespace std::chrono_literals;

// Keeps what it is to send until it is told the answer.
class Held {
 public:
  void add(const OutboundMessage& message, PluginCode::SendDone done) {
    const std::lock_guard lock(mutex_);
    sends_.emplace_back(message.message.id, std::move(done));
    changed_.notify_all();
  }
  // The answer to the nth send, once there is one.
  PluginCode::SendDone await(std::size_t n) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, 20s, [&] { return sends_.size() > n; })) {
      ADD_FAILURE() << "there is no send " << n;
      return [](const SendOutcome&) {};
    }
    return sends_[n].second;
  }
  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return sends_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::pair<std::string, PluginCode::SendDone>> sends_;
};

class Transport final : public PluginCode {
 public:
  Transport(Held& held, std::uint64_t features) : held_(held) {
    info_.size = sizeof info_;
    info_.max_in_flight = 4;
    info_.features = features;
  }
  Status start(const std::string&) override { return {}; }
  Status stop(const std::function<void()>&) override { return {}; }
  Status on_events(std::span<const EventRef>, std::span<std::int32_t>, std::string&) override {
    return {};
  }
  const gardu_transport_info* transport() const override { return &info_; }
  Status connect(const Account&) override { return {}; }
  Status disconnect(std::string_view) override { return {}; }
  void send(const OutboundMessage& message, SendDone done) override {
    held_.add(message, std::move(done));
  }
  void act(const ActionRequest&, ActionDone) override {}

 private:
  Held& held_;
  gardu_transport_info info_{};
};

SendOutcome accepted(const std::string& id) {
  SendOutcome out;
  out.accepted.provider_message_id = id;
  out.accepted.confirmed = true;
  return out;
}

class SenderTest : public AppTest {
 protected:
  SenderTest() {
    account_ = add_account(ours, "+6281100000001");
    options_.node = "here";
    options_.policy.backoff_s = {3600};
    options_.send_timeout = 1h;
  }
  ~SenderTest() override {
    end();
    if (instance_) instance_->stop();
    write([](storage::Transaction&) {});  // behind what they stored
    sender_.reset();
  }

  void begin(std::uint64_t features = GARDU_REFERENCE_ECHOED) {
    instance_ =
        std::make_shared<PluginInstance>(PluginFile{}, PluginInstance::Options{}, services_);
    instance_->start([&](PluginInstance&) { return std::make_unique<Transport>(held_, features); },
                     10s);
    sender_ = std::make_unique<Sender>(
        database, [this](const std::string&) { return instance_; }, options_,
        Logger(std::make_shared<NoLog>(), "test"));
    sender_->start();
  }
  void end() {
    if (sender_) sender_->stop();
  }
  // A message of ours, and its id.
  std::string send(const char* to = "+6281200000001") {
    SendCommand c;
    c.workspace_id = ours;
    c.account_id = account_;
    c.to = to;
    c.text = "a";
    std::string id;
    write([&](storage::Transaction& tx) { id = accept_message(tx, c).message.value().id; });
    sender_->poke();
    return id;
  }
  storage::OutboxEntry entry(const std::string& message) {
    return database
        .query([&](storage::Session& s) { return storage::outbox::of_message(s, message); })
        .value();
  }
  storage::Message message(const std::string& id) {
    return database.query([&](storage::Session& s) { return storage::messages::get(s, ours, id); })
        .value();
  }
  // Waits for it.
  void expect_state(const std::string& message, const std::string& state) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (entry(message).state != state && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(1ms);
    EXPECT_EQ(entry(message).state, state) << entry(message).last_error.value_or("");
  }
  // On a connection beside the gateway's.
  void sql(const std::string& text) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open((directory / "gardu.db").c_str(), &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 10'000);
    EXPECT_EQ(sqlite3_exec(db, text.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(db);
    sqlite3_close(db);
  }
  // Until then no entry gets to be done, and how often one was to is counted.
  void refuse_done() {
    sql("create trigger refused before update on outbox when new.state = 'done' begin "
        "select raise(abort, 'not now'); end");
  }
  void await_failures(std::uint64_t n) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (database.writer().stats().failed_works < n && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(1ms);
    EXPECT_GE(database.writer().stats().failed_works, n);
  }

  Held held_;
  NullData data_;
  NullServices services_{data_};
  Sender::Options options_;
  std::string account_;
  std::shared_ptr<PluginInstance> instance_;
  std::unique_ptr<Sender> sender_;
};

TEST_F(SenderTest, AnAcceptedMessageIsDone) {
  begin();
  const auto id = send();
  held_.await(0)(accepted("p-1"));
  expect_state(id, "done");
  EXPECT_EQ(message(id).status, "sent");
  EXPECT_EQ(message(id).provider_message_id, "p-1");
  EXPECT_TRUE(sender_->drain(10s));
}

TEST_F(SenderTest, AnAnswerThatCannotBeStoredIsKeptUntilItCan) {
  begin();
  refuse_done();
  const auto id = send();
  held_.await(0)(accepted("p-1"));
  await_failures(2);
  EXPECT_EQ(sender_->in_flight(), 1U);
  EXPECT_FALSE(sender_->drain(0ms));
  sql("drop trigger refused");
  EXPECT_TRUE(sender_->drain(20s));  // it is stored while nothing else goes out
  EXPECT_EQ(entry(id).state, "done");
  EXPECT_EQ(message(id).provider_message_id, "p-1");
  EXPECT_EQ(held_.count(), 1U);
}

TEST_F(SenderTest, TheEndStoresWhatCouldNotBeBefore) {
  begin();
  refuse_done();
  const auto id = send();
  held_.await(0)(accepted("p-1"));
  await_failures(1);
  sql("drop trigger refused");
  end();
  write([](storage::Transaction&) {});  // behind it
  EXPECT_EQ(entry(id).state, "done");
}

TEST_F(SenderTest, ALateAnswerEndsTheDoubt) {
  options_.send_timeout = 20ms;
  begin();
  const auto id = send();
  const auto answer = held_.await(0);
  expect_state(id, "in_doubt");
  answer(accepted("p-1"));
  expect_state(id, "done");
  EXPECT_EQ(message(id).status, "sent");
  EXPECT_EQ(message(id).provider_message_id, "p-1");
  EXPECT_EQ(held_.count(), 1U);
}

TEST_F(SenderTest, ALateAnswerKeepsATryFromBeingMadeAgain) {
  options_.send_timeout = 20ms;
  begin(0);
  const auto id = send();
  const auto answer = held_.await(0);
  expect_state(id, "queued");  // again in an hour
  answer(accepted("p-1"));
  expect_state(id, "done");
  EXPECT_EQ(held_.count(), 1U);
}

TEST_F(SenderTest, ALateRefusalChangesNothing) {
  options_.send_timeout = 20ms;
  begin();
  const auto id = send();
  const auto answer = held_.await(0);
  expect_state(id, "in_doubt");
  answer({Status::rejected("no"), {}});
  const auto next = send("+6281200000002");
  held_.await(1)(accepted("p-2"));
  expect_state(next, "done");
  EXPECT_EQ(entry(id).state, "in_doubt");
  EXPECT_EQ(message(id).status, "pending");
}

TEST_F(SenderTest, WhatWasCancelledAndIsKnownToBeSentIsNotFailed) {
  options_.send_timeout = 20ms;
  begin();
  const auto id = send();
  const auto answer = held_.await(0);
  expect_state(id, "in_doubt");
  write([&](storage::Transaction& tx) {
    ASSERT_TRUE(storage::outbox::cancel(tx, ours, entry(id).id));
    storage::messages::apply_status(tx, ours, id, "failed", now_ms(), "{}");
  });
  answer(accepted("p-1"));
  expect_state(id, "done");
  EXPECT_EQ(message(id).status, "sent");
  EXPECT_EQ(message(id).error, std::nullopt);
}

TEST_F(SenderTest, AHostThatHasLostItsLeaseSaysNothingOfFailures) {
  begin();
  const auto id = send();
  const auto answer = held_.await(0);
  sql("update outbox set lease_holder = 'another'");
  answer({Status::auth("no"), {}});
  EXPECT_TRUE(sender_->drain(20s));
  EXPECT_EQ(entry(id).state, "leased");
  EXPECT_EQ(entry(id).lease_holder, "another");
  const auto account = database.query(
      [&](storage::Session& s) { return storage::accounts::get(s, ours, account_); });
  EXPECT_NE(account->status, "failed");
}

TEST_F(SenderTest, NoIdThatATransportGivesKeepsAnAnswerFromBeingStored) {
  begin();
  const char* const tos[] = {"+6281200000001", "+6281200000002", "+6281200000003",
                             "+6281200000004"};
  const std::string ids[] = {"p-1", "p-1", std::string("p\0", 2), std::string(300, 'p')};
  for (std::size_t i = 0; i < 4; ++i) {
    const auto id = send(tos[i]);
    auto answer = accepted(ids[i]);
    answer.accepted.peer_address = std::string(i == 0 ? 0 : 500, 'x');
    held_.await(i)(answer);
    expect_state(id, "done");
    EXPECT_EQ(message(id).status, "sent");
    EXPECT_EQ(message(id).provider_message_id.has_value(), i == 0);
  }
}

// A try without an answer leaves it open; often enough, and a person decides.
TEST_F(SenderTest, WhatNobodyKnowsIsHeldAndNotFailed) {
  options_.send_timeout = 20ms;
  options_.policy.attempts = 1;
  begin(0);
  const auto id = send();
  held_.await(0);
  expect_state(id, "held");
  EXPECT_EQ(message(id).status, "pending");
  // So does a doubt that is over.
  end();
  options_.doubt_wait = 20ms;
  begin();
  const auto other = send("+6281200000002");
  held_.await(1);
  expect_state(other, "held");
  EXPECT_EQ(message(other).status, "pending");
}

TEST_F(SenderTest, AllThatAnEarlierRunLeftIsLookedAtHoweverMuchItIs) {
  constexpr int kMany = 600;  // more than one transaction takes
  write([&](storage::Transaction& tx) {
    for (int i = 0; i < kMany; ++i) {
      SendCommand c;
      c.workspace_id = ours;
      c.account_id = account_;
      c.to = "+62813" + std::to_string(10'000'000 + i);
      c.text = "a";
      ASSERT_TRUE(accept_message(tx, c).message);
    }
  });
  sql("update outbox set state = 'leased', lease_holder = 'here', lease_until = 1");
  begin();
  const auto counts =
      database.query([](storage::Session& s) { return storage::outbox::counts(s); });
  ASSERT_EQ(counts.size(), 1U);
  EXPECT_EQ(counts[0].state, "in_doubt");
  EXPECT_EQ(counts[0].entries, kMany);
}

}  // namespace
}  // namespace gardu::host::testing
