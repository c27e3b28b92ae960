// SPDX-License-Identifier: Apache-2.0
//
// What an operator is told of Redis.
#include "cluster/link_report.hpp"

#include <gtest/gtest.h>

#include "fake_host.hpp"

namespace gardu::pusher {
namespace {

class LinkReportTest : public ::testing::Test {
 protected:
  static constexpr auto kListening = LinkReport::kListening, kTalking = LinkReport::kTalking;
  int64_t connected() const { return fake.metric("cluster_connected"); }
  size_t losses() { return fake.times_logged("no connection to Redis"); }
  size_t connections() { return fake.times_logged("connected to Redis"); }

  testing::FakeHost fake;
  Host host{fake.table()};
  LinkReport report{host, "redis"};
};

TEST_F(LinkReportTest, ConnectedWithBoth) {
  report.up(kListening);
  EXPECT_EQ(connections(), 0U);
  EXPECT_TRUE(report.doubted(kTalking));
  report.up(kTalking);
  report.up(kTalking);
  EXPECT_EQ(connections(), 1U);
  EXPECT_EQ(connected(), 1);
}

// Redis is back before the second connection has noticed that it was away.
TEST_F(LinkReportTest, AnOutageThatOneConnectionNoticesLateIsOne) {
  report.up(kListening);
  report.up(kTalking);
  report.down("listening broke");
  report.up(kListening);
  EXPECT_TRUE(report.doubted(kTalking));
  EXPECT_EQ(connections(), 1U) << "who talks has not been heard since";
  report.down("talking broke");
  report.down("talking refused");
  EXPECT_EQ(losses(), 1U);
  EXPECT_EQ(connected(), 0);
  report.up(kTalking);
  EXPECT_TRUE(report.doubted(kListening));
  report.up(kListening);
  EXPECT_EQ(connections(), 2U);
  report.down("again");
  EXPECT_EQ(losses(), 2U);
}

}  // namespace
}  // namespace gardu::pusher
