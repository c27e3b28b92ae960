// SPDX-License-Identifier: Apache-2.0
//
// The barrier: whatever a plugin's class throws, the C tables give a status. The tests are the host
// and see nothing but those tables.
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <gardu/plugin.hpp>
#include <gardu/testing/fake_host.hpp>
#include <stdexcept>

namespace gardu::sdk_test {
namespace {

using Hook = std::function<Status()>;

// Runs in every hook what the test put here; set before create, so that the constructor has it too.
struct Hooks {
  Hook in_constructor, in_start, in_stop, in_describe, in_connect, in_disconnect, in_send;
  std::function<void(const EventView&)> on_event;
};
Hooks* g_hooks = nullptr;  // of the running test: create takes no argument of ours

class Fragile final : public Plugin, public Transport {
 public:
  explicit Fragile(const gardu_host& host) : Plugin(host) { (void)run(g_hooks->in_constructor); }
  Status start(std::string_view) override { return run(g_hooks->in_start); }
  void stop() override { (void)run(g_hooks->in_stop); }
  void on_event(const EventView& event) override { g_hooks->on_event(event); }
  gardu_transport_info describe() const override {
    (void)run(g_hooks->in_describe);
    gardu_transport_info info{};
    info.max_in_flight = 9;
    info.text_limit = 4096;
    return info;
  }
  Status connect(const Account&) override { return run(g_hooks->in_connect); }
  Status disconnect(std::string_view) override { return run(g_hooks->in_disconnect); }
  void send(const Outbound&, SendCompletion completion) override {
    const Status status = run(g_hooks->in_send);
    if (status.ok())
      completion.accepted({"provider-1", {}, {}, true});
    else
      completion.failed(status);
  }

 private:
  static Status run(const Hook& hook) { return hook ? hook() : Status{}; }
};

class Barrier : public ::testing::Test {
 protected:
  Barrier() { g_hooks = &hooks_; }
  ~Barrier() override {
    if (plugin_.self != nullptr) plugin_.destroy(plugin_.self);
    g_hooks = nullptr;
  }
  std::int32_t create() {
    plugin_ = {};
    plugin_.size = sizeof plugin_;
    const std::int32_t code = detail::create<Fragile>(&host_.table(), &plugin_, &error_);
    if (code == GARDU_OK)
      transport_ =
          static_cast<const gardu_transport*>(plugin_.extension(plugin_.self, GARDU_EXT_TRANSPORT));
    return code;
  }
  // The outcomes that the host was told of one send.
  std::vector<std::int32_t> outcomes_of_a_send() {
    std::vector<std::int32_t> told;
    gardu_message message{};
    message.size = sizeof message;
    gardu_outbound outbound{};
    outbound.size = sizeof outbound;
    outbound.message = &message;
    const gardu_completion completion{
        &told, [](void* context, const gardu_send_outcome* outcome) {
          static_cast<std::vector<std::int32_t>*>(context)->push_back(outcome->status);
        }};
    EXPECT_EQ(transport_->send(plugin_.self, &outbound, completion, &error_), GARDU_OK);
    return told;
  }

