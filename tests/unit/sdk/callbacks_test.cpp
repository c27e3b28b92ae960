// SPDX-License-Identifier: Apache-2.0
//
// Host: the services as C++ calls. What the host calls back later is kept until then, called once,
// and its exceptions end in the log.
#include <gtest/gtest.h>

#include <gardu/host.hpp>
#include <gardu/testing/fake_host.hpp>
#include <memory>
#include <stdexcept>

namespace gardu::sdk_test {
namespace {

class Callbacks : public ::testing::Test {
 protected:
  testing::FakeHost fake_;
  Host host_{fake_.table()};
  std::shared_ptr<int> token_ = std::make_shared<int>(0);  // its count: who still holds a callback
};

TEST_F(Callbacks, APublishIsDoneOnce) {
  PublishResults seen;
  ASSERT_TRUE(host_
                  .publish({Publication{}},
                           [&, t = token_](std::int32_t status, PublishResults r) {
                             EXPECT_EQ(status, GARDU_OK);
                             seen = r;
                           })
                  .ok());
  EXPECT_EQ(token_.use_count(), 2);
  EXPECT_TRUE(fake_.complete_publish());
  EXPECT_EQ(seen.size(), 1U);
  EXPECT_EQ(token_.use_count(), 1);
}

TEST_F(Callbacks, ARefusedPublishForgetsItsCallback) {
  fake_.refuse(GARDU_EXT_PUBLISH, GARDU_FULL);
  const Status status = host_.publish({}, [t = token_](std::int32_t, PublishResults) {});
  EXPECT_EQ(status.code(), GARDU_FULL);
  EXPECT_EQ(token_.use_count(), 1);
}

TEST_F(Callbacks, APublishMayBeDoneWithNobodyListening) {
  ASSERT_TRUE(host_.publish({}).ok());
  EXPECT_TRUE(fake_.complete_publish());
}

TEST_F(Callbacks, ASendGivesTheIdAndTellsTheEnd) {
  OutgoingMessage message;
  message.text = "hello";
  Status end = Status::internal("not told");
  const std::string id = host_.send(message, [&](const Status& s) { end = s; });
  EXPECT_EQ(id.size(), 36U);
  EXPECT_EQ(fake_.sent().at(0).id, id);
  EXPECT_EQ(fake_.sent().at(0).text, "hello");
  EXPECT_TRUE(fake_.complete_send());
  EXPECT_TRUE(end.ok());

  EXPECT_FALSE(host_.send(message).empty());
  EXPECT_EQ(fake_.sent().size(), 2U);
  EXPECT_EQ(fake_.pending(GARDU_EXT_SEND), 0U);  // nobody wanted to know
}

TEST_F(Callbacks, ARefusedSendThrowsItsStatus) {
  fake_.refuse(GARDU_EXT_SEND, GARDU_INVALID);
  try {
    host_.send({}, [t = token_](const Status&) {});
    FAIL() << "nothing was thrown";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.status().code(), GARDU_INVALID);
    EXPECT_STREQ(failure.what(), "the fake host says no");
  }
  EXPECT_EQ(token_.use_count(), 1);
}

TEST_F(Callbacks, ATimerFiresOnceOrIsDropped) {
  int fired = 0;
  EXPECT_NE(host_.after(std::chrono::seconds(2), [&, t = token_] { ++fired; }), 0U);
  EXPECT_EQ(fake_.timers().at(0), 2000000);
  const std::uint64_t second = host_.after(Micros{1}, [&, t = token_] { ++fired; });
  EXPECT_TRUE(host_.cancel(second));
  EXPECT_FALSE(host_.cancel(second));
  EXPECT_EQ(token_.use_count(), 2);
  fake_.pass(std::chrono::seconds(2));
  EXPECT_EQ(fired, 1);
  EXPECT_EQ(token_.use_count(), 1);
}

TEST_F(Callbacks, AStoppingHostTakesNoTimer) {
  fake_.refuse(GARDU_EXT_TIMER, GARDU_STOPPED);
  EXPECT_EQ(host_.after(Micros{1}, [t = token_] {}), 0U);
  EXPECT_EQ(token_.use_count(), 1);
}

TEST_F(Callbacks, WhatTheyThrowIsLoggedAndNoMore) {
  host_.after(Micros{0}, [] { throw std::runtime_error("tick"); });
  host_.after(Micros{0}, [] { throw 42; });
  fake_.pass(std::chrono::seconds(2));
  ASSERT_TRUE(
      host_.publish({}, [](std::int32_t, PublishResults) { throw std::runtime_error("published"); })
          .ok());
  EXPECT_TRUE(fake_.complete_publish());
  host_.send({}, [](const Status&) { throw std::runtime_error("sent"); });
  EXPECT_TRUE(fake_.complete_send());
  std::vector<std::string> lines;
  for (const auto& line : fake_.logs()) {
    EXPECT_EQ(line.level, GARDU_LOG_ERROR);
    lines.push_back(line.text);
  }
  EXPECT_EQ(lines,
            (std::vector<std::string>{
                "a timer threw: tick", "a timer threw: an exception that is no std::exception",
                "the end of a publish threw: published", "the end of a send threw: sent"}));
}

TEST_F(Callbacks, AMissingServiceIsNamed) {
  testing::FakeHost poor;
  for (const char* id : {GARDU_EXT_PUBLISH, GARDU_EXT_TIMER, GARDU_EXT_LOG, GARDU_EXT_METRICS})
    poor.without(id);
  const Host host{poor.table()};
  try {
    (void)host.publish({});
    FAIL() << "nothing was thrown";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.status().code(), GARDU_UNSUPPORTED);
    EXPECT_STREQ(failure.what(), "the host lacks gardu.publish/1");
  }
  EXPECT_THROW(host.after(Micros{1}, [] {}), Failure);
  host.info("nobody hears this");
  host.counter("n", "help").add();  // numbers are never worth failing for
}

TEST_F(Callbacks, MetricsCount) {
  const Counter counter = host_.counter("events_total", "Events.");
  counter.add();
  counter.add(4);
  const Counter gauge = host_.gauge("depth", "Depth.");
  gauge.set(7);
  EXPECT_EQ(fake_.metrics().at("events_total"), 5);
  EXPECT_EQ(fake_.metrics().at("depth"), 7);
}

}  // namespace
}  // namespace gardu::sdk_test
