// SPDX-License-Identifier: Apache-2.0
//
// Host: the services as C++ calls. What the host calls back later is kept until then, called once,
// and its exceptions end in the log.
#include <gtest/gtest.h>

#include <gardu/host.hpp>
#include <memory>
#include <stdexcept>

#include "fake_host.hpp"

namespace gardu::sdk_test {
namespace {

class Callbacks : public testing::Test {
 protected:
  FakeHost fake_;
  Host host_{fake_.table};
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
  const gardu_publish_result result{};
  fake_.finish_publish(GARDU_OK, &result, 1);
  EXPECT_EQ(seen.size(), 1U);
  EXPECT_EQ(token_.use_count(), 1);
}

TEST_F(Callbacks, ARefusedPublishForgetsItsCallback) {
  fake_.answer = GARDU_FULL;
  const Status status = host_.publish({}, [t = token_](std::int32_t, PublishResults) {});
  EXPECT_EQ(status.code(), GARDU_FULL);
  EXPECT_EQ(token_.use_count(), 1);
}

TEST_F(Callbacks, APublishMayBeDoneWithNobodyListening) {
  ASSERT_TRUE(host_.publish({}).ok());
  fake_.finish_publish(GARDU_OK);
}

TEST_F(Callbacks, ASendGivesTheIdAndTellsTheEnd) {
  OutgoingMessage message;
  message.text = "hello";
  Status end = Status::internal("not told");
  EXPECT_EQ(host_.send(message, [&](const Status& s) { end = s; }),
            "00000000-0000-7000-8000-000000000001");
  EXPECT_EQ(fake_.sends.at(0).text, "hello");
  fake_.finish_send(GARDU_OK);
  EXPECT_TRUE(end.ok());

  EXPECT_FALSE(host_.send(message).empty());
  EXPECT_EQ(fake_.sends.at(0).done, nullptr);
}

TEST_F(Callbacks, ARefusedSendThrowsItsStatus) {
  fake_.answer = GARDU_INVALID;
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
  EXPECT_EQ(fake_.timers.begin()->second.due, 2000000);
  const std::uint64_t second = host_.after(Micros{1}, [&, t = token_] { ++fired; });
  EXPECT_TRUE(host_.cancel(second));
  EXPECT_FALSE(host_.cancel(second));
  EXPECT_EQ(token_.use_count(), 2);
  fake_.pass(2000000);
  EXPECT_EQ(fired, 1);
  EXPECT_EQ(token_.use_count(), 1);
}

TEST_F(Callbacks, AStoppingHostTakesNoTimer) {
  fake_.stopping = true;
  EXPECT_EQ(host_.after(Micros{1}, [t = token_] {}), 0U);
  EXPECT_EQ(token_.use_count(), 1);
}

TEST_F(Callbacks, WhatTheyThrowIsLoggedAndNoMore) {
  host_.after(Micros{0}, [] { throw std::runtime_error("tick"); });
  host_.after(Micros{0}, [] { throw 42; });
  fake_.pass(2000000);
  ASSERT_TRUE(
      host_.publish({}, [](std::int32_t, PublishResults) { throw std::runtime_error("published"); })
          .ok());
  fake_.finish_publish(GARDU_OK);
  host_.send({}, [](const Status&) { throw std::runtime_error("sent"); });
  fake_.finish_send(GARDU_OK);
  ASSERT_EQ(fake_.log_lines.size(), 4U);
  EXPECT_EQ(fake_.log_lines[0], "4 a timer threw: tick");
  EXPECT_EQ(fake_.log_lines[1], "4 a timer threw: an exception that is no std::exception");
  EXPECT_EQ(fake_.log_lines[2], "4 the end of a publish threw: published");
  EXPECT_EQ(fake_.log_lines[3], "4 the end of a send threw: sent");
}

TEST_F(Callbacks, AMissingServiceIsNamed) {
  FakeHost poor;
  poor.missing = {GARDU_EXT_PUBLISH, GARDU_EXT_TIMER, GARDU_EXT_LOG, GARDU_EXT_METRICS};
  const Host host{poor.table};
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
  EXPECT_EQ(fake_.metrics.at("events_total"), 5);
  EXPECT_EQ(fake_.metrics.at("depth"), 7);
}

}  // namespace
}  // namespace gardu::sdk_test