  Hooks hooks_;
  testing::FakeHost host_;
  gardu_plugin plugin_{};
  gardu_error error_ = Status::record();
  const gardu_transport* transport_ = nullptr;
};

TEST_F(Barrier, AConstructorThatThrowsMakesNoPlugin) {
  hooks_.in_constructor = []() -> Status { throw std::runtime_error("cannot be"); };
  EXPECT_EQ(create(), GARDU_INTERNAL);
  EXPECT_STREQ(error_.message, "cannot be");
  EXPECT_EQ(plugin_.self, nullptr);
}

TEST_F(Barrier, ATooShortTableIsRefused) {
  plugin_.size = offsetof(gardu_plugin, extension);
  EXPECT_EQ(detail::create<Fragile>(&host_.table(), &plugin_, &error_), GARDU_INVALID);
  EXPECT_EQ(plugin_.self, nullptr);
}

TEST_F(Barrier, OnlyASubscriberHasOnEvents) {
  plugin_.size = sizeof plugin_;
  ASSERT_EQ(detail::create<Fragile>(&host_.table(), &plugin_, &error_, GARDU_ROLE_TRANSPORT),
            GARDU_OK);
  EXPECT_EQ(plugin_.on_events, nullptr);
}

TEST_F(Barrier, StartAndStopGiveTheStatusOfWhatWasThrown) {
  ASSERT_EQ(create(), GARDU_OK);
  hooks_.in_start = []() -> Status { throw std::out_of_range("no such port"); };
  EXPECT_EQ(plugin_.start(plugin_.self, str("{}"), &error_), GARDU_INTERNAL);
  EXPECT_STREQ(error_.message, "no such port");

  hooks_.in_start = []() -> Status { throw Failure(Status::unconfigured("token")); };
  EXPECT_EQ(plugin_.start(plugin_.self, str("{}"), &error_), GARDU_UNCONFIGURED);
  EXPECT_STREQ(error_.message, "token");

  hooks_.in_start = [] { return Status::auth("expired"); };
  EXPECT_EQ(plugin_.start(plugin_.self, str("{}"), &error_), GARDU_AUTH);

  hooks_.in_stop = []() -> Status { throw 42; };
  EXPECT_EQ(plugin_.stop(plugin_.self, &error_), GARDU_INTERNAL);
  EXPECT_NE(std::string(error_.message), "");
}

TEST_F(Barrier, AnEventThatThrowsFailsAlone) {
  ASSERT_EQ(create(), GARDU_OK);
  hooks_.on_event = [](const EventView& event) {
    if (event.seq() == 1) throw std::runtime_error("one");
    if (event.seq() == 2) throw Failure(Status::retry("two"));
    if (event.seq() == 3) throw 3;
  };
  std::array<gardu_event, 4> events{};
  std::array<const gardu_event*, 4> pointers{};
  for (std::size_t i = 0; i < events.size(); ++i) {
    events[i].size = sizeof events[i];
    events[i].seq = static_cast<std::int64_t>(i) + 1;
    pointers[i] = &events[i];
  }
  std::array<std::int32_t, 4> results{};
  EXPECT_EQ(plugin_.on_events(plugin_.self, pointers.data(), 4, results.data(), &error_), GARDU_OK);
  EXPECT_EQ(results[0], GARDU_INTERNAL);
  EXPECT_EQ(results[1], GARDU_RETRY);
  EXPECT_EQ(results[2], GARDU_INTERNAL);
  EXPECT_EQ(results[3], GARDU_OK);
  EXPECT_EQ(host_.logs().size(), 3U);
}

TEST_F(Barrier, ATransportsHooksGiveStatuses) {
  ASSERT_EQ(create(), GARDU_OK);
  gardu_account account{};
  account.size = sizeof account;
  hooks_.in_connect = []() -> Status { throw Failure(Status::auth("token revoked")); };
  EXPECT_EQ(transport_->connect(plugin_.self, &account, &error_), GARDU_AUTH);
  EXPECT_STREQ(error_.message, "token revoked");
  hooks_.in_disconnect = []() -> Status { throw std::bad_alloc(); };
  EXPECT_EQ(transport_->disconnect(plugin_.self, str("a"), &error_), GARDU_INTERNAL);
}

TEST_F(Barrier, ASendIsToldOnceWhateverHappens) {
  ASSERT_EQ(create(), GARDU_OK);
  EXPECT_EQ(outcomes_of_a_send(), (std::vector<std::int32_t>{GARDU_OK}));
  hooks_.in_send = [] { return Status::rejected("no"); };
  EXPECT_EQ(outcomes_of_a_send(), (std::vector<std::int32_t>{GARDU_REJECTED}));
  hooks_.in_send = []() -> Status { throw std::runtime_error("socket on fire"); };
  EXPECT_EQ(outcomes_of_a_send(), (std::vector<std::int32_t>{GARDU_INTERNAL}));
  EXPECT_EQ(host_.logs().size(), 1U);
  EXPECT_TRUE(host_.logged("socket on fire"));
}

TEST_F(Barrier, DescribeWritesNoMoreThanTheHostHasRoomFor) {
  ASSERT_EQ(create(), GARDU_OK);
  gardu_transport_info info{};
  info.text_limit = 1;
  info.size = offsetof(gardu_transport_info, text_limit);
  transport_->describe(plugin_.self, &info);
  EXPECT_EQ(info.max_in_flight, 9U);
  EXPECT_EQ(info.text_limit, 1U);
  EXPECT_EQ(info.size, offsetof(gardu_transport_info, text_limit));
  hooks_.in_describe = []() -> Status { throw 1; };
  transport_->describe(plugin_.self, &info);
  EXPECT_EQ(info.max_in_flight, 0U);
}

TEST_F(Barrier, UnknownExtensionsAreNull) {
  ASSERT_EQ(create(), GARDU_OK);
  EXPECT_EQ(plugin_.extension(plugin_.self, "gardu.teleport/7"), nullptr);
}

}  // namespace
}  // namespace gardu::sdk_test
