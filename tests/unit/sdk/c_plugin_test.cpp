// SPDX-License-Identifier: Apache-2.0
//
// PluginHarness on plugins that are nothing but C tables: no layer of ours mends what they do
// wrong.
#include <gtest/gtest.h>

#include <cstring>
#include <gardu/testing/harness.hpp>
#include <string>
#include <vector>

namespace gardu::sdk_test {
namespace {

// One plugin at a time; `self` is this.
struct CPlugin {
  static inline CPlugin* one = nullptr;
  const gardu_host* host = nullptr;
  std::vector<gardu_completion> completions;
  gardu_action_done action{};
  int32_t answer = GARDU_OK;  // of send and act
  bool tell_in_the_call = false;
  int32_t event_result = GARDU_OK;
  std::string event_why;
  bool unterminated = false, write_behind = false;

  static CPlugin& of(void* self) { return *static_cast<CPlugin*>(self); }
  static int32_t create(const gardu_host* host, gardu_plugin* plugin, gardu_error*) {
    one->host = host;
    plugin->self = one;
    plugin->start = [](void* self, gardu_str, gardu_error* error) -> int32_t {
      if (!of(self).unterminated) return GARDU_OK;
      std::memset(error->message, 'x', sizeof error->message);
      return GARDU_INTERNAL;
    };
    plugin->stop = [](void*, gardu_error*) -> int32_t { return GARDU_OK; };
    plugin->destroy = [](void*) {};
    plugin->on_events = [](void* self, const gardu_event* const*, uint32_t count, int32_t* results,
                           gardu_error* error) -> int32_t {
      results[count - 1] = of(self).event_result;
      (void)Status::retry(of(self).event_why).write_to(error);
      return GARDU_OK;
    };
    plugin->extension = [](void*, const char*) -> const void* { return &kTransport; };
    if (one->write_behind) std::memset(plugin + 1, 1, 8);
    return GARDU_OK;
  }
  static void describe(void*, gardu_transport_info*) {}
  static int32_t connect(void*, const gardu_account*, gardu_error*) { return GARDU_OK; }
  static int32_t disconnect(void*, gardu_str, gardu_error*) { return GARDU_OK; }
  static int32_t send(void* self, const gardu_outbound*, gardu_completion completion,
                      gardu_error*) {
    of(self).completions.push_back(completion);
    if (of(self).tell_in_the_call) of(self).tell(0);
    return of(self).answer;
  }
  static int32_t act(void* self, const gardu_action*, gardu_action_done done, gardu_error*) {
    of(self).action = done;
    return of(self).answer;
  }
  static constexpr gardu_transport kTransport{
      sizeof(gardu_transport), 0, &describe, &connect, &disconnect, &send, &act};
  void tell(size_t i) const {
    gardu_send_outcome outcome{};
    outcome.size = sizeof outcome;
    outcome.provider_message_id = str("p");
    completions.at(i).done(completions.at(i).context, &outcome);
  }
};

class CHarness : public ::testing::Test {
 protected:
  CHarness() { CPlugin::one = &plugin_; }
  ~CHarness() override {
    h_.destroy();
    CPlugin::one = nullptr;
  }
  void expect_fault(const std::string& part) {
    EXPECT_EQ(h_.host().faults().size(), 1U) << h_.host().fault_text();
    EXPECT_NE(h_.host().fault_text().find(part), std::string::npos) << h_.host().fault_text();
  }
  CPlugin plugin_;
  testing::PluginHarness h_{&CPlugin::create};
};

TEST_F(CHarness, TheFirstFailuresTextIsTaken) {
  plugin_.event_result = GARDU_REJECTED;
  plugin_.event_why = "not this one";
  ASSERT_TRUE(h_.start().ok());
  const auto d = h_.deliver(testing::message_received("a"), testing::message_received("b"));
  EXPECT_EQ(d.results, (std::vector<int32_t>{GARDU_OK, GARDU_REJECTED}));
  EXPECT_EQ(d.why.code(), GARDU_REJECTED);
  EXPECT_EQ(d.why.message(), "not this one");
  EXPECT_EQ(h_.end(), "");
}

TEST_F(CHarness, ACompletionIsToldOnce) {
  ASSERT_TRUE(h_.start().ok());
  const auto outcome = h_.send(testing::outbound_text("x"));
  plugin_.tell(0);
  EXPECT_EQ(outcome.provider_message_id(), "p");
  EXPECT_EQ(h_.host().fault_text(), "");
  plugin_.tell(0);
  expect_fault("told twice (exactly once per accepted send)");
}

TEST_F(CHarness, ACompletionIsToldByTheEndOfStop) {
  ASSERT_TRUE(h_.start().ok());
  const auto sent = h_.send(testing::outbound_text("x"));
  const auto acted = h_.act({});
  ASSERT_TRUE(h_.stop().ok());
  EXPECT_FALSE(sent.told());
  EXPECT_FALSE(acted.told());
  EXPECT_EQ(h_.host().faults().size(), 2U) << h_.host().fault_text();
  EXPECT_NE(h_.host().fault_text().find("never told, also not by the end of stop"),
            std::string::npos);
}

TEST_F(CHarness, ARefusedSendIsNotTold) {
  plugin_.answer = GARDU_NOT_CONNECTED;
  plugin_.tell_in_the_call = true;
  ASSERT_TRUE(h_.start().ok());
  EXPECT_EQ(h_.send(testing::outbound_text("x")).status().code(), GARDU_NOT_CONNECTED);
  expect_fault("told although the call was refused");
}

TEST_F(CHarness, AnActionIsToldOnceToo) {
  ASSERT_TRUE(h_.start().ok());
  const auto acted = h_.act({});
  plugin_.action.done(plugin_.action.context, GARDU_OK, str(R"({"a":1})"), nullptr);
  EXPECT_EQ(acted.data(), R"({"a":1})");
  plugin_.action.done(plugin_.action.context, GARDU_OK, {}, nullptr);
  expect_fault("told twice (exactly once per accepted action)");
}

TEST_F(CHarness, AnErrorTextIsTerminated) {
  plugin_.unterminated = true;
  EXPECT_EQ(h_.start().message(), std::string(511, 'x'));
  expect_fault("start: a text of gardu_error is not terminated");
}

TEST_F(CHarness, NothingIsWrittenBehindWhatIsKnown) {
  plugin_.write_behind = true;
  h_.host().larger_host();
  ASSERT_TRUE(h_.start().ok());
  expect_fault("create: wrote behind the fields of gardu_plugin that it knows");
}

}  // namespace
}  // namespace gardu::sdk_test
